//! Checks of feeds: which are due, what is sent with the request, and the result of the last one.

use crate::domain::{
    feed::FeedState,
    feed_check::{PermanentRedirect, Validators},
    feed_error::FeedError,
    feed_schedule::{CheckReason, FeedScheduleHints, ScheduledCheck, spares_whole_transfers},
    feed_url::FeedUrl,
    full_text::FullTextChoice,
    ids::FeedId,
    preferences::DEFAULT_REFRESH_INTERVAL_SECONDS,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool};

/// What a check needs to know of a feed.
#[derive(Clone, Debug)]
pub struct FeedSource {
    /// The feed.
    pub id: FeedId,
    /// The address it is fetched from.
    pub url: FeedUrl,
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
    /// The time before which the server wants no request.
    pub not_before: Option<Timestamp>,
    /// How often the process crashed while it read the feed, since the last check.
    pub crashes: i64,
    /// Whether the pages behind its articles are fetched.
    pub full_text: FullTextChoice,
    /// Seconds between checks that the reader chose for it.
    pub own_interval: Option<i64>,
}

/// Every feed due at `now`, the longest overdue first; without feeds that were set aside because reading them crashes the process.
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
        r#"SELECT id AS "id!", url AS "url: FeedUrl", site_url, state, etag, last_modified, body_hash, failures, hint_interval, skip_hours,
                  skip_days, moved_to AS "moved_to: FeedUrl", moved_seen, not_before, crashes, full_text, own_interval
           FROM feeds
           WHERE removed_at IS NULL AND (?1 IS NULL OR (state <> 'gone' AND problem_kind IS NOT 'crashed' AND next_fetch_at <= ?1
                                                       AND coalesce(pause_until, 0) <= ?1))
               AND (?2 IS NULL OR id = ?2)
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
        crashes: r.crashes,
        full_text: FullTextChoice::parse(&r.full_text).unwrap_or_default(),
        own_interval: r.own_interval,
    })
    .fetch_all(db)
    .await
}

/// When the next feed falls due after `now`.
pub async fn next_due_at(db: &SqlitePool, now: Timestamp) -> sqlx::Result<Option<Timestamp>> {
    let next = sqlx::query_scalar!(
        r#"SELECT min(max(next_fetch_at, coalesce(pause_until, 0))) AS "next: i64" FROM feeds
           WHERE state <> 'gone' AND max(next_fetch_at, coalesce(pause_until, 0)) > ?"#,
        now.0
    )
    .fetch_one(db)
    .await?;
    Ok(next.map(Timestamp))
}

/// The interval of the settings in seconds.
pub async fn preferred_interval(db: &SqlitePool) -> sqlx::Result<i64> {
    let chosen =
        sqlx::query_scalar!("SELECT feed_refresh_interval FROM preferences WHERE id = 1").fetch_one(db).await?;
    Ok(chosen.unwrap_or(DEFAULT_REFRESH_INTERVAL_SECONDS))
}

/// Brings forward the checks that were planned by a longer interval of the settings; returns how many there were.
pub async fn shorten_interval(db: &mut SqliteConnection, interval: i64) -> sqlx::Result<u64> {
    let (settings, unconditional) = (CheckReason::Settings.as_str(), CheckReason::NoValidators.as_str());
    let spares_transfers = spares_whole_transfers(interval);
    let done = sqlx::query!(
        "UPDATE feeds SET next_fetch_at = last_fetched_at + ?1, check_interval = ?1, check_reason = ?2
         WHERE (check_reason = ?2 OR (check_reason = ?3 AND NOT ?4)) AND next_fetch_at > last_fetched_at + ?1",
        interval,
        settings,
        unconditional,
        spares_transfers
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// The feeds that a pause is for.
#[derive(Clone, Copy, Debug)]
pub enum PauseScope<'a> {
    /// All feeds of a host, [`FeedUrl::authority`].
    Host(&'a str),
    /// One feed.
    Feed(FeedId),
}

/// Lets no check of these feeds begin before `until`. It counts as no failure.
pub async fn pause(
    db: &mut SqliteConnection,
    scope: PauseScope<'_>,
    now: Timestamp,
    until: Timestamp,
) -> sqlx::Result<()> {
    let (host, id) = match scope {
        PauseScope::Host(host) => (Some(host), None),
        PauseScope::Feed(id) => (None, Some(id.0)),
    };
    let (reason, interval) = (CheckReason::RetryAfter.as_str(), until.since(now));
    sqlx::query!(
        "UPDATE feeds SET not_before = max(coalesce(not_before, ?3), ?3), next_fetch_at = max(next_fetch_at, ?3),
                check_interval = iif(next_fetch_at < ?3, ?4, check_interval),
                check_reason = iif(next_fetch_at < ?3, ?5, check_reason)
         WHERE host = ?1 OR id = ?2",
        host,
        id,
        until.0,
        interval,
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The hosts of which a feed is paused at `now`, each with the end of its longest pause.
pub async fn list_paused_hosts(db: &SqlitePool, now: Timestamp) -> sqlx::Result<Vec<(String, Timestamp)>> {
    sqlx::query!(
        r#"SELECT host AS "host!: String", max(not_before) AS "until!: i64" FROM feeds WHERE not_before > ? GROUP BY host"#,
        now.0
    )
    .map(|r| (r.host, Timestamp(r.until)))
    .fetch_all(db)
    .await
}

/// A successful check. Fields that are `None` or empty clear their columns, except the hash of the body, the title and the site's
/// address.
#[derive(Clone, Debug)]
pub struct SuccessfulCheck<'a> {
    /// The feed.
    pub id: FeedId,
    /// When it was checked.
    pub at: Timestamp,
    /// When it is due again.
    pub next: ScheduledCheck,
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

/// Stores a successful check and clears the problem of earlier ones. `false`: the feed was removed.
pub async fn record_success(db: &mut SqliteConnection, check: &SuccessfulCheck<'_>) -> sqlx::Result<bool> {
    let (skip_hours, skip_days) = (i64::from(check.hints.skip_hours), i64::from(check.hints.skip_days));
    let (next, interval, reason) = (check.next.at.0, check.next.interval, check.next.reason.as_str());
    let (moved_to, moved_seen) = check.moved.map_or((None, 0), |m| (Some(m.target.as_str()), m.confirmations));
    let done = sqlx::query!(
        "UPDATE feeds SET state = 'ok', failures = 0, crashes = 0, problem_kind = NULL, problem_message = NULL, not_before = NULL,
                failing_since = NULL, last_success_at = ?2, last_fetched_at = ?2, next_fetch_at = ?3, etag = ?4, last_modified = ?5, body_hash = coalesce(?6, body_hash),
                custom_title = iif(state = 'new' AND custom_title = ?7, NULL, custom_title), title = coalesce(?7, title), site_url = coalesce(?8, site_url), hint_interval = ?9, skip_hours = ?10,
                skip_days = ?11, moved_to = ?12, moved_seen = ?13, check_interval = ?14, check_reason = ?15
         WHERE id = ?1 AND removed_at IS NULL",
        check.id.0,
        check.at.0,
        next,
        check.validators.etag,
        check.validators.last_modified,
        check.body_hash,
        check.title,
        check.site_url,
        check.hints.interval,
        skip_hours,
        skip_days,
        moved_to,
        moved_seen,
        interval,
        reason
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Stores a check that failed. `gone` ends the checks. `false`: the feed was removed.
pub async fn record_failure(
    db: &mut SqliteConnection,
    id: FeedId,
    (at, next, not_before): (Timestamp, ScheduledCheck, Option<Timestamp>),
    problem: &FeedError,
    gone: bool,
) -> sqlx::Result<bool> {
    let state = if gone { FeedState::Gone } else { FeedState::Failing }.as_str();
    let kind = problem.kind.as_str();
    let not_before = not_before.map(|t| t.0);
    let (next, interval, reason) = (next.at.0, next.interval, next.reason.as_str());
    let done = sqlx::query!(
        "UPDATE feeds SET state = ?2, failures = failures + 1, crashes = 0, problem_kind = ?3, problem_message = ?4, last_fetched_at = ?5,
                failing_since = coalesce(failing_since, ?5), next_fetch_at = ?6, not_before = ?7, check_interval = ?8, check_reason = ?9 WHERE id = ?1 AND removed_at IS NULL",
        id.0,
        state,
        kind,
        problem.message,
        at.0,
        next,
        not_before,
        interval,
        reason
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Plans the next check of a feed that was not requested; nothing else changes.
pub async fn postpone(db: &mut SqliteConnection, id: FeedId, next: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE feeds SET next_fetch_at = ?2 WHERE id = ?1", id.0, next.0).execute(db).await?;
    Ok(())
}

/// The address of a feed.
pub async fn load_url(db: &mut SqliteConnection, id: FeedId) -> sqlx::Result<Option<FeedUrl>> {
    sqlx::query_scalar!(r#"SELECT url AS "url: FeedUrl" FROM feeds WHERE id = ?"#, id.0).fetch_optional(db).await
}

/// Gives a feed the address that the reader typed, due at once: nothing that is known of the last answers holds for it. `false`:
/// another subscription has the address.
pub async fn edit_url(db: &mut SqliteConnection, id: FeedId, url: &FeedUrl, now: Timestamp) -> sqlx::Result<bool> {
    let url = url.as_str();
    let done = sqlx::query!(
        "UPDATE OR IGNORE feeds SET url = ?2, moved_to = NULL, moved_seen = 0, etag = NULL, last_modified = NULL, body_hash = NULL,
                state = iif(state = 'gone', 'failing', state), failures = 0, crashes = 0, not_before = NULL, next_fetch_at = ?3,
                icon_due_at = ?3, problem_kind = NULL, problem_message = NULL
         WHERE id = ?1",
        id.0,
        url,
        now.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives a feed its new address; false when another subscription has it already.
pub async fn change_url(db: &mut SqliteConnection, id: FeedId, url: &FeedUrl) -> sqlx::Result<bool> {
    let url = url.as_str();
    let done =
        sqlx::query!("UPDATE OR IGNORE feeds SET url = ?2, moved_to = NULL, moved_seen = 0 WHERE id = ?1", id.0, url)
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Adds an event to a feed's audit trail, unless the feed was removed.
pub async fn add_event(
    db: &mut SqliteConnection,
    id: FeedId,
    at: Timestamp,
    kind: &str,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO feed_events (feed_id, at, kind, detail) SELECT id, ?2, ?3, ?4 FROM feeds WHERE id = ?1",
        id.0,
        at.0,
        kind,
        detail
    )
    .execute(db)
    .await?;
    Ok(())
}
