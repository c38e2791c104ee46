//! Export of the registry as a document, and restore from it.

use super::{RegistryUpdate, update_registry};
use crate::{
    domain::registry::{FieldChange, Registry, Variant},
    error::AppError,
    server::{
        registry::{diff, export as document},
        state::App,
        storage::variants,
    },
};
use serde::Serialize;

/// The document; the same content gives the same bytes.
#[tracing::instrument(name = "registry.export.export", level = "debug", skip_all)]
pub async fn export(app: &App) -> Result<String, AppError> {
    render_document(&variants::load(&app.db.read).await?)
}

pub(super) fn render_document(registry: &Registry) -> Result<String, AppError> {
    document::render(registry).map_err(|cause| {
        tracing::error!(%cause, "the registry cannot be written as JSON");
        AppError::internal()
    })
}

/// What a document changed, or would change.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct RestoreReport {
    pub dry_run: bool,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<FieldChange>,
    pub unchanged: i64,
}

/// Puts the registry into the state of a document: what is not in it is removed. 422 says what is wrong with the document.
#[tracing::instrument(name = "registry.export.restore", level = "debug", skip_all)]
pub async fn restore(app: &App, label: &str, text: &str, dry_run: bool) -> Result<RestoreReport, AppError> {
    let wanted = document::parse(text).map_err(|error| {
        AppError::invalid(format!("{label} cannot be restored: {error}.")).hint("Nothing was changed.")
    })?;
    update_registry(app, dry_run, |registry| {
        let mut report = RestoreReport { dry_run, ..RestoreReport::default() };
        for next in &wanted {
            match find_by_name(&registry.variants, &next.name) {
                None => report.added.push(next.name.clone()),
                Some(old) if old == next => report.unchanged += 1,
                Some(old) => report.changed.extend(diff::diff_variants(old, next)),
            }
        }
        let gone = registry.variants.iter().filter(|v| find_by_name(&wanted, &v.name).is_none());
        report.removed = gone.map(|v| v.name.clone()).collect();
        let is_unchanged = report.added.is_empty() && report.removed.is_empty() && report.changed.is_empty();
        let writes = if is_unchanged {
            RegistryUpdate::default()
        } else {
            RegistryUpdate { put: wanted, replace_all: true, ..RegistryUpdate::default() }
        };
        Ok((writes, report))
    })
    .await
}

/// `variants` are sorted by name.
fn find_by_name<'a>(variants: &'a [Variant], name: &str) -> Option<&'a Variant> {
    variants.binary_search_by(|v| v.name.as_str().cmp(name)).ok().map(|at| &variants[at])
}
