//! The model registry: what is on record, and what the reader decides about it.

use super::variants::{VariantJson, VariantListResponse, parse_filter};
use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, QueryParams},
};
use crate::{
    domain::registry::{
        BackfillReport, BackfilledField, FieldChange, ModelRole, RegistryImportReport, SkippedModel, VerifyReport,
        VerifyResult, VerifyStatus,
    },
    error::AppError,
    server::{
        services::registry::{self, ImportOptions, ImportSource, VerifySource},
        state::App,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A change to a variant; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct UpdateVariantRequest {
    /// Whether it is marked as not to be used; taking the mark away takes its reason away.
    deprecated: Option<bool>,
    /// Why; only with `deprecated` true.
    deprecated_reason: Option<String>,
    /// All of its roles: of `categorization`, `scoring`, `chat`, `embedding`.
    #[schema(value_type = Option<Vec<String>>)]
    roles: Option<Vec<ModelRole>>,
}

/// How to import the models that Ollama has.
#[derive(Deserialize, ToSchema)]
pub struct ImportRegistryRequest {
    /// Marks names that no model can have.
    deprecate_placeholders: Option<bool>,
    /// Only say what would change.
    dry_run: Option<bool>,
}

/// What an import changed, or would change.
#[derive(Serialize, ToSchema)]
pub struct ImportRegistryResponse {
    /// Where the list came from, in words.
    source: String,
    dry_run: bool,
    added: Vec<String>,
    changed: Vec<FieldChangeJson>,
    /// Newly missing.
    missing: Vec<String>,
    /// No longer missing.
    returned: Vec<String>,
    /// Placeholders that were marked.
    deprecated: Vec<String>,
    unchanged: i64,
    skipped: Vec<SkippedModelJson>,
}

/// One field of one variant, before and after.
#[derive(Serialize, ToSchema)]
struct FieldChangeJson {
    name: String,
    field: String,
    #[schema(value_type = Object, nullable)]
    old: Value,
    #[schema(value_type = Object, nullable)]
    new: Value,
}

/// A model that was left out, and why.
#[derive(Serialize, ToSchema)]
struct SkippedModelJson {
    identifier: String,
    reason: String,
}

/// Which variants to verify.
#[derive(Deserialize, ToSchema)]
pub struct VerifyVariantsRequest {
    /// By their names here or what Ollama calls them; absent or empty: all.
    names: Option<Vec<String>>,
}

/// Whether variants still match the registry.
#[derive(Serialize, ToSchema)]
pub struct VerifyVariantsResponse {
    /// What was compared with, in words; null when there was nothing.
    evidence: Option<String>,
    results: Vec<VerifyResultJson>,
}

/// The verdict on one variant.
#[derive(Serialize, ToSchema)]
struct VerifyResultJson {
    name: String,
    served_model_id: String,
    /// `ok`, `missing`, `changed` or `unverifiable`.
    #[schema(value_type = String, example = "ok")]
    verdict: VerifyStatus,
    /// Why, unless it is simply ok.
    note: Option<String>,
}

/// How to fill what variants lack.
#[derive(Deserialize, ToSchema)]
pub struct BackfillVariantsRequest {
    /// Only say what would be filled.
    dry_run: Option<bool>,
}

/// What was filled, or would be.
#[derive(Serialize, ToSchema)]
pub struct BackfillVariantsResponse {
    /// The folder of Ollama's files; null when there is none on the server's machine.
    store: Option<String>,
    dry_run: bool,
    filled: Vec<BackfilledFieldJson>,
    /// Variants without a missing field that could be filled.
    complete: i64,
    /// What was found in the folder and could not be used, in words.
    problems: Vec<String>,
}

/// A field that was filled, and from where.
#[derive(Serialize, ToSchema)]
struct BackfilledFieldJson {
    name: String,
    field: String,
    #[schema(value_type = Object, nullable)]
    new: Value,
    /// `store`, `served id` or `default`.
    from: String,
}

/// The variants of a filter.
#[utoipa::path(
    get, path = "/api/registry/variants", tag = "registry",
    params(
        ("role" = Option<String>, Query, description = "Only with this role."),
        ("backend" = Option<String>, Query, description = "Only served by this."),
        ("format" = Option<String>, Query, description = "`gguf` or `safetensors`."),
        ("deprecated" = Option<bool>, Query, description = "Deprecated ones too."),
        ("logical" = Option<bool>, Query, description = "Those without a file too."),
        ("sort" = Option<String>, Query, description = "`name` (default) or `size`, largest first."),
    ),
    responses((status = 200, body = VariantListResponse)),
)]
pub async fn list(State(app): State<App>, params: QueryParams) -> Result<Json<VariantListResponse>, ApiError> {
    Ok(Json(registry::list(&app, &parse_filter(&params)?).await?.into()))
}

/// One variant, by its name here or by what Ollama calls it; slashes in the name are written %2F.
#[utoipa::path(
    get, path = "/api/registry/variants/{name}", tag = "registry",
    params(("name" = String, Path, description = "The variant.")), responses((status = 200, body = VariantJson)),
)]
pub async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Json<VariantJson>, ApiError> {
    Ok(Json(registry::load_variant(&app, &name).await?.into()))
}

/// Marks a variant as deprecated, takes the mark away, or sets its roles.
#[utoipa::path(
    patch, path = "/api/registry/variants/{name}", tag = "registry",
    params(("name" = String, Path, description = "The variant.")), request_body = UpdateVariantRequest,
    responses((status = 200, body = VariantJson)),
)]
pub async fn update(
    State(app): State<App>,
    Path(name): Path<String>,
    JsonBody(change): JsonBody<UpdateVariantRequest>,
) -> Result<Json<VariantJson>, ApiError> {
    let UpdateVariantRequest { deprecated, deprecated_reason: reason, roles } = change;
    if reason.is_some() && deprecated != Some(true) {
        let message = "`deprecated_reason` goes only with `deprecated` true.";
        return Err(AppError::invalid(message).field("deprecated_reason").into());
    }
    let names = [name];
    match deprecated {
        Some(true) => drop(registry::deprecate(&app, &names, reason.as_deref(), false).await?),
        Some(false) => drop(registry::undeprecate(&app, &names, false).await?),
        None => {}
    }
    if let Some(roles) = roles {
        registry::set_roles(&app, &names[0], &roles, false).await?;
    }
    Ok(Json(registry::load_variant(&app, &names[0]).await?.into()))
}

/// Imports the models that Ollama has.
#[utoipa::path(
    post, path = "/api/registry/import", tag = "registry", request_body = ImportRegistryRequest,
    responses((status = 200, body = ImportRegistryResponse)),
)]
pub async fn import(
    State(app): State<App>,
    JsonBody(request): JsonBody<ImportRegistryRequest>,
) -> Result<Json<ImportRegistryResponse>, ApiError> {
    let options = ImportOptions {
        deprecate_placeholders: request.deprecate_placeholders.unwrap_or(false),
        dry_run: request.dry_run.unwrap_or(false),
    };
    Ok(Json(registry::import(&app, ImportSource::Ollama, options).await?.into()))
}

/// Compares variants with what Ollama, or its files on the server's machine, have now. Changes nothing.
#[utoipa::path(
    post, path = "/api/registry/verify", tag = "registry", request_body = VerifyVariantsRequest,
    responses((status = 200, body = VerifyVariantsResponse)),
)]
pub async fn verify(
    State(app): State<App>,
    JsonBody(request): JsonBody<VerifyVariantsRequest>,
) -> Result<Json<VerifyVariantsResponse>, ApiError> {
    Ok(Json(registry::verify(&app, &request.names.unwrap_or_default(), VerifySource::Now).await?.into()))
}

/// Fills what variants lack from Ollama's files on the server's machine.
#[utoipa::path(
    post, path = "/api/registry/backfill", tag = "registry", request_body = BackfillVariantsRequest,
    responses((status = 200, body = BackfillVariantsResponse)),
)]
pub async fn backfill(
    State(app): State<App>,
    JsonBody(request): JsonBody<BackfillVariantsRequest>,
) -> Result<Json<BackfillVariantsResponse>, ApiError> {
    Ok(Json(registry::backfill(&app, request.dry_run.unwrap_or(false)).await?.into()))
}

impl From<RegistryImportReport> for ImportRegistryResponse {
    fn from(report: RegistryImportReport) -> Self {
        let changed = |FieldChange { name, field, old, new }| FieldChangeJson { name, field, old, new };
        let skipped = |SkippedModel { identifier, reason }| SkippedModelJson { identifier, reason };
        Self {
            source: report.source,
            dry_run: report.dry_run,
            added: report.added,
            changed: report.changed.into_iter().map(changed).collect(),
            missing: report.missing,
            returned: report.returned,
            deprecated: report.deprecated,
            unchanged: report.unchanged,
            skipped: report.skipped.into_iter().map(skipped).collect(),
        }
    }
}

impl From<VerifyReport> for VerifyVariantsResponse {
    fn from(report: VerifyReport) -> Self {
        let result = |VerifyResult { name, served_model_id, verdict, note }| VerifyResultJson {
            name,
            served_model_id,
            verdict,
            note,
        };
        Self { evidence: report.evidence, results: report.results.into_iter().map(result).collect() }
    }
}

impl From<BackfillReport> for BackfillVariantsResponse {
    fn from(report: BackfillReport) -> Self {
        let filled = |BackfilledField { change: FieldChange { name, field, new, .. }, from }| BackfilledFieldJson {
            name,
            field,
            new,
            from,
        };
        Self {
            store: report.store,
            dry_run: report.dry_run,
            filled: report.filled.into_iter().map(filled).collect(),
            complete: report.complete,
            problems: report.problems,
        }
    }
}
