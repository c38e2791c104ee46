//! `/settings/ollama`: the connection, the model in use, the exact prompts. Each panel is usable while another fails.

use super::{interests::Again, settings_prompts::PromptTexts};
use crate::{
    api::{
        models::{CheckOllama, OllamaOverview, SaveModel, load_ollama},
        scoring::{load_outlook, load_prompts},
    },
    components::{form::loaded, ollama_badge::OllamaBadge},
    domain::{
        model::{InstalledModel, ModelConfig, OllamaHealth},
        model_name::same_model,
        phrase,
    },
    error::AppError,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

/// The page.
#[component]
pub fn SettingsOllamaPage() -> impl IntoView {
    view! {
        <Title text="Ollama" />
        {loaded(
            async { Ok((load_ollama().await?, load_outlook().await, load_prompts().await)) },
            |(OllamaOverview { health, installed, config }, outlook, prompts)| {
                view! {
                    <header class="page-head">
                        <div>
                            <p><a href="/settings">"Settings"</a></p>
                            <h1>"Ollama"</h1>
                        </div>
                    </header>
                    <Connection health />
                    <Models installed config />
                    {outlook.ok().map(|outlook| view! { <Again outlook /> })}
                    <PromptTexts prompts />
                }
            },
        )}
    }
}

#[component]
fn Connection(health: OllamaHealth) -> impl IntoView {
    view! {
        <section class="panel stack" id="connection" aria-labelledby="connection-title">
            <h2 id="connection-title">"Connection"</h2>
            <OllamaBadge health />
            <form method="post" action=CheckOllama::url()>
                <button class="button">"Check now"</button>
            </form>
        </section>
    }
}

#[component]
fn Models(installed: Result<Vec<InstalledModel>, AppError>, config: ModelConfig) -> impl IntoView {
    let body = match installed {
        Ok(models) => view! { <ModelForm models config /> }.into_any(),
        Err(error) => {
            view! {
                <p>"Connect to Ollama to manage models. Until then " <strong>{config.scoring_model}</strong> " stays chosen."</p>
                <p class="muted">{error.message}</p>
                <fieldset disabled>
                    <label class="field narrow">
                        <span>"Model"</span>
                        <select><option>"not available"</option></select>
                    </label>
                </fieldset>
            }
                .into_any()
        }
    };
    view! {
        <section class="panel stack" id="models" aria-labelledby="models-title">
            <h2 id="models-title">"Model in use"</h2>
            {body}
        </section>
    }
}

/// One selector with an explicit Save. A chosen model that is gone stays on the list, marked.
#[component]
fn ModelForm(models: Vec<InstalledModel>, config: ModelConfig) -> impl IntoView {
    let chosen = config.scoring_model.clone();
    let usable: Vec<InstalledModel> = models.into_iter().filter(InstalledModel::can_chat).collect();
    let is_missing = !usable.iter().any(|model| same_model(&model.name, &chosen));
    let has_cloud = usable.iter().any(|model| model.is_cloud);
    let separate = config.use_separate_models && config.categorization_model != config.scoring_model;
    let options = usable
        .into_iter()
        .map(|model| view! { <option value=model.name.clone() selected=same_model(&model.name, &chosen)>{described(&model)}</option> })
        .collect_view();
    view! {
        {is_missing
            .then(|| {
                view! {
                    <div class="notice error">
                        <p><strong>{chosen.clone()}</strong> " is chosen but not installed."</p>
                        <p>"Choose another one, or run " <code>"ollama pull " {chosen.clone()}</code> " where Ollama runs."</p>
                    </div>
                }
            })}
        <form class="stack" method="post" action=SaveModel::url()>
            <label class="field narrow">
                <span>"Categorises and scores"</span>
                <select name="model" required aria-describedby="model-hint">
                    {is_missing.then(|| view! { <option value="" selected>{format!("{chosen} (missing)")}</option> })}
                    {options}
                </select>
                <small id="model-hint">"A change applies from the next batch. Scores that exist stay until you re-evaluate."</small>
            </label>
            {separate
                .then(|| {
                    view! {
                        <p class="help">
                            "Now " <strong>{config.categorization_model.clone()}</strong> " categorises and "
                            <strong>{config.scoring_model.clone()}</strong> " scores. Saving here uses one model for both."
                        </p>
                    }
                })}
            {has_cloud.then(|| view! { <p class="help">"A model marked “cloud” runs elsewhere: the text of your articles would leave this machine."</p> })}
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
    }
}

/// As "qwen3:8b — 5.2 GB (loaded)".
fn described(model: &InstalledModel) -> String {
    let size = if model.is_cloud { "cloud".to_owned() } else { phrase::size(model.size) };
    let loaded = if model.is_loaded { " (loaded)" } else { "" };
    format!("{} — {size}{loaded}", model.name)
}
