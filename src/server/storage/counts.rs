//! Kept counters, maintained by triggers: what pages show instead of counting rows.

use crate::domain::{
    article::{ArticleScope, ArticleView, ViewCounts},
    ids::CategoryId,
};
use sqlx::{SqliteConnection, query_as, query_scalar};

/// Counters of a scope. For a category they are counted over its own articles: an article may be in several, so that a sum of kept
/// counters would count it more than once.
pub async fn load_scope_counts(db: &mut SqliteConnection, scope: ArticleScope) -> sqlx::Result<ViewCounts> {
    match scope {
        ArticleScope::Category(id) => return load_category_counts(db, id).await,
        ArticleScope::All | ArticleScope::Feed(_) | ArticleScope::Folder(_) => {}
    }
    let (feed, folder) = match scope {
        ArticleScope::Feed(id) => (Some(id.0), None),
        ArticleScope::Folder(id) => (None, Some(id.0)),
        _ => (None, None),
    };
    if let Some(feed) = feed {
        let one = query_as!(
            ViewCounts,
            r#"SELECT unread, visible AS "all", starred, scoring, blocked, failed FROM feed_counts WHERE feed_id = ?"#,
            feed
        );
        return Ok(one.fetch_optional(db).await?.unwrap_or_default());
    }
    query_as!(
        ViewCounts,
        r#"SELECT coalesce(sum(c.unread), 0) AS "unread!: i64", coalesce(sum(c.visible), 0) AS "all!: i64",
                  coalesce(sum(c.starred), 0) AS "starred!: i64", coalesce(sum(c.scoring), 0) AS "scoring!: i64",
                  coalesce(sum(c.blocked), 0) AS "blocked!: i64", coalesce(sum(c.failed), 0) AS "failed!: i64"
           FROM feed_counts c
           WHERE ?1 IS NULL OR c.feed_id IN (SELECT id FROM feeds WHERE folder_id = ?1)"#,
        folder
    )
    .fetch_one(db)
    .await
}

async fn load_category_counts(db: &mut SqliteConnection, id: CategoryId) -> sqlx::Result<ViewCounts> {
    query_as!(
        ViewCounts,
        r#"SELECT coalesce(sum(a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0), 0) AS "unread!: i64",
                  coalesce(sum(a.state <> 'blocked' AND a.is_hidden = 0), 0) AS "all!: i64",
                  coalesce(sum(a.is_starred AND a.is_hidden = 0), 0) AS "starred!: i64",
                  coalesce(sum(a.state IN ('queued', 'categorizing', 'scoring')), 0) AS "scoring!: i64",
                  coalesce(sum(a.state = 'blocked'), 0) AS "blocked!: i64",
                  coalesce(sum(a.state = 'failed'), 0) AS "failed!: i64"
           FROM articles a NOT INDEXED
           WHERE a.id IN (SELECT article_id FROM article_categories WHERE category_id IN
               (SELECT id FROM categories WHERE id = ?1 UNION ALL SELECT id FROM categories WHERE parent_id = ?1))"#,
        id.0
    )
    .fetch_one(db)
    .await
}

/// How many articles a view holds over all feeds.
pub async fn count_view(db: &mut SqliteConnection, view: ArticleView) -> sqlx::Result<i64> {
    Ok(count_of_view(&load_scope_counts(db, ArticleScope::All).await?, view))
}

/// How many articles have to be looked at to collect a scope; an upper bound of what its view holds.
pub async fn scope_upper_bound(db: &mut SqliteConnection, view: ArticleView, scope: ArticleScope) -> sqlx::Result<i64> {
    let ArticleScope::Category(id) = scope else {
        return Ok(count_of_view(&load_scope_counts(db, scope).await?, view));
    };
    query_scalar!(
        r#"SELECT coalesce(sum(article_count), 0) AS "n!: i64" FROM categories WHERE id = ?1 OR parent_id = ?1"#,
        id.0
    )
    .fetch_one(db)
    .await
}

const fn count_of_view(counts: &ViewCounts, view: ArticleView) -> i64 {
    match view {
        ArticleView::Unread => counts.unread,
        ArticleView::All => counts.all,
        ArticleView::Starred => counts.starred,
        ArticleView::Scoring => counts.scoring,
        ArticleView::Blocked => counts.blocked,
        ArticleView::Failed => counts.failed,
    }
}
