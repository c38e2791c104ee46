//! The queue and its worker.

use crate::domain::model_name::ModelName;
use crate::server::http::json::{error::ApiError, extract::JsonBody};
use crate::{
    domain::{
        answer_problem::{AnswerProblem, AnswerProblemKind},
        score::RescoreMode,
        scoring::{self, RescoreReport, RescoreScope, ScoringPhase, ScoringStep},
        vote,
    },
    error::AppError,
    server::{services, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The queue and the worker at one moment.
#[derive(Serialize, ToSchema)]
pub struct ScoringStatusResponse {
    counts: StateCountsJson,
    /// Whether the reader stopped it; what is with the model at that moment may finish.
    pub paused: bool,
    /// `idle`, `waiting`, `loading`, `categorizing`, `scoring` or `paused`.
    #[schema(value_type = String, example = "scoring")]
    phase: ScoringPhase,
    article_id: Option<i64>,
    #[schema(value_type = Option<String>)]
    model: Option<ModelName>,
    readiness: ScoringReadinessJson,
    articles_per_minute: Option<f64>,
    eta_seconds: Option<i64>,
    /// Models in use that give every article the same score or whose answers cannot be used.
    answer_problems: Vec<AnswerProblemJson>,
}

/// What is wrong with the last twenty answers of a model in use.
#[derive(Serialize, ToSchema)]
struct AnswerProblemJson {
    #[schema(value_type = String)]
    model: ModelName,
    /// `flat` (every article gets the same score) or `refusing` (more than 30 % of the answers cannot be used).
    #[schema(value_type = String, example = "flat")]
    kind: AnswerProblemKind,
    /// `categorize` or `score`.
    #[schema(value_type = String, example = "score")]
    step: ScoringStep,
    /// The interest of every article; null of the other kind.
    interest: Option<u8>,
    /// The quality of every article; null of the other kind.
    quality: Option<u8>,
    /// Unusable answers among the last twenty; null of the other kind.
    refused: Option<i64>,
    /// A model that may do better.
    #[schema(value_type = Option<String>)]
    suggestion: Option<ModelName>,
    message: String,
    /// What to do about it.
    hint: String,
}

/// Articles in each state.
#[derive(Serialize, ToSchema)]
struct StateCountsJson {
    unscored: i64,
    queued: i64,
    categorizing: i64,
    scoring: i64,
    scored: i64,
    blocked: i64,
    failed: i64,
}

/// Whether the model can take work, and why not.
#[derive(Serialize, ToSchema)]
struct ScoringReadinessJson {
    ready: bool,
    /// A word for programs.
    reason: Option<String>,
    /// The same for people.
    message: Option<String>,
}

/// What to score again.
#[derive(Deserialize, ToSchema)]
pub struct RescoreRequest {
    /// `unread`, `failed`, `feed` or `article`.
    #[schema(example = "unread")]
    scope: String,
    /// Which feed or article.
    id: Option<i64>,
    /// `full` or `score_only`; absent: what the settings changed since the last evaluation call for, and when nothing
    /// changed `full` for one article, `score_only` for many.
    mode: Option<String>,
    /// Only report what would be queued.
    dry_run: Option<bool>,
}

/// What was queued, or would be.
#[derive(Serialize, ToSchema)]
pub struct RescoreResponse {
    rescore_queued: i64,
    /// `full` or `score_only`.
    #[schema(value_type = String, example = "full")]
    rescore_mode: RescoreMode,
    estimate_seconds: Option<i64>,
}

/// Which articles are to keep the score they have.
#[derive(Deserialize, ToSchema)]
pub struct CancelRescoreRequest {
    /// The article; absent: all that wait to be scored again.
    id: Option<i64>,
}

/// How many left the queue.
#[derive(Serialize, ToSchema)]
pub struct CancelRescoreResponse {
    cancelled: i64,
}

/// How far the reader's votes and the scores agree; without articles that no model has scored.
#[derive(Serialize, ToSchema)]
pub struct AgreementResponse {
    up: i64,
    down: i64,
    /// Of all pairs of an article voted up and one voted down, the share in which the first has the higher score, 0–1; null
    /// until there are votes of both kinds.
    agreement: Option<f64>,
    /// The same by the scores as they were when the votes were cast.
    agreement_when_cast: Option<f64>,
    /// One for each point of the scale; empty before the first vote.
    columns: Vec<AgreementColumnJson>,
}

/// Votes on articles whose score is at least `from` and less than that of the next column.
#[derive(Serialize, ToSchema)]
struct AgreementColumnJson {
    from: i64,
    up: i64,
    down: i64,
}

/// How far votes and scores agree.
#[utoipa::path(get, path = "/api/scoring/agreement", tag = "scoring", responses((status = 200, body = AgreementResponse)))]
pub async fn show_agreement(State(app): State<App>) -> Result<Json<AgreementResponse>, ApiError> {
    Ok(Json(services::scoring::load_agreement(&app).await?.into()))
}

impl From<Option<vote::Agreement>> for AgreementResponse {
    fn from(found: Option<vote::Agreement>) -> Self {
        let none = vote::Agreement { up: 0, down: 0, current: None, when_cast: None, bins: Vec::new() };
        let vote::Agreement { up, down, current: now, when_cast: then, bins: columns } = found.unwrap_or(none);
        let columns = columns.into_iter().map(|vote::ScoreBin { min_score: from, up, down }| AgreementColumnJson {
            from,
            up,
            down,
        });
        Self { up, down, agreement: now, agreement_when_cast: then, columns: columns.collect() }
    }
}

/// The queue and the worker now.
#[utoipa::path(get, path = "/api/scoring/status", tag = "scoring", responses((status = 200, body = ScoringStatusResponse)))]
pub async fn show_status(State(app): State<App>) -> Result<Json<ScoringStatusResponse>, ApiError> {
    answer_status(&app, services::scoring::load_status(&app).await?).await
}

/// Puts articles into the queue to be scored again.
#[utoipa::path(
    post, path = "/api/scoring/rescore", tag = "scoring", request_body = RescoreRequest, responses((status = 200, body = RescoreResponse)),
)]
pub async fn rescore(
    State(app): State<App>,
    JsonBody(request): JsonBody<RescoreRequest>,
) -> Result<Json<RescoreResponse>, ApiError> {
    let mode = request.mode.as_deref().map(parse_mode).transpose()?;
    let report =
        services::scoring::rescore(&app, parse_scope(&request)?, mode, request.dry_run.unwrap_or(false)).await?;
    let RescoreReport { rescore_queued, rescore_mode, estimate_seconds } = report;
    Ok(Json(RescoreResponse { rescore_queued, rescore_mode, estimate_seconds }))
}

/// Takes articles that wait to be scored again out of the queue; they keep the score they have. What the model has begun goes on.
#[utoipa::path(
    post, path = "/api/scoring/rescore/cancel", tag = "scoring", request_body = CancelRescoreRequest,
    responses((status = 200, body = CancelRescoreResponse)),
)]
pub async fn cancel_rescore(
    State(app): State<App>,
    JsonBody(request): JsonBody<CancelRescoreRequest>,
) -> Result<Json<CancelRescoreResponse>, ApiError> {
    let cancelled = services::scoring::cancel_rescore(&app, request.id.map(Into::into)).await?;
    Ok(Json(CancelRescoreResponse { cancelled }))
}

/// Stops the worker after the call in flight; survives a restart.
#[utoipa::path(post, path = "/api/scoring/pause", tag = "scoring", responses((status = 200, body = ScoringStatusResponse)))]
pub async fn pause(State(app): State<App>) -> Result<Json<ScoringStatusResponse>, ApiError> {
    answer_status(&app, services::scoring::set_paused(&app, true).await?).await
}

/// Resumes the worker.
#[utoipa::path(post, path = "/api/scoring/resume", tag = "scoring", responses((status = 200, body = ScoringStatusResponse)))]
pub async fn resume(State(app): State<App>) -> Result<Json<ScoringStatusResponse>, ApiError> {
    answer_status(&app, services::scoring::set_paused(&app, false).await?).await
}

fn parse_mode(word: &str) -> Result<RescoreMode, AppError> {
    RescoreMode::parse(word).ok_or_else(|| AppError::invalid("`mode` is full or score_only.").field("mode"))
}

fn parse_scope(request: &RescoreRequest) -> Result<RescoreScope, AppError> {
    let id = || {
        request.id.ok_or_else(|| {
            AppError::invalid(format!("`id` is needed with the scope \"{}\".", request.scope)).field("id")
        })
    };
    match request.scope.as_str() {
        "unread" => Ok(RescoreScope::Unread),
        "failed" => Ok(RescoreScope::Failed),
        "feed" => Ok(RescoreScope::Feed(id()?.into())),
        "article" => Ok(RescoreScope::Article(id()?.into())),
        _ => Err(AppError::invalid("`scope` is one of unread, failed, feed, article.").field("scope")),
    }
}

async fn answer_status(app: &App, status: scoring::ScoringStatus) -> Result<Json<ScoringStatusResponse>, ApiError> {
    let problems = services::scoring::flat_models::find_problems(app).await?;
    let scoring::ArticleStateCounts { unscored, queued, categorizing, scoring, scored, blocked, failed } =
        status.counts;
    let scoring::ScoringReadiness { ready, reason, message } = status.readiness;
    Ok(Json(ScoringStatusResponse {
        counts: StateCountsJson { unscored, queued, categorizing, scoring, scored, blocked, failed },
        phase: status.phase,
        paused: status.paused,
        article_id: status.article_id.map(|id| id.0),
        model: status.model,
        readiness: ScoringReadinessJson { ready, reason, message },
        articles_per_minute: status.articles_per_minute,
        eta_seconds: status.eta_seconds,
        answer_problems: problems.into_iter().map(Into::into).collect(),
    }))
}

impl From<AnswerProblem> for AnswerProblemJson {
    fn from(problem: AnswerProblem) -> Self {
        Self {
            message: problem.message(),
            hint: problem.remedy(),
            model: problem.model,
            kind: problem.kind,
            step: problem.step,
            interest: problem.score.map(|score| score.interest),
            quality: problem.score.map(|score| score.quality),
            refused: problem.refused,
            suggestion: problem.suggestion,
        }
    }
}
