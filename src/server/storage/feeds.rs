//! Subscriptions: what a reader sees and changes of them. Results of checks are stored by [`super::checks`].

use crate::domain::{
    feed::{Feed, FeedChange, FeedEvent, FeedHealth, FeedScoring, FeedState},
    feed_error::FeedErrorKind,
    feed_schedule::CheckReason,
    feed_url::FeedUrl,
    full_text::FullTextChoice,
    ids::{FeedId, FolderId},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool};

/// A subscription as the statement of [`select`] gives it.
#[derive(serde::Deserialize)]
struct StoredFeed {
    id: i64,
    #[serde(deserialize_with = "super::stored_url")]
    url: FeedUrl,
    site_url: Option<String>,
    title: String,
    custom_title: Option<String>,
    folder_id: Option<i64>,
    unread: i64,
    total: i64,
    last_fetched_at: Option<i64>,
    next_fetch_at: i64,
    check_interval: Option<i64>,
    check_reason: Option<String>,
    not_before: Option<i64>,
    items_left_out: i64,
    state: String,
    failures: i64,
    failing_since: Option<i64>,
    last_success_at: Option<i64>,
    problem_kind: Option<String>,
    problem_message: Option<String>,
    icon: Option<String>,
    full_text: String,
    has_short_texts: Option<u8>,
    own_interval: Option<i64>,
    pause_until: Option<i64>,
    weight: i64,
    never_score: u8,
}

impl From<StoredFeed> for Feed {
    fn from(r: StoredFeed) -> Self {
        Self {
            id: FeedId(r.id),
            url: r.url,
            site_url: r.site_url,
            title: r.title,
            custom_title: r.custom_title,
            folder_id: r.folder_id.map(FolderId),
            unread: r.unread,
            total: r.total,
            last_fetched_at: r.last_fetched_at.map(Timestamp),
            next_fetch_at: Timestamp(r.next_fetch_at),
            check_interval: r.check_interval,
            check_reason: r.check_reason.as_deref().and_then(CheckReason::parse),
            paused_until: r.not_before.map(Timestamp),
            items_left_out: r.items_left_out,
            health: FeedHealth {
                state: FeedState::parse(&r.state).unwrap_or_default(),
                message: r.problem_message,
                remedy: r.problem_kind.as_deref().and_then(FeedErrorKind::parse).map(|k| k.hint().to_owned()),
                failures: r.failures,
                failing_since: r.failing_since.map(Timestamp),
                last_success_at: r.last_success_at.map(Timestamp),
            },
            icon: r.icon,
            full_text: FullTextChoice::parse(&r.full_text).unwrap_or_default(),
            has_short_texts: r.has_short_texts.map(|short| short != 0),
            own_interval: r.own_interval,
            pause_until: r.pause_until.map(Timestamp),
            scoring: FeedScoring { weight: r.weight, never_score: r.never_score != 0 },
        }
    }
}

/// All subscriptions by display title, or the one with this id; as one row of JSON, since a row each would cross threads.
pub async fn select(db: &SqlitePool, only: Option<FeedId>) -> sqlx::Result<Vec<Feed>> {
    let only = only.map(|id| id.0);
    let feeds = sqlx::query_scalar!(
        r#"SELECT json_group_array(json_object(
                      'id', id, 'url', url, 'site_url', site_url, 'title', title, 'custom_title', custom_title,
                      'folder_id', folder_id, 'last_fetched_at', last_fetched_at, 'next_fetch_at', next_fetch_at,
                      'check_interval', check_interval, 'check_reason', check_reason, 'not_before', not_before,
                      'items_left_out', items_left_out, 'state', state, 'failures', failures, 'failing_since', failing_since,
                      'last_success_at', last_success_at, 'problem_kind', problem_kind, 'problem_message', problem_message,
                      'unread', unread, 'total', total, 'icon', icon, 'full_text', full_text,
                      'has_short_texts', has_short_texts, 'own_interval', own_interval, 'pause_until', pause_until,
                      'weight', weight, 'never_score', never_score)) AS "feeds!: String"
           FROM (SELECT f.*, coalesce(c.unread, 0) AS unread, coalesce(c.total, 0) AS total, i.hash AS icon
                 FROM feeds f LEFT JOIN feed_counts c ON c.feed_id = f.id LEFT JOIN icons i ON i.id = f.icon_id
                 WHERE f.removed_at IS NULL AND (?1 IS NULL OR f.id = ?1)
                 ORDER BY coalesce(f.custom_title, nullif(f.title, ''), f.url) COLLATE NOCASE, f.id)"#,
        only
    )
    .fetch_one(db)
    .await?;
    let feeds: Vec<StoredFeed> = super::from_json(&feeds)?;
    Ok(feeds.into_iter().map(Feed::from).collect())
}

/// The subscription to exactly this address.
pub async fn find_id(db: &SqlitePool, url: &FeedUrl) -> sqlx::Result<Option<FeedId>> {
    let url = url.as_str();
    let id = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM feeds WHERE url = ?"#, url).fetch_optional(db).await?;
    Ok(id.map(FeedId))
}

/// The values of a new subscription.
#[derive(Clone, Debug)]
pub struct NewFeed<'a> {
    /// The address to fetch.
    pub url: &'a FeedUrl,
    /// The address of its site.
    pub site_url: Option<&'a str>,
    /// The publisher's title; empty while unknown.
    pub title: &'a str,
    /// The reader's own title.
    pub custom_title: Option<&'a str>,
    /// The folder to put it into.
    pub folder: Option<FolderId>,
}

/// Subscribes, due at once; `None` when the address is subscribed already.
pub async fn insert(db: &mut SqliteConnection, feed: &NewFeed<'_>, now: Timestamp) -> sqlx::Result<Option<FeedId>> {
    let (url, folder) = (feed.url.as_str(), feed.folder.map(|f| f.0));
    let id = sqlx::query_scalar!(
        r#"INSERT INTO feeds (url, site_url, title, custom_title, folder_id, created_at, next_fetch_at)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (url) DO NOTHING RETURNING id AS "id!""#,
        url,
        feed.site_url,
        feed.title,
        feed.custom_title,
        folder,
        now.0
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(FeedId))
}

/// Renames or moves; false when there is no such feed.
pub async fn update(db: &mut SqliteConnection, id: FeedId, change: &FeedChange) -> sqlx::Result<bool> {
    let rename = change.custom_title.is_some();
    let title = change.custom_title.clone().flatten();
    let to_folder = change.folder_id.is_some();
    let folder = change.folder_id.flatten().map(|f| f.0);
    let full_text = change.full_text.map(FullTextChoice::as_str);
    let (has_interval, interval) = (change.own_interval.is_some(), change.own_interval.flatten());
    let (has_pause, pause_until) = (change.pause_until.is_some(), change.pause_until.flatten().map(|until| until.0));
    let done = sqlx::query!(
        "UPDATE feeds SET custom_title = iif(?1, ?2, custom_title), folder_id = iif(?3, ?4, folder_id),
                full_text = coalesce(?6, full_text), own_interval = iif(?7, ?8, own_interval),
                next_fetch_at = iif(?7 AND state = 'ok' AND last_fetched_at + ?8 < next_fetch_at, last_fetched_at + ?8, next_fetch_at),
                pause_until = iif(?9, ?10, pause_until), weight = coalesce(?11, weight),
                never_score = coalesce(?12, never_score)
         WHERE id = ?5",
        rename,
        title,
        to_folder,
        folder,
        id.0,
        full_text,
        has_interval,
        interval,
        has_pause,
        pause_until,
        change.weight,
        change.never_score
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes every feed due now whose server allows a request; returns how many.
pub async fn make_all_due(db: &mut SqliteConnection, now: Timestamp) -> sqlx::Result<i64> {
    let done = sqlx::query!(
        "UPDATE feeds SET next_fetch_at = min(next_fetch_at, ?1) WHERE state <> 'gone' AND coalesce(not_before, 0) <= ?1",
        now.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

/// Makes these feeds due now, as far as their servers allow a request.
pub async fn make_due(db: &mut SqliteConnection, ids: &[FeedId], now: Timestamp) -> sqlx::Result<()> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    sqlx::query!(
        "UPDATE feeds SET next_fetch_at = min(next_fetch_at, ?1)
         WHERE id IN (SELECT value FROM json_each(?2)) AND state <> 'gone' AND coalesce(not_before, 0) <= ?1",
        now.0,
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The audit trail of a feed, newest first.
pub async fn list_events(db: &SqlitePool, id: FeedId) -> sqlx::Result<Vec<FeedEvent>> {
    sqlx::query!(
        "SELECT at, kind, detail FROM feed_events WHERE feed_id = ? AND kind <> 'reading' ORDER BY id DESC LIMIT 200",
        id.0
    )
    .map(|r| FeedEvent { at: Timestamp(r.at), kind: r.kind, detail: r.detail })
    .fetch_all(db)
    .await
}
