//! Which feeds are being read: a process that dies of a document finds out at its next start which one it was.

use crate::domain::{feed_error::FeedErrorKind, ids::FeedId, time::Timestamp};
use sqlx::SqliteConnection;

/// Notes that the document of a feed is about to be read; the id of the note.
pub async fn begin(db: &mut SqliteConnection, feed: FeedId, at: Timestamp) -> sqlx::Result<i64> {
    let note =
        sqlx::query!("INSERT INTO feed_events (feed_id, at, kind, detail) VALUES (?, ?, 'reading', '')", feed.0, at.0)
            .execute(db)
            .await?;
    Ok(note.last_insert_rowid())
}

/// Removes the note: the document was read, or nobody waits for it any more.
pub async fn end(db: &mut SqliteConnection, note: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM feed_events WHERE id = ?", note).execute(db).await?;
    Ok(())
}

/// Removes the notes that are left when the process ends as it should.
pub async fn end_all(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM feed_events WHERE kind = 'reading'").execute(db).await?;
    Ok(())
}

/// Makes lines of the audit trail of the notes that a process left behind when it died; how many.
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

/// Sets the feeds aside that took the process down at least `crashes` times since they were last checked; how many. They are no
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
