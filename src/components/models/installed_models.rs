//! The installed models, which of them are in memory, and their tasks.

use crate::components::{
    layout::time_element::TimeElement,
    models::{model_options::model_options_url, model_versions::ModelVersionView},
};
use crate::domain::{model_name::ModelName, model_options::OptionLevel, model_versions::ModelVersions};
use crate::{
    api::{
        model_versions::MODEL_NEW_PAGE,
        pulls::{LoadModel, UnloadModel},
    },
    domain::{
        humanize::format_bytes,
        model::{InstalledModelRow, ModelExpiry},
        time::Timestamp,
    },
    error::AppError,
};
use leptos::prelude::*;
use server_fn::ServerFn;
use url::form_urlencoded::byte_serialize;

/// Every installed model with its size and other facts, and its actions.
#[component]
pub fn InstalledModels(
    /// The models, or why they are not known.
    installed: Result<Vec<InstalledModelRow>, AppError>,
    /// What is locked, outdated and kept.
    versions: ModelVersions,
    /// When this was read.
    now: Timestamp,
) -> impl IntoView {
    let body = match installed {
        Ok(models) if models.is_empty() => view! { <p>"None yet. Pull one of the models above."</p> }.into_any(),
        Ok(models) => {
            let row = |model| view! { <InstalledModelListRow model versions=versions.clone() now /> };
            let rows = models.into_iter().map(row).collect_view();
            view! { <ul class="lines">{rows}</ul> }.into_any()
        }
        Err(error) => {
            view! { <p>"Connect to Ollama to manage models."</p> <p class="muted">{error.message}</p> }.into_any()
        }
    };
    view! {
        <section class="panel" id="installed" aria-labelledby="installed-title" data-live>
            <h2 id="installed-title">"Installed models"</h2>
            {body}
        </section>
    }
}

#[component]
fn InstalledModelListRow(model: InstalledModelRow, versions: ModelVersions, now: Timestamp) -> impl IntoView {
    let name = model.name.clone();
    let encoded: String = byte_serialize(name.as_str().as_bytes()).collect();
    let delete = format!("/settings/ollama/delete?model={encoded}");
    let copy = format!("{MODEL_NEW_PAGE}?model={encoded}");
    let options = model_options_url(&OptionLevel { model: Some(name.clone()), task: None });
    let used = task_label(&model);
    view! {
        <li class="model">
            <p>
                <strong>{name.to_string()}</strong>
                " "
                {used.map(|used| view! { <span class="chip">{used}</span> })}
                <span class="muted">{format!(" {}", model_facts(&model))}</span>
            </p>
            {model.is_loaded.then(|| view! { <LoadedModelInfo model=model.clone() now /> })}
            <ModelVersionView name=name.clone() versions />
            <div class="actions">
                <LoadUnloadButton name=name.clone() is_loaded=model.is_loaded can_chat=model.can_chat() && !model.is_cloud />
                <a class="button small" href=copy aria-label=format!("Copy {name}")>"Copy"</a>
                <a class="button small" href=options aria-label=format!("Options of {name}")>"Options"</a>
                <a class="button small" href=delete aria-label=format!("Delete {name}")>"Delete"</a>
            </div>
        </li>
    }
}

/// Where in memory it is, and until when.
#[component]
fn LoadedModelInfo(model: InstalledModelRow, now: Timestamp) -> impl IntoView {
    let place = match model.size_vram {
        Some(bytes) if bytes > 0 => format!("Loaded, {} of it on the GPU", format_bytes(bytes)),
        Some(_) => "Loaded, on the CPU".to_owned(),
        None => "Loaded".to_owned(),
    };
    let measured = model.memory.as_ref().map(|memory| format!("{} {}", memory.message(), memory.placement()));
    let until = match model.expiry(now) {
        Some(ModelExpiry::Never) => view! { ", stays loaded until unloaded." }.into_any(),
        Some(ModelExpiry::Busy) => view! { ", busy." }.into_any(),
        Some(ModelExpiry::At(at)) => view! { ", unloads " <TimeElement at /> "." }.into_any(),
        None => view! { "." }.into_any(),
    };
    view! {
        <p>{place} {until}</p>
        {measured.map(|measured| view! { <p class="muted">{measured}</p> })}
    }
}

/// The button to load or unload a model; embedding-only and cloud models cannot be loaded.
#[component]
fn LoadUnloadButton(name: ModelName, is_loaded: bool, can_chat: bool) -> impl IntoView {
    let (action, word) = if is_loaded { (UnloadModel::url(), "Unload") } else { (LoadModel::url(), "Load") };
    (is_loaded || can_chat).then(|| {
        view! {
            <form method="post" action=action>
                <input type="hidden" name="name" value=name.to_string() />
                <button class="button small" aria-label=format!("{word} {name}")>{word}</button>
            </form>
        }
    })
}

/// Size, parameters, quantization, context: what is known of them.
fn model_facts(model: &InstalledModelRow) -> String {
    let kind = match (model.is_cloud, model.can_chat()) {
        (true, _) => Some("cloud: text leaves the machine".to_owned()),
        (_, false) => Some("embeddings only".to_owned()),
        _ => None,
    };
    let bytes = (!model.is_cloud).then(|| format_bytes(model.size));
    let parameters = model.parameter_size.as_ref().map(|parameters| format!("{parameters} parameters"));
    let context = model.context_length.map(|tokens| format!("context up to {tokens}"));
    let loaded = model.loaded_context_length.map(|tokens| format!("loaded with context {tokens}"));
    let parts = [bytes, parameters, model.quantization_level.clone(), context, loaded, kind];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The tasks that use a model, in words; `None` when none does.
pub fn task_label(model: &InstalledModelRow) -> Option<&'static str> {
    let uses = |task: &str| model.used_for.iter().any(|used| used == task);
    match (uses("categorization"), uses("scoring")) {
        (true, true) => Some("categorizes and scores"),
        (true, false) => Some("categorizes"),
        (false, true) => Some("scores"),
        (false, false) => None,
    }
}
