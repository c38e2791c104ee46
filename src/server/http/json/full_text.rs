//! The text of the page behind an article.

use crate::server::http::json::{
    articles::ArticleDetailResponse,
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::full_text::ShownText,
    server::{
        services::{full_text, reading},
        state::App,
    },
};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which text of an article is shown.
#[derive(Deserialize, ToSchema)]
pub struct ShowTextRequest {
    /// `feed` or `full`.
    #[schema(value_type = String, example = "feed")]
    shown: ShownText,
}

/// Fetches the page behind an article now; `full_text` tells how it went.
#[utoipa::path(
    post, path = "/api/articles/{id}/full-text", tag = "reading", params(("id" = i64, Path)),
    responses((status = 200, body = ArticleDetailResponse)),
)]
pub async fn fetch_full_text(
    State(app): State<App>,
    PathId(id): PathId,
) -> Result<Json<ArticleDetailResponse>, ApiError> {
    full_text::fetch_now(&app, id.into()).await?;
    Ok(Json(reading::load_article(&app, id.into()).await?.into()))
}

/// Chooses which text of an article is shown.
#[utoipa::path(
    patch, path = "/api/articles/{id}/full-text", tag = "reading", params(("id" = i64, Path)), request_body = ShowTextRequest,
    responses((status = 200, body = ArticleDetailResponse)),
)]
pub async fn show_text(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(choice): JsonBody<ShowTextRequest>,
) -> Result<Json<ArticleDetailResponse>, ApiError> {
    full_text::show_text(&app, id.into(), choice.shown).await?;
    Ok(Json(reading::load_article(&app, id.into()).await?.into()))
}
