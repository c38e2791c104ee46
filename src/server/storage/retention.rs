//! Rules that remove articles, what is kept of those, and the space that they leave.

use crate::domain::{
    ids::{ArticleId, FeedId},
    retention::{FileSpace, RetentionRun, RetentionTotals},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

// Columns of pragmas stand in sums below: sqlx looks for the table of a plain column, and they have none.

/// The value of `PRAGMA auto_vacuum` of a file that can be made smaller in steps.
const INCREMENTAL_AUTO_VACUUM: i64 = 2;

/// The queries of the rules in their order.
pub async fn list_rules(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("SELECT query FROM retention_rules ORDER BY position").fetch_all(db).await
}

/// Stores rules in place of those there are.
pub async fn replace_rules(db: &mut SqliteConnection, rules: &[String]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM retention_rules").execute(&mut *db).await?;
    for (position, query) in (1_i64..).zip(rules) {
        sqlx::query!("INSERT INTO retention_rules (position, query) VALUES (?, ?)", position, query)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The last run; `None` before the first.
pub async fn load_last_run(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<RetentionRun>> {
    sqlx::query!("SELECT began_at, ended_at, articles, bytes, problem FROM retention_runs WHERE id = 1")
        .map(|row| RetentionRun {
            began_at: Timestamp(row.began_at),
            ended_at: row.ended_at.map(Timestamp),
            removed: RetentionTotals { articles: row.articles, bytes: row.bytes },
            problem: row.problem,
        })
        .fetch_optional(db)
        .await
}

/// Records that a run begins, in place of the last one.
pub async fn begin_run(db: &mut SqliteConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO retention_runs (id, began_at) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET began_at = ?1, ended_at = NULL, articles = 0, bytes = 0, problem = NULL",
        now.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records that the run ended, and why rules were left out.
pub async fn end_run(db: &mut SqliteConnection, now: Timestamp, problem: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!("UPDATE retention_runs SET ended_at = ?, problem = ? WHERE id = 1", now.0, problem)
        .execute(db)
        .await?;
    Ok(())
}

/// The feeds of which some articles may have no identity, or an outdated one.
pub async fn list_feeds_without_identities(db: &SqlitePool) -> sqlx::Result<Vec<FeedId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM feeds WHERE has_identities = 0 AND removed_at IS NULL"#);
    Ok(ids.fetch_all(db).await?.into_iter().map(FeedId).collect())
}

/// Articles and the bytes of their texts, in every form but that of the search index.
pub async fn sum_texts(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<RetentionTotals> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    sqlx::query!(
        r#"SELECT count(*) AS "articles!: i64",
                  coalesce(sum(octet_length(a.title) + coalesce(octet_length(b.html), 0) + coalesce(octet_length(s.summary), 0)
                               + coalesce(octet_length(t.html), 0)), 0) AS "bytes!: i64"
           FROM json_each(?) j CROSS JOIN articles a ON a.id = j.value
                LEFT JOIN article_bodies b ON b.article_id = a.id LEFT JOIN article_summaries s ON s.article_id = a.id
                LEFT JOIN article_full_texts t ON t.article_id = a.id"#,
        ids
    )
    .map(|row| RetentionTotals { articles: row.articles, bytes: row.bytes })
    .fetch_one(db)
    .await
}

/// Removes articles with everything that belongs to them and keeps their identities; one without an identity stays. What was removed
/// is added to the run.
pub async fn remove_articles(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<RetentionTotals> {
    let json = super::json_ids(ids.iter().map(|id| id.0));
    // Decisions that were made from the articles as they were no longer hold.
    sqlx::query!(
        "UPDATE feeds SET articles_revision = articles_revision + 1
         WHERE id IN (SELECT a.feed_id FROM json_each(?) j CROSS JOIN articles a ON a.id = j.value)",
        json
    )
    .execute(&mut *db)
    .await?;
    let kept = sqlx::query_scalar!(
        r#"INSERT INTO removed_articles (id, feed_id, guid, link, path, label, date, words, content)
           SELECT i.article_id, i.feed_id, i.guid, i.link, i.path, i.label, i.date, i.words, i.content
           FROM json_each(?) j CROSS JOIN article_identities i ON i.article_id = j.value WHERE true
           ON CONFLICT (id) DO NOTHING RETURNING id AS "id!""#,
        json
    )
    .fetch_all(&mut *db)
    .await?;
    let kept: Vec<ArticleId> = kept.into_iter().map(ArticleId).collect();
    let totals = sum_texts(&mut *db, &kept).await?;
    let json = super::json_ids(kept.iter().map(|id| id.0));
    sqlx::query!("DELETE FROM articles WHERE id IN (SELECT value FROM json_each(?))", json).execute(&mut *db).await?;
    sqlx::query!(
        "UPDATE retention_runs SET articles = articles + ?, bytes = bytes + ? WHERE id = 1",
        totals.articles,
        totals.bytes
    )
    .execute(db)
    .await?;
    Ok(totals)
}

/// The size of the file, the unused part of it, and whether that can be given back in steps.
pub async fn load_file_space(db: &SqlitePool) -> sqlx::Result<FileSpace> {
    let row = sqlx::query!(
        r#"SELECT (SELECT page_size + 0 FROM pragma_page_size) AS "page_size!: i64",
                  (SELECT page_count + 0 FROM pragma_page_count) AS "pages!: i64",
                  (SELECT freelist_count + 0 FROM pragma_freelist_count) AS "free!: i64",
                  (SELECT auto_vacuum + 0 FROM pragma_auto_vacuum) AS "auto_vacuum!: i64""#
    )
    .fetch_one(db)
    .await?;
    Ok(FileSpace {
        bytes: row.pages * row.page_size,
        free_bytes: row.free * row.page_size,
        is_returned: row.auto_vacuum == INCREMENTAL_AUTO_VACUUM,
    })
}

/// Gives at most `max` unused pages of the file back; false when there is none, or the file cannot be made smaller in steps.
pub async fn return_pages(db: &mut SqliteConnection, max: u16) -> sqlx::Result<bool> {
    let space = sqlx::query!(
        r#"SELECT (SELECT freelist_count + 0 FROM pragma_freelist_count) AS "free!: i64",
                  (SELECT auto_vacuum + 0 FROM pragma_auto_vacuum) AS "auto_vacuum!: i64""#
    )
    .fetch_one(&mut *db)
    .await?;
    if space.free == 0 || space.auto_vacuum != INCREMENTAL_AUTO_VACUUM {
        return Ok(false);
    }
    // A pragma takes no parameter.
    let mut pragma = sqlx::QueryBuilder::<sqlx::Sqlite>::new("PRAGMA incremental_vacuum(");
    pragma.push(max).push(")");
    // It works row by row.
    pragma.build().fetch_all(db).await?;
    Ok(true)
}
