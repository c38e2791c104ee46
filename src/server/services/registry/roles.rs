//! What variants are for, and which one serves a role.

use super::{edit_variants, find_variant};
use crate::{
    domain::{
        model::SettingSource,
        model_name::same_model,
        registry::{FieldChange, ModelRole, RoleSelection, Variant},
    },
    error::AppError,
    server::{registry::selection, services::models, state::App, storage::variants},
};
use serde::Serialize;

/// A role and the names of the variants that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleAssignment {
    /// The role.
    pub role: ModelRole,
    /// Names of the variants that have it.
    pub variants: Vec<String>,
}

/// All roles with their variants, by name.
#[tracing::instrument(name = "registry.roles.list_roles", level = "debug", skip_all)]
pub async fn list_roles(app: &App) -> Result<Vec<RoleAssignment>, AppError> {
    let registry = variants::load(&app.db.read).await?;
    let assigned = |role: &ModelRole| {
        let with = registry.variants.iter().filter(|v| v.roles.contains(role));
        RoleAssignment { role: *role, variants: with.map(|v| v.name.clone()).collect() }
    };
    Ok(ModelRole::ALL.iter().map(assigned).collect())
}

/// Gives a variant exactly these roles; none takes all away.
#[tracing::instrument(name = "registry.roles.set_roles", level = "debug", skip_all)]
pub async fn set_roles(
    app: &App,
    typed: &str,
    roles: &[ModelRole],
    dry_run: bool,
) -> Result<Vec<FieldChange>, AppError> {
    let mut roles = roles.to_vec();
    roles.sort();
    roles.dedup();
    edit_variants(app, &[typed.to_owned()], dry_run, |variant| variant.roles.clone_from(&roles)).await
}

/// The variant that would serve a role, and why: the choice on the settings page, else the registry's roles, else the
/// configured model, else the smallest that can do the work. 404 when none can.
#[tracing::instrument(name = "registry.roles.select_variant", level = "debug", skip_all)]
pub async fn select_variant(app: &App, role: ModelRole, required: Option<&str>) -> Result<RoleSelection, AppError> {
    let registry = variants::load(&app.db.read).await?;
    let chosen = configured_model(app, role).await?;
    if let Some((model, why, SettingSource::Saved)) = &chosen
        && let Some(selection) = select_configured(&registry.variants, role, model, why, required)
    {
        return Ok(selection);
    }
    if let Some((variant, why)) = selection::select_by_role(&registry.variants, role, required) {
        return Ok(to_selection(role, variant, why));
    }
    if let Some((model, why, _)) = &chosen
        && let Some(selection) = select_configured(&registry.variants, role, model, why, required)
    {
        return Ok(selection);
    }
    if let Some(variant) = selection::select_smallest_capable(&registry.variants, role, required) {
        let why = format!(
            "has no role, but is the smallest that can do {}",
            required.unwrap_or(selection::required_capability(role))
        );
        return Ok(to_selection(role, variant, why));
    }
    let with = required.map(|capability| format!(" and can do {capability}")).unwrap_or_default();
    Err(AppError::not_found(format!("No variant in the registry serves {}{with}.", role.as_str()))
        .hint("`gleaner models import` brings in what Ollama has; `gleaner models roles set NAME ROLE` gives a role."))
}

/// The model that the settings page or the configuration names for a role.
async fn configured_model(
    app: &App,
    role: ModelRole,
) -> Result<Option<(String, &'static str, SettingSource)>, AppError> {
    let config = models::load_config(app).await?;
    let (model, source) = match role {
        ModelRole::Categorization => (config.categorization_model, config.source.categorization_model),
        ModelRole::Scoring => (config.scoring_model, config.source.scoring_model),
        // Not chosen by itself anywhere: it talks with the model that scores.
        ModelRole::Chat => (config.scoring_model, SettingSource::Default),
        ModelRole::Embedding => return Ok(None),
    };
    let why = match source {
        SettingSource::Saved => "was chosen on the settings page",
        SettingSource::Default => "is the configured model",
    };
    Ok(Some((model, why, source)))
}

/// The configured model, if nothing that is known of it stands against it.
fn select_configured(
    variants: &[Variant],
    role: ModelRole,
    model: &str,
    why: &str,
    required: Option<&str>,
) -> Option<RoleSelection> {
    let known = find_variant(variants, model).ok().filter(|v| same_model(&v.served_model_id, model));
    match known {
        Some(variant) => (selection::is_usable(variant) && required.is_none_or(|c| variant.has_capability(c)))
            .then(|| to_selection(role, variant, why.to_owned())),
        None if required.is_some() => None,
        None => Some(RoleSelection {
            role,
            served_model_id: model.to_owned(),
            name: None,
            why: format!("{why}; it is not in the registry"),
        }),
    }
}

fn to_selection(role: ModelRole, variant: &Variant, why: String) -> RoleSelection {
    RoleSelection { role, served_model_id: variant.served_model_id.clone(), name: Some(variant.name.clone()), why }
}
