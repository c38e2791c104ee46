//! Names that models suggested for categories.

use crate::server::http::json::{
    categories::{CategoryResponse, MergeCategoryRequest},
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::category_suggestion::CategorySuggestion,
    server::{services::category_suggestions, state::App},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A name that models suggested for a category.
#[derive(Serialize, ToSchema)]
pub struct CategorySuggestionResponse {
    id: i64,
    name: String,
    /// The top-level category it belongs below, as the model says.
    parent_id: Option<i64>,
    article_count: i64,
    feed_count: i64,
    /// The newest articles that it was suggested for, at most three.
    examples: Vec<SuggestionExampleJson>,
}

/// An article that a name was suggested for.
#[derive(Serialize, ToSchema)]
pub struct SuggestionExampleJson {
    id: i64,
    title: String,
}

/// Names that models suggested and that are no categories yet, those with the most articles first.
#[utoipa::path(get, path = "/api/categories/suggestions", tag = "reading", responses((status = 200, body = Vec<CategorySuggestionResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<CategorySuggestionResponse>>, ApiError> {
    Ok(Json(category_suggestions::list(&app).await?.into_iter().map(Into::into).collect()))
}

/// Makes a category of a suggestion; its articles get it.
#[utoipa::path(
    post, path = "/api/categories/suggestions/{id}/accept", tag = "reading", params(("id" = i64, Path)),
    responses((status = 200, body = CategoryResponse)),
)]
pub async fn accept(State(app): State<App>, PathId(id): PathId) -> Result<Json<CategoryResponse>, ApiError> {
    Ok(Json(category_suggestions::accept(&app, id).await?.into()))
}

/// Gives the articles of a suggestion to a category and leaves its name as an alias.
#[utoipa::path(
    post, path = "/api/categories/suggestions/{id}/merge", tag = "reading", params(("id" = i64, Path)),
    request_body = MergeCategoryRequest, responses((status = 200, body = CategoryResponse)),
)]
pub async fn merge(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(target): JsonBody<MergeCategoryRequest>,
) -> Result<Json<CategoryResponse>, ApiError> {
    Ok(Json(category_suggestions::merge(&app, id, target.into.into()).await?.into()))
}

/// Refuses a suggestion for good: the name is not suggested again.
#[utoipa::path(
    post, path = "/api/categories/suggestions/{id}/refuse", tag = "reading", params(("id" = i64, Path)),
    responses((status = 204, description = "Refused.")),
)]
pub async fn refuse(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    category_suggestions::refuse(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<CategorySuggestion> for CategorySuggestionResponse {
    fn from(suggestion: CategorySuggestion) -> Self {
        let examples = suggestion.examples.into_iter();
        Self {
            id: suggestion.id,
            name: suggestion.name,
            parent_id: suggestion.parent_id.map(|parent| parent.0),
            article_count: suggestion.article_count,
            feed_count: suggestion.feed_count,
            examples: examples.map(|e| SuggestionExampleJson { id: e.id.0, title: e.title }).collect(),
        }
    }
}
