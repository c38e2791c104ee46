//! Saving which model serves which task.

use super::{model_config::load_config, poll};
use crate::{
    domain::{
        model::{CONTEXT_LABEL, KEEP_ALIVE_LABEL, MAX_TOKENS_LABEL, ModelConfig, ModelOptions, TEMPERATURE_LABEL},
        model_name::ModelName,
    },
    error::{AppError, ErrorKind},
    server::{
        models::{
            ollama::wire::KeepAlive,
            status::{event::StatusEvent, snapshot::Snapshot},
        },
        state::App,
        storage::model_choices::{self, SavedModelChoice},
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
    /// Options of every request.
    pub options: Option<ModelOptions>,
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
    if let Some(options) = &choice.options {
        check_options(options)?;
    }
    let options = choice.options;
    let differs = options.as_ref().is_some_and(|options| *options != before.options);
    let saved = SavedModelChoice {
        categorization_model,
        scoring_model,
        use_separate_models: choice.use_separate_models,
        num_ctx: options.as_ref().map(|o| o.num_ctx),
        temperature: options.as_ref().map(|o| o.temperature),
        keep_alive: options.as_ref().map(|o| o.keep_alive.trim().to_owned()),
        num_predict: options.as_ref().map(|o| o.num_predict),
        think: options.as_ref().map(|o| o.think),
    };
    let mut tx = app.db.write().await?;
    model_choices::save(&mut tx, &saved, app.clock.now()).await?;
    tx.commit().await?;
    if differs {
        for model in before.models_in_use() {
            app.models.apply(StatusEvent::OptionsChanged(model));
        }
    }
    app.scoring_wakeup.notify_one();
    let after = load_config(app).await?;
    // The signal ends a load that is under way, so it is sent only when that load is wanted no more.
    if (&after.categorization_model, &after.options) != (&before.categorization_model, &before.options) {
        app.choice_wakeup.notify_one();
    }
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

/// Checks the bounds of the options; the message names the field by its label.
fn check_options(options: &ModelOptions) -> Result<(), AppError> {
    let refuse = |field: &'static str, label: &str, allowed: &str| {
        Err(AppError::invalid(format!("{label}: must be {allowed}.")).field(field))
    };
    if !(512..=1_048_576).contains(&options.num_ctx) {
        return refuse("num_ctx", CONTEXT_LABEL, "a number from 512 to 1048576");
    }
    if !(16..=8192).contains(&options.num_predict) {
        return refuse("num_predict", MAX_TOKENS_LABEL, "a number from 16 to 8192");
    }
    if !(0.0..=2.0).contains(&options.temperature) {
        return refuse("temperature", TEMPERATURE_LABEL, "a number from 0 to 2");
    }
    if KeepAlive::parse(&options.keep_alive).is_none() {
        return refuse(
            "keep_alive",
            KEEP_ALIVE_LABEL,
            "a time such as 15m or 1h30m, a number of seconds, or -1 for forever",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_options;
    use crate::domain::model::ModelOptions;

    #[test]
    fn options_have_bounds() {
        let good = ModelOptions::default();
        assert!(check_options(&good).is_ok());
        for (bad, field) in [
            (ModelOptions { num_ctx: 100, ..good.clone() }, "num_ctx"),
            (ModelOptions { num_predict: 0, ..good.clone() }, "num_predict"),
            (ModelOptions { temperature: f64::NAN, ..good.clone() }, "temperature"),
            (ModelOptions { keep_alive: "5x".into(), ..good.clone() }, "keep_alive"),
        ] {
            assert!(
                check_options(&bad).is_err_and(|e| e.field.as_deref() == Some(field) && !e.message.contains(field)),
                "{field}"
            );
        }
    }
}
