//! What variants are for, and which one serves a role.

use super::{edit_variants, find_variant};
use crate::{
    domain::{
        model::SettingSource,
        model_name::ModelName,
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

/// The variant that would serve a role, and why. For the two tasks of scoring: the model that the scorer asks; 404 when that one is
/// gone or cannot do what is `required`. For other roles: the registry's roles, else the configured model, else the smallest that
/// can do the work; 404 when none can.
#[tracing::instrument(name = "registry.roles.select_variant", level = "debug", skip_all)]
pub async fn select_variant(app: &App, role: ModelRole, required: Option<&str>) -> Result<RoleSelection, AppError> {
    let registry = variants::load(&app.db.read).await?;
    if let Some((model, why)) = task_model(app, role, &registry.variants).await? {
        return select_task_model(app, &registry.variants, role, &model, &why, required);
    }
    if let Some((variant, why)) = selection::select_by_role(&registry.variants, role, required) {
        return Ok(to_selection(role, variant, why));
    }
    // No model is chosen for chats alone: without a role, the model that scores serves them.
    if role == ModelRole::Chat {
        let model = models::load_config(app).await?.scoring_model;
        let configured = select_configured(&registry.variants, role, &model, "is the configured model", required);
        if let Some(selection) = configured {
            return Ok(selection);
        }
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

/// The model that the scorer asks for a task, and why; `None` for a role that is no task of its own.
async fn task_model(app: &App, role: ModelRole, variants: &[Variant]) -> Result<Option<(ModelName, String)>, AppError> {
    let config = models::load_config(app).await?;
    if let Some(fallback) = config.fallbacks.iter().find(|fallback| fallback.task == role) {
        let why = format!("serves in place of {}, which is not installed (ollama.fallback)", fallback.chosen);
        return Ok(Some((fallback.serving.clone(), why)));
    }
    let (model, source) = match role {
        ModelRole::Categorization => (config.categorization_model, config.source.categorization_model),
        ModelRole::Scoring => (config.scoring_model, config.source.scoring_model),
        ModelRole::Chat | ModelRole::Embedding => return Ok(None),
    };
    let why = match (source, selection::select_by_role(variants, role, None)) {
        (SettingSource::Saved, _) => "was chosen on the settings page".to_owned(),
        (SettingSource::Default, Some((variant, why))) if model == variant.served_model_id.as_str().into() => why,
        (SettingSource::Default, _) => "is the configured model".to_owned(),
    };
    Ok(Some((model, why)))
}

fn select_task_model(
    app: &App,
    variants: &[Variant],
    role: ModelRole,
    model: &ModelName,
    why: &str,
    required: Option<&str>,
) -> Result<RoleSelection, AppError> {
    let hint = "`gleaner models use NAME` chooses a model that is installed.";
    let snapshot = app.models.snapshot();
    let is_recorded_missing = !snapshot.is_connected()
        && find_variant(variants, model.as_str()).is_ok_and(|variant| variant.missing_since.is_some());
    if snapshot.is_missing(model) || is_recorded_missing {
        let message = format!("Nothing serves {}: {model} {why}, and Ollama does not have it.", role.as_str());
        return Err(AppError::not_found(message).hint(hint));
    }
    select_configured(variants, role, model, why, required).ok_or_else(|| {
        let obstacle = match required {
            Some(capability) => format!("is not known to do {capability}"),
            None => "is deprecated in the registry".to_owned(),
        };
        AppError::not_found(format!("Nothing serves {}: {model} {why}, but {obstacle}.", role.as_str())).hint(hint)
    })
}

/// The configured model, unless the registry shows that it cannot serve the role.
fn select_configured(
    variants: &[Variant],
    role: ModelRole,
    model: &ModelName,
    why: &str,
    required: Option<&str>,
) -> Option<RoleSelection> {
    let known = find_variant(variants, model.as_str()).ok().filter(|v| *model == v.served_model_id.as_str().into());
    match known {
        Some(variant) => (selection::is_usable(variant) && required.is_none_or(|c| variant.has_capability(c)))
            .then(|| to_selection(role, variant, why.to_owned())),
        None if required.is_some() => None,
        None => Some(RoleSelection {
            role,
            served_model_id: model.to_string(),
            name: None,
            why: format!("{why}; it is not in the registry"),
        }),
    }
}

fn to_selection(role: ModelRole, variant: &Variant, why: String) -> RoleSelection {
    RoleSelection { role, served_model_id: variant.served_model_id.clone(), name: Some(variant.name.clone()), why }
}
