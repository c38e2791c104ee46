//! Saved searches.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::{
        outgoing_feed::{OutgoingFeed, OutgoingFormat},
        saved_search::SavedSearch,
        search::HitCount,
    },
    server::{
        http::access::current::RequestSite,
        services::{
            outgoing_feeds,
            saved_searches::{self, SavedSearchChanges},
        },
        state::App,
    },
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A query that was saved under a name.
#[derive(Serialize, ToSchema)]
pub struct SavedSearchResponse {
    id: i64,
    name: String,
    /// The query as it was typed.
    query: String,
    /// Unread articles that it finds, counted at most a minute ago, up to 999.
    unread: i64,
    /// Whether there may be more unread articles than `unread`.
    has_more_unread: bool,
}

/// A name and a query.
#[derive(Deserialize, ToSchema)]
pub struct SavedSearchRequest {
    /// At most 60 characters; no other saved search has it.
    name: String,
    /// A query of the query language, at most 500 characters; 422 when a part of it is not understood.
    query: String,
}

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub struct SavedSearchUpdateRequest {
    /// At most 60 characters; no other saved search has it.
    name: Option<String>,
    /// A query of the query language, at most 500 characters; 422 when a part of it is not understood.
    query: Option<String>,
    /// The place among the saved searches, from 1.
    position: Option<i64>,
}

/// All saved searches in their order.
#[utoipa::path(get, path = "/api/searches", tag = "reading", responses((status = 200, body = Vec<SavedSearchResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<SavedSearchResponse>>, ApiError> {
    Ok(Json(saved_searches::list(&app).await?.into_iter().map(Into::into).collect()))
}

/// Saves a search, as the last one.
#[utoipa::path(post, path = "/api/searches", tag = "reading", request_body = SavedSearchRequest, responses((status = 201, body = SavedSearchResponse)))]
pub async fn create(
    State(app): State<App>,
    JsonBody(new): JsonBody<SavedSearchRequest>,
) -> Result<(StatusCode, Json<SavedSearchResponse>), ApiError> {
    Ok((StatusCode::CREATED, Json(saved_searches::create(&app, &new.name, &new.query).await?.into())))
}

/// Changes or moves a saved search.
#[utoipa::path(
    patch, path = "/api/searches/{id}", tag = "reading", params(("id" = i64, Path)), request_body = SavedSearchUpdateRequest,
    responses((status = 200, body = SavedSearchResponse)),
)]
pub async fn update(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(changed): JsonBody<SavedSearchUpdateRequest>,
) -> Result<Json<SavedSearchResponse>, ApiError> {
    let SavedSearchUpdateRequest { name, query, position } = changed;
    let changes = SavedSearchChanges { name, query, position };
    Ok(Json(saved_searches::update(&app, id.into(), changes).await?.into()))
}

/// Removes a saved search; its articles stay.
#[utoipa::path(delete, path = "/api/searches/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    saved_searches::remove(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The addresses of the outgoing feed of a saved search. Each holds the secret of the feed.
#[derive(Serialize, ToSchema)]
pub struct OutgoingFeedResponse {
    atom: String,
    /// JSON Feed 1.1, with score and reason as `_gleaner`.
    json: String,
    rss: String,
    /// The feeds that the articles come from.
    opml: String,
}

/// Shows the addresses of the outgoing feed of a saved search.
#[utoipa::path(
    get, path = "/api/searches/{id}/feed", tag = "reading", params(("id" = i64, Path)),
    responses((status = 200, body = OutgoingFeedResponse)),
)]
pub async fn show_feed(
    State(app): State<App>,
    PathId(id): PathId,
    site: RequestSite,
) -> Result<Json<OutgoingFeedResponse>, ApiError> {
    Ok(Json(outgoing_feeds::load(&app, id.into(), site.as_requested()).await?.into()))
}

/// Gives a saved search an outgoing feed, or its feed new addresses; the earlier ones no longer work.
#[utoipa::path(
    put, path = "/api/searches/{id}/feed", tag = "reading", params(("id" = i64, Path)),
    responses((status = 200, body = OutgoingFeedResponse)),
)]
pub async fn renew_feed(
    State(app): State<App>,
    PathId(id): PathId,
    site: RequestSite,
) -> Result<Json<OutgoingFeedResponse>, ApiError> {
    Ok(Json(outgoing_feeds::renew(&app, id.into(), site.as_requested()).await?.into()))
}

/// Switches the outgoing feed of a saved search off.
#[utoipa::path(
    delete, path = "/api/searches/{id}/feed", tag = "reading", params(("id" = i64, Path)),
    responses((status = 204, description = "Switched off.")),
)]
pub async fn remove_feed(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    outgoing_feeds::switch_off(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<OutgoingFeed> for OutgoingFeedResponse {
    fn from(feed: OutgoingFeed) -> Self {
        Self {
            atom: feed.address_in(OutgoingFormat::Atom),
            json: feed.address_in(OutgoingFormat::Json),
            rss: feed.address_in(OutgoingFormat::Rss),
            opml: feed.address_in(OutgoingFormat::Opml),
        }
    }
}

impl From<SavedSearch> for SavedSearchResponse {
    fn from(search: SavedSearch) -> Self {
        Self {
            id: search.id.0,
            name: search.name,
            query: search.query,
            unread: search.unread.number(),
            has_more_unread: !matches!(search.unread, HitCount::Exactly(_)),
        }
    }
}
