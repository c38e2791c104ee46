//! Which model serves which task: the saved choice, else the configuration; when that model is not installed, what
//! `ollama.fallback` says.

use crate::{
    domain::{
        model::{ModelConfig, ModelConfigSource, ModelFallback, ModelFallbackPolicy, ModelOptions, SettingSource},
        model_name::ModelName,
        registry::ModelRole,
    },
    error::AppError,
    server::{
        config::OllamaConfig,
        models::status::snapshot::Snapshot,
        state::App,
        storage::{
            model_choices::{self, SavedModelChoice},
            model_options, variants,
        },
    },
};

/// Which model serves which task: the saved choice, else the setting of the task, else the role in the registry, else the
/// general setting. With one model for both tasks, both names are the same. A model that Ollama's last list lacks is replaced
/// as `ollama.fallback` says. The scorer, the pages, the API, `models select` and the doctor all ask this function.
#[tracing::instrument(name = "models.model_config.load_config", level = "debug", skip_all)]
pub async fn load_config(app: &App) -> Result<ModelConfig, AppError> {
    let roles = TaskModels {
        categorization: variants::find_model_for_role(&app.db.read, ModelRole::Categorization).await?,
        scoring: variants::find_model_for_role(&app.db.read, ModelRole::Scoring).await?,
    };
    let mut config = resolve_config(&app.config.ollama, model_choices::load(&app.db.read).await?, &roles);
    config.set_saved(model_options::list(&app.db.read).await?);
    apply_fallback(app.config.ollama.fallback, &mut config, &roles, &app.models.snapshot());
    Ok(config)
}

/// Replaces chosen models that are not installed.
fn apply_fallback(policy: ModelFallbackPolicy, config: &mut ModelConfig, roles: &TaskModels, snapshot: &Snapshot) {
    let tasks = [
        (ModelRole::Categorization, &mut config.categorization_model, &roles.categorization),
        (ModelRole::Scoring, &mut config.scoring_model, &roles.scoring),
    ];
    for (task, chosen, with_role) in tasks {
        let substitute = match policy {
            ModelFallbackPolicy::Off => None,
            ModelFallbackPolicy::Role => with_role.as_ref(),
            ModelFallbackPolicy::Smallest => snapshot.smallest_chat_model(),
        };
        let serving = substitute.filter(|name| snapshot.is_absent(chosen) && !snapshot.is_absent(name)).cloned();
        if let Some(serving) = serving {
            let chosen = std::mem::replace(chosen, serving.clone());
            config.fallbacks.push(ModelFallback { task, chosen, serving });
        }
    }
}

/// The models that the registry gives to each task.
#[derive(Debug, Default)]
struct TaskModels {
    categorization: Option<ModelName>,
    scoring: Option<ModelName>,
}

fn resolve_config(settings: &OllamaConfig, saved: SavedModelChoice, roles: &TaskModels) -> ModelConfig {
    let configured = TaskModels {
        categorization: settings.categorization_model.clone().or_else(|| roles.categorization.clone()),
        scoring: settings.scoring_model.clone().or_else(|| roles.scoring.clone()),
    };
    let either = |saved: Option<ModelName>, configured: &Option<ModelName>| match saved {
        Some(name) => (name, SettingSource::Saved),
        None => (configured.as_ref().unwrap_or(&settings.model).clone(), SettingSource::Default),
    };
    let (categorization, categorization_source) = either(saved.categorization_model, &configured.categorization);
    let (own_scoring, own_source) = either(saved.scoring_model, &configured.scoring);
    let configured_apart = configured.scoring.is_some() || configured.categorization.is_some();
    let separate = saved.use_separate_models.unwrap_or(
        configured_apart && categorization_source == SettingSource::Default && categorization != own_scoring,
    );
    let (scoring, scoring_source) =
        if separate { (own_scoring, own_source) } else { (categorization.clone(), categorization_source) };
    ModelConfig {
        categorization_model: categorization,
        scoring_model: scoring,
        use_separate_models: separate,
        options: ModelOptions::default(),
        saved: Vec::new(),
        source: ModelConfigSource { categorization_model: categorization_source, scoring_model: scoring_source },
        fallbacks: Vec::new(),
    }
}
