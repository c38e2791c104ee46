//! Import of Ollama's list of models: on request, and after every poll.

use super::{RegistryUpdate, local_store::read_local_store, update_registry};
use crate::{
    domain::{
        model_name::ModelName,
        registry::{ModelFormat, RegistryImportReport, SkippedModel},
    },
    error::{AppError, ErrorKind},
    server::{
        models::ollama::{
            address, error_message,
            program::{self, OllamaProgramError},
            wire::InstalledModel,
        },
        registry::{
            backfill_plan, import_plan, list_table,
            listed_model::{self, ListedModel, ListedSize},
        },
        state::App,
        storage::variants,
    },
};
use serde_json::Value;

/// Where the list is taken from.
#[derive(Clone, Debug)]
pub enum ImportSource {
    /// The API; when that cannot be reached, the `ollama` program.
    Ollama,
    /// A saved `/api/tags` answer or a table of `ollama list`.
    Document {
        /// What to call it in messages.
        label: String,
        /// The document.
        text: String,
    },
}

/// Options of an import.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Marks placeholders as deprecated.
    pub deprecate_placeholders: bool,
    /// Only report what would change.
    pub dry_run: bool,
}

/// Rows that can be used, and those that cannot.
#[derive(Debug, Default)]
struct ListedModels {
    source: String,
    listed: Vec<ListedModel>,
    skipped: Vec<SkippedModel>,
}

/// Imports. Variants that Ollama no longer has are kept and marked; nothing is loaded into memory. 503 when Ollama cannot be
/// reached in any way, 422 for a document that is not a list of models.
#[tracing::instrument(name = "registry.import.import", level = "debug", skip_all)]
pub async fn import(app: &App, source: ImportSource, options: ImportOptions) -> Result<RegistryImportReport, AppError> {
    let rows = match source {
        ImportSource::Ollama => list_from_ollama(app).await?,
        ImportSource::Document { label, text } => parse_document(label, &text)?,
    };
    let now = app.clock.now();
    update_registry(app, options.dry_run, |registry| {
        let plan = import_plan::plan(registry, rows.listed, options.deprecate_placeholders, now);
        let report = RegistryImportReport {
            source: rows.source,
            dry_run: options.dry_run,
            skipped: rows.skipped,
            ..plan.report
        };
        Ok((RegistryUpdate { put: plan.writes, imported: Some(now), ..RegistryUpdate::default() }, report))
    })
    .await
}

/// Updates the registry with the list that a poll found: what was pulled, deleted or changed, by Gleaner or by another program.
/// Writes only what differs, and nothing when the database is read-only; path and size of new content come from the store when
/// Ollama runs on this machine.
#[tracing::instrument(name = "registry.import.import_polled_list", level = "debug", skip_all)]
pub async fn import_polled_list(app: &App, installed: &[InstalledModel]) -> Result<(), AppError> {
    if !app.db.keeps_changes() {
        return Ok(());
    }
    let listed = to_listed_models(String::new(), installed.to_vec()).listed;
    let now = app.clock.now();
    let known = variants::load(&app.db.read).await?;
    if import_plan::plan(&known, listed.clone(), false, now).writes.is_empty() {
        return Ok(());
    }
    let store = if address::is_loopback(&app.config.ollama.host) { read_local_store(app).await } else { None };
    update_registry(app, false, |registry| {
        let mut put = import_plan::plan(registry, listed, false, now).writes;
        if let Some(store) = &store {
            backfill_plan::fill_all_from_store(&mut put, store);
        }
        let names: Vec<_> = put.iter().map(|variant| variant.name.as_str()).collect();
        tracing::info!(variants = names.join(", "), "the registry was updated from Ollama's list");
        Ok((RegistryUpdate { put, imported: Some(now), ..RegistryUpdate::default() }, ()))
    })
    .await
}

async fn list_from_ollama(app: &App) -> Result<ListedModels, AppError> {
    let host = app.ollama.host();
    let error = match app.ollama.list_installed().await {
        Ok(tags) => return Ok(to_listed_models(format!("Ollama at {host}"), tags)),
        Err(error) => error_message::to_app_error(&error, &host),
    };
    if error.kind != ErrorKind::Unavailable {
        return Err(error);
    }
    match program::list(&app.config.ollama.host).await {
        Ok(text) => parse_document("the `ollama` program".to_owned(), &text),
        Err(why) => {
            let message = match why {
                OllamaProgramError::NotInstalled => {
                    format!("{} There is no `ollama` program on the PATH either.", error.message)
                }
                why => format!("{} `ollama list` failed too: {why}.", error.message),
            };
            Err(AppError::new(ErrorKind::Unavailable, message).hint(
                "Start Ollama, or give a saved list: gleaner models import --from FILE (`-` reads what is piped in).",
            ))
        }
    }
}

fn parse_document(label: String, text: &str) -> Result<ListedModels, AppError> {
    let text = text.trim_start_matches('\u{feff}');
    let refused = |reason: String| {
        AppError::invalid(format!("{label} cannot be imported: {reason}.")).hint(
            "It takes an answer of Ollama's /api/tags, or the table that `ollama list` prints. Nothing was changed.",
        )
    };
    if !text.trim_start().starts_with(['{', '[']) {
        let listed = list_table::parse(text).map_err(|error| refused(error.to_string()))?;
        return Ok(ListedModels { source: format!("{label}, a table of `ollama list`"), listed, skipped: Vec::new() });
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        refused(format!("line {}, column {}: {reason}", error.line(), error.column()))
    })?;
    let models = match value {
        Value::Array(models) => models,
        Value::Object(mut answer) => match answer.remove("models") {
            Some(Value::Array(models)) => models,
            // What Ollama's own encoder makes of an empty list.
            Some(Value::Null) => Vec::new(),
            _ => return Err(refused("line 1: there is no list “models” in it".to_owned())),
        },
        _ => return Err(refused("line 1: it is neither an answer nor a table".to_owned())),
    };
    let tags = models.into_iter().map(|row| serde_json::from_value(row).unwrap_or_default()).collect();
    Ok(to_listed_models(label, tags))
}

fn to_listed_models(source: String, tags: Vec<InstalledModel>) -> ListedModels {
    let mut rows = ListedModels { source, ..ListedModels::default() };
    for tag in tags {
        match ListedModel::named(tag.name.as_str()) {
            Ok(named) => rows.listed.push(to_listed_model(named, tag)),
            Err(_) if tag.name.is_empty() => {
                rows.skipped.push(SkippedModel {
                    identifier: tag.name.to_string(),
                    reason: "an entry without a name".to_owned(),
                });
            }
            Err(reason) => {
                rows.skipped.push(SkippedModel { identifier: tag.name.to_string(), reason: reason.to_string() })
            }
        }
    }
    rows
}

fn to_listed_model(named: ListedModel, tag: InstalledModel) -> ListedModel {
    let is_cloud = named.is_cloud || tag.is_cloud();
    ListedModel {
        digest: listed_model::parse_digest(&tag.digest),
        // The size of a cloud model is that of its stub.
        size: (tag.size > 0 && !is_cloud).then_some(ListedSize::Exact(tag.size)),
        format: ModelFormat::parse(&tag.details.format.to_ascii_lowercase()),
        quantization: listed_model::known_or_none(&tag.details.quantization_level),
        architecture: listed_model::known_or_none(&tag.details.family),
        parameter_size: listed_model::known_or_none(&tag.details.parameter_size),
        context_length: tag.details.context_length.filter(|tokens| *tokens > 0),
        capabilities: (!tag.capabilities.is_empty()).then_some(tag.capabilities),
        is_cloud,
        ..named
    }
}

/// The digests of a list by their models' keys; what `verify` compares with.
pub(super) fn digests_by_key<'a>(
    tags: impl Iterator<Item = (&'a str, &'a str)>,
) -> std::collections::HashMap<String, String> {
    tags.filter_map(|(name, digest)| {
        Some((ModelName::parse(name).ok()?.key(), listed_model::parse_digest(digest).unwrap_or_default()))
    })
    .collect()
}
