//! Moments that were stored while the clock was ahead.

use crate::domain::{
    feed_schedule::{MAX_CHECK_DELAY_SECONDS, MAX_SERVER_DELAY_SECONDS},
    ids::FeedId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool};

/// How far a stored time may be ahead of the clock without being a sign of a clock that jumped, in seconds.
const TOLERANCE_SECONDS: i64 = 60;

/// The newest moment at which anything was stored: the last check of a feed, the arrival of the last article, the last sign-in.
pub async fn load_newest(db: &SqlitePool) -> sqlx::Result<Option<Timestamp>> {
    let newest = sqlx::query_scalar!(
        r#"SELECT max(moment) AS "moment: i64" FROM (
               SELECT max(last_fetched_at) AS moment FROM feeds
               UNION ALL SELECT fetched_at FROM articles WHERE id = (SELECT max(id) FROM articles)
               UNION ALL SELECT last_at FROM sign_ins WHERE id = (SELECT max(id) FROM sign_ins))"#
    )
    .fetch_one(db)
    .await?;
    Ok(newest.map(Timestamp))
}

/// Feeds that were checked later than `now`, or are planned further ahead than checks and icons are.
pub async fn list_future_checks(
    db: &SqlitePool,
    now: Timestamp,
    icon_interval_seconds: i64,
) -> sqlx::Result<Vec<FeedId>> {
    let (latest_stored, latest_check) = (now.plus(TOLERANCE_SECONDS).0, now.plus(MAX_CHECK_DELAY_SECONDS).0);
    let latest_icon = now.plus(icon_interval_seconds + TOLERANCE_SECONDS).0;
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM feeds
           WHERE last_fetched_at > ?1 OR next_fetch_at > ?2 OR not_before > ?2 OR icon_due_at > ?3
               OR (last_fetched_at IS NULL AND not_before IS NULL AND next_fetch_at > ?1)"#,
        latest_stored,
        latest_check,
        latest_icon
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(FeedId).collect())
}

/// Makes feeds due at `now`. A pause that a server asked for lasts as long as it did, counted from `now`; icons are looked for again
/// within their usual interval.
pub async fn pull_back_checks(
    db: &mut SqliteConnection,
    feeds: &[FeedId],
    now: Timestamp,
    icon_interval_seconds: i64,
) -> sqlx::Result<()> {
    let ids = super::json_ids(feeds.iter().map(|id| id.0));
    let (latest_pause, latest_icon) = (now.plus(MAX_SERVER_DELAY_SECONDS).0, now.plus(icon_interval_seconds).0);
    sqlx::query!(
        "UPDATE feeds SET
             not_before = min(?3, not_before - max(0, coalesce(last_fetched_at, created_at) - ?2)),
             next_fetch_at = max(?2, coalesce(min(?3, not_before - max(0, coalesce(last_fetched_at, created_at) - ?2)), ?2)),
             last_fetched_at = min(last_fetched_at, ?2),
             last_success_at = min(last_success_at, ?2),
             failing_since = min(failing_since, ?2),
             icon_due_at = min(icon_due_at, ?4)
         WHERE id IN (SELECT value FROM json_each(?1))",
        ids,
        now.0,
        latest_pause,
        latest_icon
    )
    .execute(db)
    .await?;
    Ok(())
}
