//! What the sidebar shows, in small queries over kept counters.

use crate::domain::{
    article::ViewCounts,
    ids::{CategoryId, FolderId},
    sidebar::{MAX_SIDEBAR_CATEGORIES, SidebarCategory, SidebarFeed, SidebarFolder},
};
use sqlx::SqlitePool;

/// Counts over all feeds, and the number of feeds.
pub async fn load_totals(db: &SqlitePool) -> sqlx::Result<(ViewCounts, i64)> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "feeds!: i64",
                  coalesce(sum(unread), 0) AS "unread!: i64", coalesce(sum(visible), 0) AS "visible!: i64",
                  coalesce(sum(starred), 0) AS "starred!: i64", coalesce(sum(scoring), 0) AS "scoring!: i64",
                  coalesce(sum(blocked), 0) AS "blocked!: i64", coalesce(sum(failed), 0) AS "failed!: i64"
           FROM feed_counts"#
    )
    .fetch_one(db)
    .await?;
    let counts = ViewCounts {
        unread: row.unread,
        all: row.visible,
        starred: row.starred,
        scoring: row.scoring,
        blocked: row.blocked,
        failed: row.failed,
    };
    Ok((counts, row.feeds))
}

/// All folders with their unread articles, by name.
pub async fn list_folders(db: &SqlitePool) -> sqlx::Result<Vec<SidebarFolder>> {
    sqlx::query_as!(
        SidebarFolder,
        r#"SELECT d.id AS "id!: i64", d.name AS "name!", coalesce(sum(c.unread), 0) AS "unread!: i64"
           FROM folders d LEFT JOIN feeds f ON f.folder_id = d.id LEFT JOIN feed_counts c ON c.feed_id = f.id
           GROUP BY d.id ORDER BY d.name"#
    )
    .fetch_all(db)
    .await
}

/// All feeds, by title; as one row of JSON, since every page loads them and a row each would cross threads.
pub async fn list_feeds(db: &SqlitePool) -> sqlx::Result<Vec<SidebarFeed>> {
    let feeds = sqlx::query_scalar!(
        r#"SELECT json_group_array(json_object('id', id, 'title', title, 'icon', icon, 'unread', unread, 'folder_id', folder_id)) AS "feeds!: String"
           FROM (SELECT f.id, coalesce(f.custom_title, nullif(f.title, ''), f.url) AS title, i.hash AS icon,
                        coalesce(c.unread, 0) AS unread, f.folder_id
                 FROM feeds f LEFT JOIN feed_counts c ON c.feed_id = f.id LEFT JOIN icons i ON i.id = f.icon_id
                 WHERE f.removed_at IS NULL
                 ORDER BY 2 COLLATE NOCASE, f.id)"#
    )
    .fetch_one(db)
    .await?;
    super::from_json(&feeds)
}

/// The categories with the most articles, by name.
pub async fn list_categories(db: &SqlitePool) -> sqlx::Result<Vec<SidebarCategory>> {
    sqlx::query_as!(
        SidebarCategory,
        r#"SELECT id AS "id!: i64", name AS "name!" FROM (
               SELECT id, name FROM categories WHERE article_count > 0 AND hidden = 0
               ORDER BY article_count DESC, id LIMIT ?
           ) ORDER BY name COLLATE NOCASE"#,
        MAX_SIDEBAR_CATEGORIES
    )
    .fetch_all(db)
    .await
}

/// The name of a folder; `None` when there is none.
pub async fn load_folder_name(db: &SqlitePool, id: FolderId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT name FROM folders WHERE id = ?", id.0).fetch_optional(db).await
}

/// The name of a category; `None` when there is none.
pub async fn load_category_name(db: &SqlitePool, id: CategoryId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT name FROM categories WHERE id = ?", id.0).fetch_optional(db).await
}
