//! Categories and their weights.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId, nullable},
};
use crate::{
    domain::{
        category::{self, CategoryChange, CategoryWeight},
        ids::CategoryId,
    },
    error::AppError,
    server::{services::categories, state::App},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A category of either level.
#[derive(Serialize, ToSchema)]
pub struct CategoryResponse {
    id: i64,
    name: String,
    slug: String,
    parent_id: Option<i64>,
    /// `block`, `reduce`, `normal`, `boost` or `max`; null takes the parent's.
    #[schema(value_type = Option<String>, example = "boost")]
    weight: Option<CategoryWeight>,
    /// Its own weight, else the parent's, else `normal`.
    #[schema(value_type = String, example = "boost")]
    effective_weight: CategoryWeight,
    /// Never offered to the model.
    hidden: bool,
    /// Suggested by the model and not yet looked at.
    is_new: bool,
    article_count: i64,
}

/// A category to make.
#[derive(Deserialize, ToSchema)]
pub struct CreateCategoryRequest {
    name: String,
    parent_id: Option<i64>,
}

/// A change to a category; what is absent stays, null clears.
#[derive(Deserialize, ToSchema)]
pub struct UpdateCategoryRequest {
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    parent_id: Option<Option<i64>>,
    /// `block`, `reduce`, `normal`, `boost`, `max`, or null for the parent's.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    weight: Option<Option<String>>,
    hidden: Option<bool>,
}

/// Where a category goes.
#[derive(Deserialize, ToSchema)]
pub struct MergeCategoryRequest {
    pub(super) into: i64,
}

/// All categories: parents by name, each followed by its children.
#[utoipa::path(get, path = "/api/categories", tag = "reading", responses((status = 200, body = Vec<CategoryResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<CategoryResponse>>, ApiError> {
    Ok(Json(categories::list(&app).await?.into_iter().map(Into::into).collect()))
}

/// Makes a category.
#[utoipa::path(post, path = "/api/categories", tag = "reading", request_body = CreateCategoryRequest, responses((status = 201, body = CategoryResponse)))]
pub async fn create(
    State(app): State<App>,
    JsonBody(new): JsonBody<CreateCategoryRequest>,
) -> Result<(StatusCode, Json<CategoryResponse>), ApiError> {
    let made = categories::create(&app, &new.name, new.parent_id.map(CategoryId)).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Renames, moves, weighs or hides a category; a changed weight re-ranks at once.
#[utoipa::path(
    patch, path = "/api/categories/{id}", tag = "reading", params(("id" = i64, Path)), request_body = UpdateCategoryRequest,
    responses((status = 200, body = CategoryResponse)),
)]
pub async fn update(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(patch): JsonBody<UpdateCategoryRequest>,
) -> Result<Json<CategoryResponse>, ApiError> {
    let change = CategoryChange {
        name: patch.name,
        parent_id: patch.parent_id.map(|parent| parent.map(CategoryId)),
        weight: patch.weight.map(|word| word.as_deref().map(parse_weight).transpose()).transpose()?,
        hidden: patch.hidden,
    };
    Ok(Json(categories::update(&app, id.into(), change).await?.into()))
}

/// Removes a category; its articles lose the label.
#[utoipa::path(delete, path = "/api/categories/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    categories::delete(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Marks the categories that the model suggested as seen.
#[utoipa::path(post, path = "/api/categories/acknowledge", tag = "reading", responses((status = 204, description = "Marked as seen.")))]
pub async fn acknowledge(State(app): State<App>) -> Result<StatusCode, ApiError> {
    categories::acknowledge_new(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Moves the articles and children of a category to another one and leaves its name as an alias.
#[utoipa::path(
    post, path = "/api/categories/{id}/merge", tag = "reading", params(("id" = i64, Path)), request_body = MergeCategoryRequest,
    responses((status = 200, body = CategoryResponse)),
)]
pub async fn merge(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(target): JsonBody<MergeCategoryRequest>,
) -> Result<Json<CategoryResponse>, ApiError> {
    Ok(Json(categories::merge(&app, id.into(), target.into.into()).await?.into()))
}

fn parse_weight(word: &str) -> Result<CategoryWeight, AppError> {
    let names: Vec<&str> = CategoryWeight::ALL.iter().map(|weight| weight.as_str()).collect();
    CategoryWeight::parse(word)
        .ok_or_else(|| AppError::invalid(format!("`weight` is one of {}, or null.", names.join(", "))).field("weight"))
}

impl From<category::Category> for CategoryResponse {
    fn from(category: category::Category) -> Self {
        Self {
            id: category.id.0,
            name: category.name,
            slug: category.slug,
            parent_id: category.parent_id.map(|parent| parent.0),
            weight: category.weight,
            effective_weight: category.effective_weight,
            hidden: category.hidden,
            is_new: category.is_new,
            article_count: category.article_count,
        }
    }
}
