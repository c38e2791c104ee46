//! Subscriptions.

use super::{
    failure::Failure,
    read::{Body, Id, nullable},
};
use crate::{
    domain::{
        feed::{self, FeedCandidate, FeedChange, FeedState, Subscribed},
        ids::FolderId,
        time::Timestamp,
    },
    server::{services::subscriptions, state::App},
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
pub struct Feed {
    id: i64,
    url: String,
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
    health: FeedHealth,
}

/// How a feed is doing.
#[derive(Serialize, ToSchema)]
struct FeedHealth {
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
pub struct NewFeed {
    /// The address of a feed or of a site that has one.
    url: String,
    folder_id: Option<i64>,
}

/// The feeds that a page offers.
#[derive(Serialize, ToSchema)]
pub struct Candidates {
    candidates: Vec<Candidate>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
struct Candidate {
    url: String,
    title: String,
    /// Entries found in it; null when it was not fetched.
    items: Option<i64>,
}

/// A change to a subscription; what is absent stays, null clears.
#[derive(Deserialize, ToSchema)]
pub struct FeedPatch {
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    custom_title: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    folder_id: Option<Option<i64>>,
}

/// How many feeds were made due.
#[derive(Serialize, ToSchema)]
pub struct RefreshQueued {
    feeds: i64,
}

/// All subscriptions, by title.
#[utoipa::path(get, path = "/api/feeds", tag = "reading", responses((status = 200, body = Vec<Feed>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<Feed>>, Failure> {
    Ok(Json(subscriptions::feeds(&app).await?.into_iter().map(Into::into).collect()))
}

/// Subscribes, and fetches at once.
#[utoipa::path(
    post, path = "/api/feeds", tag = "reading", request_body = NewFeed,
    responses(
        (status = 201, description = "Subscribed; its articles are stored.", body = Feed),
        (status = 300, description = "The page offers several feeds: choose one.", body = Candidates),
        (status = 409, description = "Already subscribed.", body = super::failure::ErrorBody),
        (status = 422, description = "No feed there, with the reason.", body = super::failure::ErrorBody),
    ),
)]
pub async fn subscribe(State(app): State<App>, Body(new): Body<NewFeed>) -> Result<Response, Failure> {
    Ok(match subscriptions::subscribe(&app, &new.url, new.folder_id.map(FolderId)).await? {
        Subscribed::Added(id) => {
            let feed: Feed = subscriptions::feed(&app, id).await?.into();
            (StatusCode::CREATED, Json(feed)).into_response()
        }
        Subscribed::Choose(candidates) => {
            let candidates = candidates.into_iter().map(Into::into).collect();
            (StatusCode::MULTIPLE_CHOICES, Json(Candidates { candidates })).into_response()
        }
    })
}

/// One subscription.
#[utoipa::path(get, path = "/api/feeds/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 200, body = Feed)))]
pub async fn show(State(app): State<App>, Id(id): Id) -> Result<Json<Feed>, Failure> {
    Ok(Json(subscriptions::feed(&app, id.into()).await?.into()))
}

/// Renames or moves a subscription.
#[utoipa::path(
    patch, path = "/api/feeds/{id}", tag = "reading", params(("id" = i64, Path)), request_body = FeedPatch,
    responses((status = 200, body = Feed)),
)]
pub async fn update(State(app): State<App>, Id(id): Id, Body(patch): Body<FeedPatch>) -> Result<Json<Feed>, Failure> {
    let change =
        FeedChange { custom_title: patch.custom_title, folder_id: patch.folder_id.map(|folder| folder.map(FolderId)) };
    Ok(Json(subscriptions::update_feed(&app, id.into(), change).await?.into()))
}

/// Removes a subscription with its articles.
#[utoipa::path(delete, path = "/api/feeds/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, Id(id): Id) -> Result<StatusCode, Failure> {
    subscriptions::unsubscribe(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes every feed due now; they are fetched in the background.
#[utoipa::path(post, path = "/api/feeds/refresh", tag = "reading", responses((status = 200, body = RefreshQueued)))]
pub async fn refresh_all(State(app): State<App>) -> Result<Json<RefreshQueued>, Failure> {
    Ok(Json(RefreshQueued { feeds: subscriptions::refresh_all(&app).await? }))
}

/// Fetches one feed now; its health tells how it went.
#[utoipa::path(post, path = "/api/feeds/{id}/refresh", tag = "reading", params(("id" = i64, Path)), responses((status = 200, body = Feed)))]
pub async fn refresh(State(app): State<App>, Id(id): Id) -> Result<Json<Feed>, Failure> {
    Ok(Json(subscriptions::refresh(&app, id.into()).await?.into()))
}

impl From<feed::Feed> for Feed {
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
            health: FeedHealth {
                state: feed.health.state,
                message: feed.health.message,
                remedy: feed.health.remedy,
                failures: feed.health.failures,
            },
        }
    }
}

impl From<FeedCandidate> for Candidate {
    fn from(candidate: FeedCandidate) -> Self {
        Self { url: candidate.url, title: candidate.title, items: candidate.items }
    }
}
