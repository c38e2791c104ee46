//! What variants are for, and which one serves a role.

use super::{edit, find};
use crate::{
    domain::{
        model::Source,
        model_name::same_model,
        registry::{FieldChange, Role, Selection, Variant},
    },
    error::AppError,
    server::{registry::selection, services::models, state::App, storage::variants},
};
use serde::Serialize;

/// A role and the names of the variants that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assigned {
    pub role: Role,
    pub variants: Vec<String>,
}

/// All roles with their variants, by name.
pub async fn roles(app: &App) -> Result<Vec<Assigned>, AppError> {
    let registry = variants::load(&app.db.read).await?;
    let assigned = |role: &Role| {
        let with = registry.variants.iter().filter(|v| v.roles.contains(role));
        Assigned { role: *role, variants: with.map(|v| v.name.clone()).collect() }
    };
    Ok(Role::ALL.iter().map(assigned).collect())
}

/// Gives a variant exactly these roles; none takes all away.
pub async fn set_roles(app: &App, typed: &str, roles: &[Role], dry_run: bool) -> Result<Vec<FieldChange>, AppError> {
    let mut roles = roles.to_vec();
    roles.sort();
    roles.dedup();
    edit(app, &[typed.to_owned()], dry_run, |variant| variant.roles.clone_from(&roles)).await
}

/// What Ollama calls the variant that has `role`; `None` when none has it that is there and not deprecated. For tasks whose
/// model nobody chose on the settings page.
pub async fn serving(app: &App, role: Role) -> Result<Option<String>, AppError> {
    Ok(variants::serving(&app.db.read, role).await?)
}

/// The variant that would serve a role, and why: the choice on the settings page, else the registry's roles, else the
/// configured model, else the smallest that can do the work. 404 when none can.
pub async fn select(app: &App, role: Role, required: Option<&str>) -> Result<Selection, AppError> {
    let registry = variants::load(&app.db.read).await?;
    let chosen = configured(app, role).await?;
    if let Some((model, why, Source::Saved)) = &chosen
        && let Some(selection) = choice(&registry.variants, role, model, why, required)
    {
        return Ok(selection);
    }
    if let Some((variant, why)) = selection::serving(&registry.variants, role, required) {
        return Ok(of(role, variant, why));
    }
    if let Some((model, why, _)) = &chosen
        && let Some(selection) = choice(&registry.variants, role, model, why, required)
    {
        return Ok(selection);
    }
    if let Some(variant) = selection::capable(&registry.variants, role, required) {
        let why =
            format!("has no role, but is the smallest that can do {}", required.unwrap_or(selection::needed(role)));
        return Ok(of(role, variant, why));
    }
    let with = required.map(|capability| format!(" and can do {capability}")).unwrap_or_default();
    Err(AppError::not_found(format!("No variant in the registry serves {}{with}.", role.as_str()))
        .hint("`gleaner models import` brings in what Ollama has; `gleaner models roles set NAME ROLE` gives a role."))
}

/// The model that the settings page or the configuration names for a role.
async fn configured(app: &App, role: Role) -> Result<Option<(String, &'static str, Source)>, AppError> {
    let config = models::config(app).await?;
    let (model, source) = match role {
        Role::Categorization => (config.categorization_model, config.source.categorization_model),
        Role::Scoring => (config.scoring_model, config.source.scoring_model),
        // Not chosen by itself anywhere: it talks with the model that scores.
        Role::Chat => (config.scoring_model, Source::Default),
        Role::Embedding => return Ok(None),
    };
    let why = match source {
        Source::Saved => "was chosen on the settings page",
        Source::Default => "is the configured model",
    };
    Ok(Some((model, why, source)))
}

/// The configured model, if nothing that is known of it stands against it.
fn choice(variants: &[Variant], role: Role, model: &str, why: &str, required: Option<&str>) -> Option<Selection> {
    let known = find(variants, model).ok().filter(|v| same_model(&v.served_model_id, model));
    match known {
        Some(variant) => (selection::is_usable(variant) && required.is_none_or(|c| variant.can(c)))
            .then(|| of(role, variant, why.to_owned())),
        None if required.is_some() => None,
        None => Some(Selection {
            role,
            served_model_id: model.to_owned(),
            name: None,
            why: format!("{why}; it is not in the registry"),
        }),
    }
}

fn of(role: Role, variant: &Variant, why: String) -> Selection {
    Selection { role, served_model_id: variant.served_model_id.clone(), name: Some(variant.name.clone()), why }
}
