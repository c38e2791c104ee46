//! Saving which model serves which task.

use super::{
    model_config::load_config,
    option_changes::{OptionChanges, announce, apply_changes},
    poll,
};
use crate::{
    domain::{model::ModelConfig, model_name::ModelName, model_options::OptionLevel},
    error::{AppError, ErrorKind},
    server::{
        models::status::snapshot::Snapshot,
        state::App,
        storage::{
            model_choices::{self, SavedModelChoice},
            model_options,
        },
    },
};

/// A choice to save, with names as typed; `None` leaves a field alone.
#[derive(Clone, Debug, Default)]
pub struct ModelChoice {
    /// The model that chooses categories.
    pub categorization_model: Option<String>,
    /// The model that scores.
    pub scoring_model: Option<String>,
    /// Whether the two tasks have a model each.
    pub use_separate_models: Option<bool>,
    /// Changes of the general options.
    pub options: OptionChanges,
}

/// Saves a choice and wakes the worker; it applies from the next batch. 422 when a name or an option is wrong, or when a
/// newly chosen model is not installed; 503 for a newly chosen model while Ollama cannot be asked.
#[tracing::instrument(name = "models.choice.save_choice", level = "debug", skip_all)]
pub async fn save_choice(app: &App, choice: ModelChoice) -> Result<ModelConfig, AppError> {
    let before = load_config(app).await?;
    let categorization_model = parse_name("categorization_model", choice.categorization_model.as_deref())?;
    let scoring_model = parse_name("scoring_model", choice.scoring_model.as_deref())?;
    let changed = [
        ("categorization_model", &categorization_model, before.chosen_categorization_model()),
        ("scoring_model", &scoring_model, before.chosen_scoring_model()),
    ];
    let changed =
        changed.into_iter().filter_map(|(field, new, old)| Some((field, new.as_ref().filter(|n| *n != old)?)));
    // An unknown model may have been pulled by another program a moment ago.
    let is_known = |name| app.models.snapshot().is_connected() && app.models.snapshot().find(name).is_some();
    if changed.clone().any(|(_, name)| !is_known(name)) {
        poll::poll_if_stale(app).await;
    }
    let snapshot = app.models.snapshot();
    for (field, name) in changed {
        check_installed(&snapshot, field, name)?;
    }
    let general = OptionLevel::default();
    let options = apply_changes(&before, &general, &choice.options)?;
    let saved =
        SavedModelChoice { categorization_model, scoring_model, use_separate_models: choice.use_separate_models };
    let mut tx = app.db.write().await?;
    model_choices::save(&mut tx, &saved, app.clock.now()).await?;
    if !choice.options.is_empty() {
        model_options::save(&mut tx, &general, &options).await?;
    }
    tx.commit().await?;
    let after = load_config(app).await?;
    announce(app, &before, &after);
    Ok(after)
}

/// Keeps the spelling that was typed.
fn parse_name(field: &'static str, typed: Option<&str>) -> Result<Option<ModelName>, AppError> {
    let parse = |typed: &str| ModelName::parse(typed).map(|_| ModelName::from(typed.trim()));
    typed.map(parse).transpose().map_err(|reason| AppError::invalid(reason.to_string()).field(field))
}

fn check_installed(snapshot: &Snapshot, field: &'static str, name: &ModelName) -> Result<(), AppError> {
    if !snapshot.is_connected() {
        let cause = snapshot.health().problem.map(|problem| problem.message).unwrap_or_default();
        let message = format!("{name} cannot be chosen while Ollama does not answer. {cause}");
        return Err(AppError::new(ErrorKind::Unavailable, message.trim_end())
            .hint("Connect to Ollama to manage models; nothing was changed.")
            .field(field));
    }
    match snapshot.find(name) {
        Some(installed) if !installed.can_chat() => {
            Err(AppError::invalid(format!("{name} is an embedding model and cannot score articles."))
                .hint("Choose another.")
                .field(field))
        }
        Some(_) => Ok(()),
        None if name.is_cloud() => Ok(()),
        None => Err(AppError::invalid(format!("{name} is not installed."))
            .hint("Pull it first, or choose another.")
            .field(field)),
    }
}
