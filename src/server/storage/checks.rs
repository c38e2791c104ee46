//! Checks of feeds: which are due, what is sent with the question, and how the last one went.

use crate::domain::{
    feed::FeedState,
    feed_check::{PermanentRedirect, Validators},
    feed_error::FeedError,
    feed_schedule::FeedScheduleHints,
    ids::FeedId,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool};

/// What a check needs to know of a feed.
#[derive(Clone, Debug)]
pub struct FeedSource {
    /// The feed.
    pub id: FeedId,
    /// The address it is fetched from.
    pub url: String,
    /// The address of its site.
    pub site_url: Option<String>,
    /// The state after the last check.
    pub state: FeedState,
    /// The validators of the last answer.
    pub validators: Validators,
    /// sha256 of the last decoded body.
    pub body_hash: Option<Vec<u8>>,
    /// Failed checks in a row.
    pub failures: i64,
    /// What the feed said about its update times.
    pub hints: FeedScheduleHints,
    /// A permanent redirect that is not confirmed yet.
    pub moved: Option<PermanentRedirect>,
    /// The server asked not to be asked before.
    pub not_before: Option<Timestamp>,
}

/// Every feed due at `now`, the longest waiting first.
pub async fn list_due(db: &SqlitePool, now: Timestamp) -> sqlx::Result<Vec<FeedSource>> {
    select_sources(db, Some(now), None).await
}

/// One feed, whether due or not.
pub async fn load_source(db: &SqlitePool, id: FeedId) -> sqlx::Result<Option<FeedSource>> {
    Ok(select_sources(db, None, Some(id)).await?.pop())
}

async fn select_sources(
    db: &SqlitePool,
    due_at: Option<Timestamp>,
    only: Option<FeedId>,
) -> sqlx::Result<Vec<FeedSource>> {
    let (due_at, only) = (due_at.map(|t| t.0), only.map(|id| id.0));
    sqlx::query!(
        r#"SELECT id AS "id!", url, site_url, state, etag, last_modified, body_hash, failures, hint_interval, skip_hours,
                  skip_days, moved_to, moved_seen, not_before
           FROM feeds WHERE (?1 IS NULL OR (state <> 'gone' AND next_fetch_at <= ?1)) AND (?2 IS NULL OR id = ?2)
           ORDER BY next_fetch_at, id"#,
        due_at,
        only
    )
    .map(|r| FeedSource {
        id: FeedId(r.id),
        url: r.url,
        site_url: r.site_url,
        state: FeedState::parse(&r.state).unwrap_or_default(),
        validators: Validators { etag: r.etag, last_modified: r.last_modified },
        body_hash: r.body_hash,
        failures: r.failures,
        hints: FeedScheduleHints {
            interval: r.hint_interval,
            skip_hours: u32::try_from(r.skip_hours).unwrap_or(0),
            skip_days: u8::try_from(r.skip_days).unwrap_or(0),
        },
        moved: r.moved_to.map(|to| PermanentRedirect { target: to, confirmations: r.moved_seen }),
        not_before: r.not_before.map(Timestamp),
    })
    .fetch_all(db)
    .await
}

/// When the next feed falls due after `now`.
pub async fn next_due_at(db: &SqlitePool, now: Timestamp) -> sqlx::Result<Option<Timestamp>> {
    let next = sqlx::query_scalar!(
        r#"SELECT min(next_fetch_at) AS "next: i64" FROM feeds WHERE state <> 'gone' AND next_fetch_at > ?"#,
        now.0
    )
    .fetch_one(db)
    .await?;
    Ok(next.map(Timestamp))
}

/// The reader's choice of an interval in seconds, if they made one.
pub async fn preferred_interval(db: &SqlitePool) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("SELECT feed_refresh_interval FROM preferences WHERE id = 1").fetch_one(db).await
}

/// A check that went well. What is `None` or empty here is forgotten, except the site's address and the title.
#[derive(Clone, Debug)]
pub struct SuccessfulCheck<'a> {
    /// The feed.
    pub id: FeedId,
    /// When it was checked.
    pub at: Timestamp,
    /// When it is due again.
    pub next: Timestamp,
    /// The validators of the answer.
    pub validators: &'a Validators,
    /// sha256 of the decoded body.
    pub body_hash: Option<&'a [u8]>,
    /// The publisher's title as of now; `None` leaves it.
    pub title: Option<&'a str>,
    /// The address of its site.
    pub site_url: Option<&'a str>,
    /// What the feed said about its update times.
    pub hints: FeedScheduleHints,
    /// A permanent redirect that is not confirmed yet.
    pub moved: Option<&'a PermanentRedirect>,
}

/// Stores a check that went well and clears what was wrong before. `false`: the feed was removed.
pub async fn record_success(db: &mut SqliteConnection, check: &SuccessfulCheck<'_>) -> sqlx::Result<bool> {
    let (skip_hours, skip_days) = (i64::from(check.hints.skip_hours), i64::from(check.hints.skip_days));
    let (moved_to, moved_seen) = check.moved.map_or((None, 0), |m| (Some(m.target.as_str()), m.confirmations));
    let done = sqlx::query!(
        "UPDATE feeds SET state = 'ok', failures = 0, problem_kind = NULL, problem_message = NULL, not_before = NULL,
                last_fetched_at = ?2, next_fetch_at = ?3, etag = ?4, last_modified = ?5, body_hash = coalesce(?6, body_hash),
                custom_title = iif(state = 'new' AND custom_title = ?7, NULL, custom_title), title = coalesce(?7, title), site_url = coalesce(?8, site_url), hint_interval = ?9, skip_hours = ?10,
                skip_days = ?11, moved_to = ?12, moved_seen = ?13
         WHERE id = ?1",
        check.id.0,
        check.at.0,
        check.next.0,
        check.validators.etag,
        check.validators.last_modified,
        check.body_hash,
        check.title,
        check.site_url,
        check.hints.interval,
        skip_hours,
        skip_days,
        moved_to,
        moved_seen
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Stores a check that failed. `gone` ends the checks. `false`: the feed was removed.
pub async fn record_failure(
    db: &mut SqliteConnection,
    id: FeedId,
    (at, next, not_before): (Timestamp, Timestamp, Option<Timestamp>),
    problem: &FeedError,
    gone: bool,
) -> sqlx::Result<bool> {
    let state = if gone { FeedState::Gone } else { FeedState::Failing }.as_str();
    let kind = problem.kind.as_str();
    let not_before = not_before.map(|t| t.0);
    let done = sqlx::query!(
        "UPDATE feeds SET state = ?2, failures = failures + 1, problem_kind = ?3, problem_message = ?4, last_fetched_at = ?5,
                next_fetch_at = ?6, not_before = ?7 WHERE id = ?1",
        id.0,
        state,
        kind,
        problem.message,
        at.0,
        next.0,
        not_before
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives a feed its new address; false when another subscription has it already.
pub async fn change_url(db: &mut SqliteConnection, id: FeedId, url: &str) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("UPDATE OR IGNORE feeds SET url = ?2, moved_to = NULL, moved_seen = 0 WHERE id = ?1", id.0, url)
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Adds a line to a feed's audit trail.
pub async fn add_event(
    db: &mut SqliteConnection,
    id: FeedId,
    at: Timestamp,
    kind: &str,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO feed_events (feed_id, at, kind, detail) VALUES (?, ?, ?, ?)", id.0, at.0, kind, detail)
        .execute(db)
        .await?;
    Ok(())
}
