//! Which model does what: what the reader chose, over what is configured.

use super::ModelsSnapshot;
use crate::server::services::models::poll;
use crate::{
    domain::{
        model::{ModelConfig, ModelConfigSource, ModelOptions, SettingSource},
        model_name::{ModelName, same_model},
        registry::ModelRole,
    },
    error::AppError,
    server::{
        config::OllamaConfig,
        models::ollama::wire::KeepAlive,
        services::registry,
        state::App,
        storage::model_choices::{self, SavedModelChoice},
    },
};

/// A choice to save; `None` leaves a field alone.
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

/// Which model does what: saved choices, over a task's own setting, over the roles of the registry, over the general setting.
/// With one model for both, both names are the same.
pub async fn load_config(app: &App) -> Result<ModelConfig, AppError> {
    let roles = TaskModels {
        categorization: registry::find_model_for_role(app, ModelRole::Categorization).await?,
        scoring: registry::find_model_for_role(app, ModelRole::Scoring).await?,
    };
    Ok(resolve_config(&app.config.ollama, model_choices::load(&app.db.read).await?, roles))
}

/// The models that the registry gives to each task.
#[derive(Debug, Default)]
struct TaskModels {
    categorization: Option<String>,
    scoring: Option<String>,
}

fn resolve_config(settings: &OllamaConfig, saved: SavedModelChoice, roles: TaskModels) -> ModelConfig {
    let configured = TaskModels {
        categorization: settings.categorization_model.clone().or(roles.categorization),
        scoring: settings.scoring_model.clone().or(roles.scoring),
    };
    let either = |saved: Option<String>, configured: &Option<String>| match saved {
        Some(name) => (name, SettingSource::Saved),
        None => (configured.as_ref().unwrap_or(&settings.model).clone(), SettingSource::Default),
    };
    let (categorization, categorization_source) = either(saved.categorization_model, &configured.categorization);
    let (own_scoring, own_source) = either(saved.scoring_model, &configured.scoring);
    let configured_apart = configured.scoring.is_some() || configured.categorization.is_some();
    let separate = saved.use_separate_models.unwrap_or(
        configured_apart
            && categorization_source == SettingSource::Default
            && !same_model(&categorization, &own_scoring),
    );
    let (scoring, scoring_source) =
        if separate { (own_scoring, own_source) } else { (categorization.clone(), categorization_source) };
    let default = ModelOptions::default();
    ModelConfig {
        categorization_model: categorization,
        scoring_model: scoring,
        use_separate_models: separate,
        options: ModelOptions {
            num_ctx: saved.num_ctx.unwrap_or(default.num_ctx),
            temperature: saved.temperature.unwrap_or(default.temperature),
            keep_alive: saved.keep_alive.unwrap_or(default.keep_alive),
            num_predict: saved.num_predict.unwrap_or(default.num_predict),
            think: saved.think.unwrap_or(default.think),
        },
        source: ModelConfigSource { categorization_model: categorization_source, scoring_model: scoring_source },
    }
}

/// Saves a choice and wakes the worker; it applies from the next batch. 422 when a name or an option is wrong, or when a
/// newly chosen model is not installed (while Ollama can be asked).
pub async fn save_choice(app: &App, choice: ModelChoice) -> Result<ModelConfig, AppError> {
    let before = load_config(app).await?;
    let changed = |new: &Option<String>, old: &str| new.as_deref().is_some_and(|n| !same_model(n, old));
    // What is not in the cache may have been pulled a moment ago by somebody else.
    let is_unseen = [&choice.categorization_model, &choice.scoring_model]
        .into_iter()
        .flatten()
        .any(|name| ModelName::parse(name).is_ok() && app.models_snapshot.borrow().find(name).is_none());
    if is_unseen {
        poll::poll_if_stale(app).await;
    }
    {
        let observed = app.models_snapshot.borrow();
        for (field, new, old) in [
            ("categorization_model", &choice.categorization_model, &before.categorization_model),
            ("scoring_model", &choice.scoring_model, &before.scoring_model),
        ] {
            if let Some(name) = new {
                check_name(field, name)?;
            }
            if changed(new, old) {
                check_installed(&observed, field, new.as_deref().unwrap_or_default())?;
            }
        }
    }
    if let Some(options) = &choice.options {
        check_options(options)?;
    }
    let options = choice.options;
    let differs = options.as_ref().is_some_and(|options| *options != before.options);
    let saved = SavedModelChoice {
        categorization_model: choice.categorization_model.map(|n| n.trim().to_owned()),
        scoring_model: choice.scoring_model.map(|n| n.trim().to_owned()),
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
        // What was found out about the models was found out with other options.
        app.ollama.tracker().send_modify(|seen| {
            seen.forget(&before.categorization_model);
            seen.forget(&before.scoring_model);
        });
    }
    app.scoring_wakeup.notify_one();
    let after = load_config(app).await?;
    // The bell ends a load that is under way; a choice that leaves the warmed model as it is must not.
    if (&after.categorization_model, &after.options) != (&before.categorization_model, &before.options) {
        app.choice_wakeup.notify_one();
    }
    Ok(after)
}

fn check_name(field: &str, name: &str) -> Result<ModelName, AppError> {
    ModelName::parse(name).map_err(|reason| AppError::invalid(format!("{field}: {reason}")))
}

fn check_installed(observed: &ModelsSnapshot, field: &str, name: &str) -> Result<(), AppError> {
    if !observed.is_connected() {
        return Ok(());
    }
    match observed.find(name) {
        Some(tag) if !tag.can_chat() => {
            Err(AppError::invalid(format!("{field}: {name} is an embedding model and cannot score articles."))
                .hint("Choose another."))
        }
        Some(_) => Ok(()),
        None if ModelName::parse(name).is_ok_and(|n| n.is_cloud()) => Ok(()),
        None => {
            Err(AppError::invalid(format!("{field}: {name} is not installed."))
                .hint("Pull it first, or choose another."))
        }
    }
}

/// The bounds of the options; the sentence names the field.
fn check_options(options: &ModelOptions) -> Result<(), AppError> {
    let bad = |sentence: &str| Err(AppError::invalid(sentence));
    if !(512..=1_048_576).contains(&options.num_ctx) {
        return bad("num_ctx: the context is 512 to 1048576 tokens.");
    }
    if !(16..=8192).contains(&options.num_predict) {
        return bad("num_predict: an answer is 16 to 8192 tokens.");
    }
    if !(0.0..=2.0).contains(&options.temperature) {
        return bad("temperature: a number from 0 to 2.");
    }
    if KeepAlive::parse(&options.keep_alive).is_none() {
        return bad("keep_alive: a time such as 15m or 1h30m, a number of seconds, or -1 for forever.");
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
            assert!(check_options(&bad).is_err_and(|e| e.message.starts_with(field)), "{field}");
        }
    }
}
