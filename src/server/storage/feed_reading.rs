//! Which feeds are being read, so that after a crash the next start knows whose document caused it.

use crate::domain::{feed_error::FeedErrorKind, ids::FeedId, time::Timestamp};
use sqlx::SqliteConnection;

/// Records that the document of a feed is about to be read; returns the id of the event, `None` when the feed was removed.
pub async fn begin(db: &mut SqliteConnection, feed: FeedId, at: Timestamp) -> sqlx::Result<Option<i64>> {
    let inserted = sqlx::query!(
        "INSERT INTO feed_events (feed_id, at, kind, detail) SELECT id, ?2, 'reading', '' FROM feeds WHERE id = ?1",
        feed.0,
        at.0
    )
    .execute(db)
    .await?;
    Ok((inserted.rows_affected() > 0).then(|| inserted.last_insert_rowid()))
}

/// Removes the event: the document was read, or the check was cancelled.
pub async fn end(db: &mut SqliteConnection, event: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM feed_events WHERE id = ?", event).execute(db).await?;
    Ok(())
}

/// Removes the events that are left when the process ends regularly.
pub async fn end_all(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM feed_events WHERE kind = 'reading'").execute(db).await?;
    Ok(())
}

/// Turns the events that a crashed process left into crashes of their feeds; returns how many there were.
pub async fn record_crashes(db: &mut SqliteConnection) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE feeds SET crashes = crashes + 1 WHERE id IN (SELECT feed_id FROM feed_events WHERE kind = 'reading')"
    )
    .execute(&mut *db)
    .await?;
    let done = sqlx::query!(
        "UPDATE feed_events SET kind = 'crashed', detail = 'Gleaner ended while it was reading this feed.' WHERE kind = 'reading'"
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Sets aside the feeds that crashed the process at least `crashes` times since their last check; returns how many. They are no
/// longer due, but can be checked by hand.
pub async fn set_crashing_aside(db: &mut SqliteConnection, crashes: i64, message: &str) -> sqlx::Result<u64> {
    let kind = FeedErrorKind::Crashed.as_str();
    let done = sqlx::query!(
        "UPDATE feeds SET state = 'failing', problem_kind = ?2, problem_message = ?3
         WHERE problem_kind IS NOT ?2 AND crashes >= ?1",
        crashes,
        kind,
        message
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
