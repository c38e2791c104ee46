//! Model servers.

use super::{
    error::ApiError,
    extract::{JsonBody, PathId},
};
use crate::{
    domain::{
        ids::ServerId,
        model_server::{ServerStatus, ServerTest},
    },
    server::{
        services::servers::{self, ServerForm},
        state::App,
    },
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A model server. Its token is never part of an answer.
#[derive(Serialize, ToSchema)]
pub struct ServerResponse {
    /// 1 is the Ollama of the settings.
    id: i64,
    name: String,
    /// `ollama` or `openai`.
    kind: String,
    address: String,
    /// The model to ask for; empty: the chosen one, or the only one that it offers.
    model: String,
    /// Requests that may be in flight.
    slots: i64,
    categorizes: bool,
    scores: bool,
    /// Whether text may leave private networks for it.
    consent: bool,
    has_token: bool,
    /// Whether the address is within private networks.
    is_private: bool,
    /// Why it is not used now; null: nothing is known against it.
    problem: Option<String>,
    in_flight: i64,
    /// Since the start of the process.
    answers: i64,
    /// Since the start of the process.
    failures: i64,
    tokens_per_second: Option<f64>,
    /// The response format: `json_schema`, `guided_json`, `json_object` or `plain`; null: not known yet.
    response_format: Option<String>,
}

/// A server to add, or all of a server changed.
#[derive(Deserialize, ToSchema)]
pub struct ServerRequest {
    name: String,
    /// `ollama` or `openai`; not read when a server is changed.
    #[serde(default)]
    kind: String,
    /// Not read for the Ollama of the settings.
    #[serde(default)]
    address: String,
    /// Missing: as before; empty: none.
    token: Option<String>,
    #[serde(default)]
    model: String,
    #[serde(default = "one_slot")]
    slots: i64,
    #[serde(default)]
    categorizes: bool,
    #[serde(default)]
    scores: bool,
    /// Wanted for an address outside of private networks.
    #[serde(default)]
    consent: bool,
}

/// What a test found.
#[derive(Serialize, ToSchema)]
pub struct ServerTestResponse {
    models: Vec<String>,
    /// The model that is asked for.
    model: String,
    /// Tokens, when the server tells.
    context_length: Option<i64>,
    response_format: Option<String>,
}

const fn one_slot() -> i64 {
    1
}

/// All servers, the Ollama of the settings first.
#[utoipa::path(get, path = "/api/servers", tag = "servers", responses((status = 200, body = Vec<ServerResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<ServerResponse>>, ApiError> {
    Ok(Json(servers::list(&app).await?.into_iter().map(Into::into).collect()))
}

/// Adds a server, which is used at once. 422 for an Ollama of kind `openai`.
#[utoipa::path(post, path = "/api/servers", tag = "servers", request_body = ServerRequest, responses((status = 201, body = ServerResponse)))]
pub async fn create(
    State(app): State<App>,
    JsonBody(new): JsonBody<ServerRequest>,
) -> Result<(StatusCode, Json<ServerResponse>), ApiError> {
    Ok((StatusCode::CREATED, Json(servers::add(&app, new.into()).await?.into())))
}

/// Changes a server; what a field does not say is as for a new one, except the token.
#[utoipa::path(
    put, path = "/api/servers/{id}", tag = "servers", params(("id" = i64, Path)), request_body = ServerRequest,
    responses((status = 200, body = ServerResponse)),
)]
pub async fn update(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(changed): JsonBody<ServerRequest>,
) -> Result<Json<ServerResponse>, ApiError> {
    Ok(Json(servers::update(&app, ServerId(id), changed.into()).await?.into()))
}

/// Removes a server. 409 for the Ollama of the settings.
#[utoipa::path(delete, path = "/api/servers/{id}", tag = "servers", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    servers::remove(&app, ServerId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks a server for its models and one harmless question. 503 when it does not answer or lacks the model.
#[utoipa::path(
    post, path = "/api/servers/{id}/test", tag = "servers", params(("id" = i64, Path)),
    responses((status = 200, body = ServerTestResponse)),
)]
pub async fn test(State(app): State<App>, PathId(id): PathId) -> Result<Json<ServerTestResponse>, ApiError> {
    Ok(Json(servers::test(&app, ServerId(id)).await?.into()))
}

impl From<ServerStatus> for ServerResponse {
    fn from(status: ServerStatus) -> Self {
        let settings = status.settings;
        Self {
            id: settings.id.0,
            name: settings.name,
            kind: settings.kind.as_str().to_owned(),
            address: settings.address,
            model: settings.model,
            slots: settings.slots,
            categorizes: settings.categorizes,
            scores: settings.scores,
            consent: settings.has_consent,
            has_token: settings.has_token,
            is_private: status.is_private,
            problem: status.problem,
            in_flight: status.in_flight,
            answers: status.answers,
            failures: status.failures,
            tokens_per_second: status.tokens_per_second,
            response_format: status.response_format,
        }
    }
}

impl From<ServerTest> for ServerTestResponse {
    fn from(found: ServerTest) -> Self {
        let ServerTest { models, model, context_length, response_format } = found;
        Self { models, model, context_length, response_format }
    }
}

impl From<ServerRequest> for ServerForm {
    fn from(request: ServerRequest) -> Self {
        let ServerRequest { name, kind, address, token, model, slots, categorizes, scores, consent } = request;
        Self { name, kind, address, token, model, slots: slots.to_string(), categorizes, scores, consent }
    }
}
