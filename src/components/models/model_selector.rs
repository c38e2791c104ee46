//! Which model categorizes, and which scores.

use super::memory_warning::MemoryWarning;
use crate::components::forms::{
    form::{FieldError, FormValidation, query_param},
    save_button::SaveButton,
};
use crate::{
    api::{models::SaveModelChoice, pulls::PullModel},
    domain::{
        humanize::format_bytes,
        memory_estimate::MemoryProfiles,
        model::{InstalledModelRow, ModelConfig, ModelFallback},
        model_name::ModelName,
        scoring::{ScoringPhase, ScoringStatus},
    },
    error::AppError,
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The fields that choose models, and the notice about Ollama not being connected: an open page shows by them that it was lost, and
/// keeps what is chosen.
const CHOICE_FIELDSET_ID: &str = "model-choice";
const DISCONNECTED_NOTICE_ID: &str = "model-choice-disconnected";

/// One selector; with two models or more a second one, when the tasks are to have their own. Saves nothing by itself.
#[component]
pub fn ModelSelector(
    /// The installed models, or why they are not known.
    installed: Result<Vec<InstalledModelRow>, AppError>,
    config: ModelConfig,
    footprints: MemoryProfiles,
    /// What the worker does; `None` when that is not known.
    queue: Option<ScoringStatus>,
) -> impl IntoView {
    // Updated live only while nothing can be chosen, so that no unsaved choice is lost.
    let is_live = installed.is_err().then_some("");
    let body = match installed {
        Ok(models) => view! { <ModelSelectorForm models config footprints /> }.into_any(),
        Err(error) => {
            let form = FormValidation::of::<SaveModelChoice>();
            view! {
                <FieldError form />
                <DisconnectedModels error config />
            }
            .into_any()
        }
    };
    view! {
        <section class="panel stack" id="models" aria-labelledby="models-title" data-live=is_live>
            <h2 id="models-title">"Models in use"</h2>
            {body}
            <p id="batch" class="help" data-live>{apply_hint(queue.as_ref())}</p>
        </section>
    }
}

/// The chosen models, which cannot be changed while Ollama is not connected.
#[component]
fn DisconnectedModels(error: AppError, config: ModelConfig) -> impl IntoView {
    let stays = if config.use_separate_models {
        format!("{} and {} stay selected.", config.categorization_model, config.scoring_model)
    } else {
        format!("{} stays selected.", config.scoring_model)
    };
    let tasks = if config.use_separate_models {
        vec![("Categorization model", config.categorization_model), ("Scoring model", config.scoring_model)]
    } else {
        vec![("Categorization and scoring model", config.categorization_model)]
    };
    let chosen = |(task, model): (&'static str, ModelName)| {
        view! {
            <label class="field narrow">
                <span>{task}</span>
                <select disabled>
                    <option>{model.to_string()}</option>
                </select>
            </label>
        }
    };
    view! {
        <p id=DISCONNECTED_NOTICE_ID><strong>"Connect to Ollama to manage models."</strong> " Until then " {stays}</p>
        <p class="muted">{error.message}</p>
        <fieldset id=CHOICE_FIELDSET_ID class="stack" disabled>
            {tasks.into_iter().map(chosen).collect_view()}
        </fieldset>
    }
}

#[component]
fn ModelSelectorForm(models: Vec<InstalledModelRow>, config: ModelConfig, footprints: MemoryProfiles) -> impl IntoView {
    let usable: Vec<InstalledModelRow> = models.into_iter().filter(InstalledModelRow::can_chat).collect();
    let has_cloud = usable.iter().any(|model| model.is_cloud);
    let may_differ = usable.len() > 1;
    let categorization_model = config.chosen_categorization_model().clone();
    let scoring_model = config.chosen_scoring_model().clone();
    let ModelConfig { use_separate_models, options, fallbacks, .. } = config;
    let is_missing = |name: &ModelName| usable.iter().all(|model| model.name != *name);
    let mut chosen = vec![categorization_model.clone()];
    if use_separate_models {
        chosen.push(scoring_model.clone());
    }
    let missing: Vec<ModelName> = chosen.iter().filter(|name| is_missing(name)).cloned().collect();
    let shown = previewed_models().unwrap_or(chosen);
    let estimate = footprints.estimate(&shown.iter().collect::<Vec<_>>(), options.num_ctx);
    let suggestion = largest_fitting(&usable, footprints.machine_memory_bytes);
    let form = FormValidation::of::<SaveModelChoice>();
    view! {
        {(!missing.is_empty()).then(|| view! { <MissingModelsNotice names=missing suggestion fallbacks /> })}
        <p id=DISCONNECTED_NOTICE_ID class="notice error" hidden data-live="state">
            <strong>"Connect to Ollama to manage models."</strong>
            " The choice of models is kept."
        </p>
        <form class="choice" method="post" action=SaveModelChoice::url() data-preview>
            <fieldset id=CHOICE_FIELDSET_ID class="stack" data-live="state">
            <label class="field narrow">
                <span class="if-one">"Categorization and scoring model"</span>
                {may_differ.then(|| view! { <span class="if-two">"Categorization model"</span> })}
                <ModelSelect name="categorization_model" usable=usable.clone() chosen=categorization_model.clone() form=form.clone() />
            </label>
            {may_differ
                .then(|| {
                    view! {
                        <label class="field narrow if-two">
                            <span>"Scoring model"</span>
                            <ModelSelect name="scoring_model" usable=usable.clone() chosen=scoring_model.clone() form=form.clone() />
                        </label>
                        <label class="check">
                            <input type="checkbox" name="use_separate_models" value="true" checked=use_separate_models />
                            <span>"Use separate models for categorization and scoring"</span>
                        </label>
                    }
                })}
            {(use_separate_models && !may_differ)
                .then(|| {
                    view! {
                        <p class="help">
                            "Currently " <strong>{categorization_model.to_string()}</strong> " categorizes and " <strong>{scoring_model.to_string()}</strong>
                            " scores. Saving here uses one model for both."
                        </p>
                    }
                })}
            <MemoryWarning estimate />
            {has_cloud
                .then(|| {
                    view! {
                        <p class="help">
                            "A model marked “cloud” runs on a remote server: the text of your articles leaves this machine."
                        </p>
                    }
                })}
            <FieldError form />
            <div class="actions">
                <SaveButton label="Save" always=use_separate_models && !may_differ />
            </div>
            </fieldset>
        </form>
    }
}

/// The models that are selected in the form but not saved, which a script asks the memory of; `None` without one.
fn previewed_models() -> Option<Vec<ModelName>> {
    let categorization_model = Some(query_param("categorization_model")).filter(|name| !name.is_empty())?;
    let is_separate = !query_param("use_separate_models").is_empty();
    let scoring_model = Some(query_param("scoring_model")).filter(|name| is_separate && !name.is_empty());
    Some([categorization_model].into_iter().chain(scoring_model).map(ModelName::from).collect())
}

/// The choice among models that can chat. A chosen model that is not installed is listed and marked as missing.
#[component]
fn ModelSelect(
    name: &'static str,
    usable: Vec<InstalledModelRow>,
    chosen: ModelName,
    form: FormValidation,
) -> impl IntoView {
    let is_missing = usable.iter().all(|model| model.name != chosen);
    let options = usable
        .into_iter()
        .map(|model| {
            let is_chosen = model.name == chosen;
            view! { <option value=model.name.to_string() selected=is_chosen>{model_option_label(&model)}</option> }
        })
        .collect_view();
    view! {
        <select
            name=name
            required
            autocomplete="off"
            aria-invalid=form.invalid(name)
            aria-describedby=form.aria_describedby(name)
        >
            {is_missing
                .then(|| {
                    view! { <option value=chosen.to_string() selected>{format!("{chosen} — missing")}</option> }
                })}
            {options}
        </select>
    }
}

/// The notice about models that are chosen but not installed, with buttons to pull them or to use the suggested one for both
/// tasks.
#[component]
fn MissingModelsNotice(
    names: Vec<ModelName>,
    suggestion: Option<ModelName>,
    fallbacks: Vec<ModelFallback>,
) -> impl IntoView {
    let verb = if names.len() == 1 {
        "is selected but not installed, so it"
    } else {
        "are selected but not installed, so they"
    };
    let pulls = names
        .iter()
        .map(|name| {
            view! {
                <form method="post" action=PullModel::url()>
                    <input type="hidden" name="model" value=name.to_string() />
                    <button class="button small">"Pull " {name.to_string()}</button>
                </form>
            }
        })
        .collect_view();
    view! {
        <div class="notice error" role="alert">
            <p><strong>{names.iter().map(ModelName::as_str).collect::<Vec<_>>().join(", ")}</strong> " " {verb} " cannot be used. Pull it, or choose one that is installed."</p>
            {fallbacks
                .into_iter()
                .map(|ModelFallback { task, chosen, serving }| {
                    view! {
                        <p>
                            <strong>{serving.to_string()}</strong>
                            {format!(" serves {} in place of {chosen} (ollama.fallback).", task.as_str())}
                        </p>
                    }
                })
                .collect_view()}
            <div class="actions">
                {pulls}
                {suggestion
                    .map(|model| {
                        view! {
                            <form method="post" action=SaveModelChoice::url()>
                                <input type="hidden" name="categorization_model" value=model.to_string() />
                                <button class="button small">{format!("Use {model}")}</button>
                            </form>
                        }
                    })}
            </div>
        </div>
    }
}

/// The largest model of this machine that fits its memory; the smallest when none does.
fn largest_fitting(usable: &[InstalledModelRow], machine_memory_bytes: Option<i64>) -> Option<ModelName> {
    let local = || usable.iter().filter(|model| !model.is_cloud);
    let fitting = local().filter(|model| machine_memory_bytes.is_none_or(|memory| model.size < memory));
    let chosen = fitting.max_by_key(|model| model.size).or_else(|| local().min_by_key(|model| model.size));
    chosen.map(|model| model.name.clone())
}

/// As "qwen3:8b — 5.2 GB (loaded)".
fn model_option_label(model: &InstalledModelRow) -> String {
    let place = if model.is_cloud { "cloud: text leaves the machine".to_owned() } else { format_bytes(model.size) };
    let loaded = if model.is_loaded { " (loaded)" } else { "" };
    format!("{} — {place}{loaded}", model.name)
}

fn apply_hint(queue: Option<&ScoringStatus>) -> String {
    let working =
        queue.filter(|q| matches!(q.phase, ScoringPhase::Loading | ScoringPhase::Categorizing | ScoringPhase::Scoring));
    let stays = "Existing scores are kept until you re-evaluate.";
    match working {
        Some(ScoringStatus { model: Some(model), .. }) => {
            format!("A batch is being scored with {model}; a change applies from the next batch. {stays}")
        }
        Some(_) => format!("A batch is being scored; a change applies from the next batch. {stays}"),
        None => format!("A change applies from the next batch. {stays}"),
    }
}
