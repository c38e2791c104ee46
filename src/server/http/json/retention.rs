//! Retention: rules that remove articles.

use crate::server::http::json::{error::ApiError, example_article::ExampleArticleJson, extract::JsonBody};
use crate::{
    domain::{
        retention::{RetentionOverview, RetentionPreview, RetentionRun},
        time::Timestamp,
    },
    server::{services::retention, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules, and what came of them.
#[derive(Serialize, ToSchema)]
pub struct RetentionResponse {
    /// Queries of the query language: an article that one of them finds is removed. Without any nothing is.
    #[schema(example = json!(["is:read date:>90d -is:starred vote:none -score:>=8"]))]
    rules: Vec<String>,
    /// The last run; null before the first.
    last_run: Option<RetentionRunResponse>,
    /// Whether a run goes on in the server.
    running: bool,
    /// The size of the database file.
    file_bytes: i64,
    /// Bytes of it that are not used; new articles go there.
    free_bytes: i64,
    /// Whether a run gives unused bytes back to the disk.
    returns_space: bool,
}

/// A run of the rules.
#[derive(Serialize, ToSchema)]
pub struct RetentionRunResponse {
    #[schema(value_type = String, format = DateTime)]
    began_at: Timestamp,
    /// Null while it goes on, and when it was interrupted.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Number of articles that it removed.
    articles: i64,
    /// Bytes of their texts.
    bytes: i64,
    /// Why rules were left out.
    problem: Option<String>,
}

/// Rules in place of those there are.
#[derive(Deserialize, ToSchema)]
pub struct SaveRetentionRequest {
    /// At most 10 queries, each understood whole; none switches retention off.
    rules: Vec<String>,
}

/// The rules to try.
#[derive(Deserialize, ToSchema)]
pub struct TestRetentionRequest {
    /// Absent: those that are saved.
    rules: Option<Vec<String>>,
}

/// What a run would remove now.
#[derive(Serialize, ToSchema)]
pub struct RetentionPreviewResponse {
    /// Number of articles.
    articles: i64,
    /// Bytes of their texts.
    bytes: i64,
    /// The ten oldest.
    examples: Vec<ExampleArticleJson>,
}

/// The rules, the last run, and the space of the database file.
#[utoipa::path(get, path = "/api/retention", tag = "reading", responses((status = 200, body = RetentionResponse)))]
pub async fn show(State(app): State<App>) -> Result<Json<RetentionResponse>, ApiError> {
    Ok(Json(retention::load(&app).await?.into()))
}

/// Saves rules in place of those there are; they run once a day.
#[utoipa::path(
    put, path = "/api/retention", tag = "reading", request_body = SaveRetentionRequest,
    responses(
        (status = 200, body = RetentionResponse),
        (status = 422, description = "A query is not understood whole, or has no condition.", body = crate::server::http::json::error::ErrorResponse),
    ),
)]
pub async fn save(
    State(app): State<App>,
    JsonBody(new): JsonBody<SaveRetentionRequest>,
) -> Result<Json<RetentionResponse>, ApiError> {
    Ok(Json(retention::save(&app, &new.rules).await?.into()))
}

/// Counts what a run would remove now. Nothing is removed.
#[utoipa::path(
    post, path = "/api/retention/test", tag = "reading", request_body = TestRetentionRequest,
    responses(
        (status = 200, body = RetentionPreviewResponse),
        (status = 409, description = "There are no rules.", body = crate::server::http::json::error::ErrorResponse),
    ),
)]
pub async fn test(
    State(app): State<App>,
    JsonBody(request): JsonBody<TestRetentionRequest>,
) -> Result<Json<RetentionPreviewResponse>, ApiError> {
    Ok(Json(retention::preview(&app, request.rules.as_deref()).await?.into()))
}

/// Removes what the rules find now. Answers at the end of the run, which goes on when the caller goes away.
#[utoipa::path(
    post, path = "/api/retention/run", tag = "reading",
    responses(
        (status = 200, body = RetentionRunResponse),
        (status = 409, description = "There are no rules, or a run goes on.", body = crate::server::http::json::error::ErrorResponse),
    ),
)]
pub async fn run(State(app): State<App>) -> Result<Json<RetentionRunResponse>, ApiError> {
    Ok(Json(retention::run(&app).await?.into()))
}

impl From<RetentionOverview> for RetentionResponse {
    fn from(overview: RetentionOverview) -> Self {
        Self {
            rules: overview.rules,
            last_run: overview.last_run.map(Into::into),
            running: overview.is_running,
            file_bytes: overview.space.bytes,
            free_bytes: overview.space.free_bytes,
            returns_space: overview.space.is_returned,
        }
    }
}

impl From<RetentionRun> for RetentionRunResponse {
    fn from(run: RetentionRun) -> Self {
        Self {
            began_at: run.began_at,
            ended_at: run.ended_at,
            articles: run.removed.articles,
            bytes: run.removed.bytes,
            problem: run.problem,
        }
    }
}

impl From<RetentionPreview> for RetentionPreviewResponse {
    fn from(preview: RetentionPreview) -> Self {
        let examples = preview.examples.into_iter().map(Into::into).collect();
        Self { articles: preview.totals.articles, bytes: preview.totals.bytes, examples }
    }
}
