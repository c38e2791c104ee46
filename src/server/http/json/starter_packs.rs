//! Well-known feeds by topic.

use crate::server::http::json::{error::ApiError, opml::OpmlImportResponse};
use crate::{
    domain::starter_pack::StarterPackOffer,
    server::{services::subscriptions, state::App},
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A list of feeds about one topic.
#[derive(Serialize, ToSchema)]
pub struct StarterPackResponse {
    #[schema(example = "science")]
    name: String,
    /// The topic, and the folder that its feeds come into.
    title: String,
    feeds: Vec<StarterFeedJson>,
}

/// A feed of a starter pack.
#[derive(Serialize, ToSchema)]
struct StarterFeedJson {
    title: String,
    url: String,
    is_subscribed: bool,
}

/// The starter packs, and which of their feeds are new.
#[utoipa::path(get, path = "/api/starter-packs", tag = "reading", responses((status = 200, body = [StarterPackResponse])))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<StarterPackResponse>>, ApiError> {
    let packs = subscriptions::list_starter_packs(&app).await?;
    Ok(Json(packs.into_iter().map(Into::into).collect()))
}

/// Subscribes to all feeds of a starter pack, as the import of an OPML document does.
#[utoipa::path(
    post, path = "/api/starter-packs/{name}", tag = "reading", params(("name" = String, Path)),
    responses((status = 200, body = OpmlImportResponse)),
)]
pub async fn add(State(app): State<App>, Path(name): Path<String>) -> Result<Json<OpmlImportResponse>, ApiError> {
    Ok(Json(subscriptions::add_starter_pack(&app, &name).await?.into()))
}

impl From<StarterPackOffer> for StarterPackResponse {
    fn from(pack: StarterPackOffer) -> Self {
        let feeds = pack.feeds.into_iter().map(|feed| StarterFeedJson {
            title: feed.title,
            url: feed.url,
            is_subscribed: feed.is_subscribed,
        });
        Self { name: pack.name, title: pack.title, feeds: feeds.collect() }
    }
}
