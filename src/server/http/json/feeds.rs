//! Subscriptions.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId, QueryParams, nullable, parse_flag},
    feed_requests::SaveFeedRequestRequest,
};
use crate::{
    domain::{
        feed::{self, FeedCandidate, FeedChange, FeedState, SubscribeOutcome},
        feed_schedule::CheckReason,
        feed_url::FeedUrl,
        full_text::FullTextChoice,
        ids::FolderId,
        time::Timestamp,
    },
    error::AppError,
    server::{
        services::subscriptions::{self, CheckMode},
        state::App,
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A subscription.
#[derive(Serialize, ToSchema)]
pub struct FeedResponse {
    id: i64,
    #[schema(value_type = String)]
    url: FeedUrl,
    site_url: Option<String>,
    /// The publisher's title.
    title: String,
    /// The reader's own title.
    custom_title: Option<String>,
    folder_id: Option<i64>,
    unread: i64,
    total: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_fetched_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    next_fetch_at: Timestamp,
    /// Seconds between the last check and the next; null before the first check.
    check_interval: Option<i64>,
    /// Which rule made that interval: `settings`, `feed`, `no_validators`, `feed_hint`, `freshness`, `skipped_time`, `failures` or
    /// `retry_after`.
    #[schema(value_type = Option<String>, example = "settings")]
    check_reason: Option<CheckReason>,
    /// The site requested no checks until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_until: Option<Timestamp>,
    health: FeedHealthJson,
    /// The path of the icon of its site; the content under a path never changes.
    #[schema(example = "/icons/5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")]
    icon_url: Option<String>,
    /// Whether the pages behind its articles are fetched: `auto` (when its own texts are short), `always` or `never`.
    #[schema(value_type = String, example = "auto")]
    full_text: FullTextChoice,
    /// Whether its own texts are short; null before it had any.
    has_short_texts: Option<bool>,
    /// Seconds between checks that the reader chose for it; null: as in the preferences.
    own_interval: Option<i64>,
    /// The reader paused it until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pause_until: Option<Timestamp>,
    /// Points that are added to the composites of its articles, −3 to 3.
    weight: i64,
    /// Whether no model is asked about its articles.
    never_score: bool,
}

/// The state of a feed.
#[derive(Serialize, ToSchema)]
struct FeedHealthJson {
    /// `new`, `ok`, `failing` or `gone`.
    #[schema(value_type = String, example = "ok")]
    state: FeedState,
    message: Option<String>,
    remedy: Option<String>,
    /// Failed checks in a row.
    failures: i64,
}

/// What to subscribe to.
#[derive(Deserialize, ToSchema)]
pub struct SubscribeRequest {
    /// The address of a feed or of a site that has one.
    url: String,
    folder_id: Option<i64>,
    /// What requests to the origin of `url` carry; stored with a feed of that origin.
    #[serde(default)]
    request: Option<SaveFeedRequestRequest>,
}

/// The feeds that a page offers.
#[derive(Serialize, ToSchema)]
pub struct FeedCandidatesResponse {
    candidates: Vec<FeedCandidateJson>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
struct FeedCandidateJson {
    #[schema(value_type = String)]
    url: FeedUrl,
    title: String,
    /// Entries found in it; null when it was not fetched.
    items: Option<i64>,
}

/// A change to a subscription; what is absent stays, null clears.
#[derive(Deserialize, ToSchema)]
pub struct UpdateFeedRequest {
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    custom_title: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    folder_id: Option<Option<i64>>,
    /// `auto`, `always` or `never`.
    #[schema(value_type = Option<String>, example = "always")]
    full_text: Option<FullTextChoice>,
    /// Another address; the articles and their marks stay.
    url: Option<String>,
    /// Seconds between checks, 60–86400.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    own_interval: Option<Option<i64>>,
    /// Not checked by itself before.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pause_until: Option<Option<Timestamp>>,
    /// Points that are added to the composites of its articles, −3 to 3.
    weight: Option<i64>,
    /// Whether no model is asked about its articles.
    never_score: Option<bool>,
}

/// How many feeds were made due.
#[derive(Serialize, ToSchema)]
pub struct RefreshFeedsResponse {
    feeds: i64,
}

/// All subscriptions, by title.
#[utoipa::path(get, path = "/api/feeds", tag = "reading", responses((status = 200, body = Vec<FeedResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<FeedResponse>>, ApiError> {
    Ok(Json(subscriptions::list_feeds(&app).await?.into_iter().map(Into::into).collect()))
}

/// Subscribes, and fetches at once.
#[utoipa::path(
    post, path = "/api/feeds", tag = "reading", request_body = SubscribeRequest,
    responses(
        (status = 201, description = "Subscribed; its articles are stored.", body = FeedResponse),
        (status = 300, description = "The page offers several feeds: choose one.", body = FeedCandidatesResponse),
        (status = 409, description = "Already subscribed.", body = crate::server::http::json::error::ErrorResponse),
        (status = 422, description = "No feed there, with the reason.", body = crate::server::http::json::error::ErrorResponse),
    ),
)]
pub async fn subscribe(
    State(app): State<App>,
    JsonBody(new): JsonBody<SubscribeRequest>,
) -> Result<Response, ApiError> {
    let request = new.request.map(Into::into).unwrap_or_default();
    let subscribed = subscriptions::subscribe_with(&app, &new.url, new.folder_id.map(FolderId), request).await;
    // The form calls it "address".
    let named = subscribed.map_err(|error| match error.field.as_deref() {
        Some("address") => error.field("url"),
        _ => error,
    });
    Ok(match named? {
        SubscribeOutcome::Added(id) => {
            let feed: FeedResponse = subscriptions::load_feed(&app, id).await?.into();
            (StatusCode::CREATED, Json(feed)).into_response()
        }
        SubscribeOutcome::Candidates(candidates) => {
            let candidates = candidates.into_iter().map(Into::into).collect();
            (StatusCode::MULTIPLE_CHOICES, Json(FeedCandidatesResponse { candidates })).into_response()
        }
    })
}

/// One subscription.
#[utoipa::path(get, path = "/api/feeds/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 200, body = FeedResponse)))]
pub async fn show(State(app): State<App>, PathId(id): PathId) -> Result<Json<FeedResponse>, ApiError> {
    Ok(Json(subscriptions::load_feed(&app, id.into()).await?.into()))
}

/// Changes the settings of a subscription. 409 when another one has the address.
#[utoipa::path(
    patch, path = "/api/feeds/{id}", tag = "reading", params(("id" = i64, Path)), request_body = UpdateFeedRequest,
    responses((status = 200, body = FeedResponse)),
)]
pub async fn update(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(patch): JsonBody<UpdateFeedRequest>,
) -> Result<Json<FeedResponse>, ApiError> {
    let change = FeedChange {
        custom_title: patch.custom_title,
        folder_id: patch.folder_id.map(|folder| folder.map(FolderId)),
        full_text: patch.full_text,
        address: patch.url,
        own_interval: patch.own_interval,
        pause_until: patch.pause_until,
        weight: patch.weight,
        never_score: patch.never_score,
    };
    let named = |error: AppError| if error.field.as_deref() == Some("address") { error.field("url") } else { error };
    Ok(Json(subscriptions::update_feed(&app, id.into(), change).await.map_err(named)?.into()))
}

/// Removes a subscription with its articles.
#[utoipa::path(delete, path = "/api/feeds/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    subscriptions::unsubscribe(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes every feed due now; they are fetched in the background.
#[utoipa::path(post, path = "/api/feeds/refresh", tag = "reading", responses((status = 200, body = RefreshFeedsResponse)))]
pub async fn refresh_all(State(app): State<App>) -> Result<Json<RefreshFeedsResponse>, ApiError> {
    Ok(Json(RefreshFeedsResponse { feeds: subscriptions::refresh_all(&app).await? }))
}

/// Fetches one feed now; the result is in its health. For a feed that was merged into another one, that feed is returned.
#[utoipa::path(
    post, path = "/api/feeds/{id}/refresh", tag = "reading",
    params(
        ("id" = i64, Path),
        ("force" = Option<bool>, Query, description = "`true` sends an unconditional request, also during a pause that the site requested."),
    ),
    responses(
        (status = 200, body = FeedResponse),
        (status = 409, description = "Not requested: the site asked for a pause.", body = crate::server::http::json::error::ErrorResponse),
    ),
)]
pub async fn refresh(
    State(app): State<App>,
    PathId(id): PathId,
    query: QueryParams,
) -> Result<Json<FeedResponse>, ApiError> {
    let mut mode = CheckMode::Conditional;
    for (_, value) in query.allow_only(&["force"])? {
        mode = if parse_flag("force", value)? { CheckMode::Forced } else { CheckMode::Conditional };
    }
    Ok(Json(subscriptions::refresh_feed_as(&app, id.into(), mode).await?.into()))
}

impl From<feed::Feed> for FeedResponse {
    fn from(feed: feed::Feed) -> Self {
        Self {
            id: feed.id.0,
            url: feed.url,
            site_url: feed.site_url,
            title: feed.title,
            custom_title: feed.custom_title,
            folder_id: feed.folder_id.map(|folder| folder.0),
            unread: feed.unread,
            total: feed.total,
            last_fetched_at: feed.last_fetched_at,
            next_fetch_at: feed.next_fetch_at,
            check_interval: feed.check_interval,
            check_reason: feed.check_reason,
            paused_until: feed.paused_until,
            health: FeedHealthJson {
                state: feed.health.state,
                message: feed.health.message,
                remedy: feed.health.remedy,
                failures: feed.health.failures,
            },
            icon_url: feed.icon.map(|hash| format!("/icons/{hash}")),
            full_text: feed.full_text,
            has_short_texts: feed.has_short_texts,
            own_interval: feed.own_interval,
            pause_until: feed.pause_until,
            weight: feed.scoring.weight,
            never_score: feed.scoring.never_score,
        }
    }
}

impl From<FeedCandidate> for FeedCandidateJson {
    fn from(candidate: FeedCandidate) -> Self {
        Self { url: candidate.url, title: candidate.title, items: candidate.items }
    }
}
