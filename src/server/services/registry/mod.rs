//! The model registry: the recorded model variants and the owner's decisions about them. Data of Ollama and of its store is
//! recorded by [`mod@import`] and [`maintenance`], and after every poll.

mod export;
mod import;
mod local_store;
mod maintenance;
mod roles;

pub use crate::server::services::registry::export::{export, restore};
pub use crate::server::services::registry::maintenance::{VerifySource, backfill, normalize, verify};
pub use import::{ImportOptions, ImportSource, import, import_polled_list};
pub use roles::{RoleAssignment, list_roles, select_variant, set_roles};

use crate::{
    domain::{
        registry::{FieldChange, Registry, Variant, VariantFilter, VariantList},
        time::Timestamp,
    },
    error::AppError,
    server::{
        registry::{diff, lookup, placeholder},
        state::App,
        storage::variants,
    },
};

/// The variants that `filter` asks for.
#[tracing::instrument(name = "registry.list", level = "debug", skip_all)]
pub async fn list(app: &App, filter: &VariantFilter) -> Result<VariantList, AppError> {
    Ok(VariantList::filtered(variants::load(&app.db.read).await?.variants, filter))
}

/// One variant, by its name here or by what Ollama calls it; its `last_seen` counts the imports that changed nothing. 404
/// suggests the nearest name.
#[tracing::instrument(name = "registry.load_variant", level = "debug", skip_all)]
pub async fn load_variant(app: &App, typed: &str) -> Result<Variant, AppError> {
    let registry = variants::load(&app.db.read).await?;
    let mut variant = find_variant(&registry.variants, typed)?.clone();
    if variant.missing_since.is_none() {
        variant.last_seen = registry.last_import.map_or(variant.last_seen, |seen| seen.max(variant.last_seen));
    }
    Ok(variant)
}

/// Marks variants as not to be used; no import removes the mark. Without a reason an earlier one stays.
#[tracing::instrument(name = "registry.deprecate", level = "debug", skip_all)]
pub async fn deprecate(
    app: &App,
    typed: &[String],
    reason: Option<&str>,
    dry_run: bool,
) -> Result<Vec<FieldChange>, AppError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    edit_variants(app, typed, dry_run, |variant| {
        variant.deprecated = true;
        if let Some(reason) = reason {
            variant.deprecated_reason = Some(reason.to_owned());
        }
    })
    .await
}

/// Removes the mark and its reason.
#[tracing::instrument(name = "registry.undeprecate", level = "debug", skip_all)]
pub async fn undeprecate(app: &App, typed: &[String], dry_run: bool) -> Result<Vec<FieldChange>, AppError> {
    edit_variants(app, typed, dry_run, |variant| (variant.deprecated, variant.deprecated_reason) = (false, None)).await
}

/// Removes deprecated rows, or only the placeholders among them; never a file of a model. Returns their names.
#[tracing::instrument(name = "registry.purge_deprecated", level = "debug", skip_all)]
pub async fn purge_deprecated(app: &App, placeholders_only: bool, dry_run: bool) -> Result<Vec<String>, AppError> {
    update_registry(app, dry_run, |registry| {
        let is_removed = |v: &&Variant| v.deprecated && (!placeholders_only || placeholder::is_placeholder(&v.name));
        let names: Vec<String> = registry.variants.iter().filter(is_removed).map(|v| v.name.clone()).collect();
        Ok((RegistryUpdate { remove: names.clone(), ..RegistryUpdate::default() }, names))
    })
    .await
}

/// Rows to write and to remove.
#[derive(Debug, Default)]
struct RegistryUpdate {
    put: Vec<Variant>,
    remove: Vec<String>,
    /// Set when the list of models was imported in full.
    imported: Option<Timestamp>,
    /// Remove everything else first.
    replace_all: bool,
}

impl RegistryUpdate {
    fn is_empty(&self) -> bool {
        self.put.is_empty() && self.remove.is_empty() && self.imported.is_none() && !self.replace_all
    }
}

/// Decides on the registry as it stands and writes the outcome in the same transaction; a dry run only decides.
async fn update_registry<T>(
    app: &App,
    dry_run: bool,
    decision: impl FnOnce(&Registry) -> Result<(RegistryUpdate, T), AppError>,
) -> Result<T, AppError> {
    if dry_run {
        return Ok(decision(&variants::load(&app.db.read).await?)?.1);
    }
    let mut tx = app.db.write().await?;
    let (writes, answer) = decision(&variants::load_in_transaction(&mut tx).await?)?;
    if writes.is_empty() {
        tx.rollback().await?;
        return Ok(answer);
    }
    if writes.replace_all {
        variants::delete_all(&mut tx).await?;
    }
    variants::delete(&mut tx, &writes.remove).await?;
    variants::upsert(&mut tx, &writes.put).await?;
    if let Some(at) = writes.imported {
        variants::set_last_import(&mut tx, at).await?;
    }
    tx.commit().await?;
    // The model in use may have changed.
    app.scoring_wakeup.notify_one();
    Ok(answer)
}

/// Changes the variants named, all or none; returns what changed. 404 for the first unknown name.
async fn edit_variants(
    app: &App,
    typed: &[String],
    dry_run: bool,
    change: impl Fn(&mut Variant),
) -> Result<Vec<FieldChange>, AppError> {
    update_registry(app, dry_run, |registry| {
        let mut writes = RegistryUpdate::default();
        let mut changes = Vec::new();
        for typed in typed {
            let variant = find_variant(&registry.variants, typed)?;
            if writes.put.iter().any(|v| v.name == variant.name) {
                continue;
            }
            let mut next = variant.clone();
            change(&mut next);
            let changed = diff::diff_variants(variant, &next);
            if !changed.is_empty() {
                changes.extend(changed);
                writes.put.push(next);
            }
        }
        Ok((writes, changes))
    })
    .await
}

fn find_variant<'a>(variants: &'a [Variant], typed: &str) -> Result<&'a Variant, AppError> {
    lookup::find(variants, typed).map_err(|nearest| {
        let error = AppError::not_found(format!("There is no “{}” in the registry.", typed.trim()));
        match nearest {
            Some(name) => error.hint(format!(
                "Did you mean {name}? `gleaner models list --show-deprecated --include-logical` shows all."
            )),
            None if variants.is_empty() => error.hint("The registry is empty; `gleaner models import` fills it."),
            None => error.hint("`gleaner models list --show-deprecated --include-logical` shows all."),
        }
    })
}
