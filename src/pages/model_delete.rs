//! `/settings/ollama/delete?model=…`: asks for confirmation before a model is deleted from Ollama's disk.

use crate::{
    api::{
        models::{OllamaOverview, load_ollama_overview},
        pulls::DeleteModel,
    },
    components::{
        forms::form::{query_param, render_loaded},
        models::installed_models::task_label,
    },
    domain::{humanize::format_bytes, model_name::ModelName},
    error::AppError,
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The confirmation: the size that is freed, and the task that is left without its model.
#[component]
pub fn ModelDeletePage() -> impl IntoView {
    let name = ModelName::from(query_param("model"));
    let data = async move {
        let OllamaOverview { installed, .. } = load_ollama_overview().await?;
        installed?.into_iter().find(|model| model.name == name).ok_or_else(|| {
            AppError::not_found(format!("Ollama does not have {name}.")).hint("It may already have been deleted.")
        })
    };
    render_loaded(data, |model| {
        let name = model.name.clone();
        let task = task_label(&model);
        view! {
            <Title text=format!("Delete {name}?") />
            <header class="page-head">
                <div>
                    <p><a href="/settings/ollama#installed">"Ollama"</a></p>
                    <h1>"Delete this model?"</h1>
                </div>
            </header>
            <form class="panel stack" method="post" action=DeleteModel::url()>
                <p>
                    <strong>{name.to_string()}</strong> " will be deleted from Ollama's disk, which frees about " {format_bytes(model.size)}
                    "; layers shared with other models are kept. You can pull it again later."
                </p>
                {task
                    .map(|task| {
                        view! {
                            <p class="notice warn">
                                "This model " <strong>{task}</strong>
                                " your articles. The default model takes over; if this is the default model, scoring waits until you choose another."
                            </p>
                            <input type="hidden" name="force" value="true" />
                        }
                    })}
                {model.is_loaded.then(|| view! { <p>"It is loaded and will be unloaded first."</p> })}
                <input type="hidden" name="name" value=name.to_string() />
                <div class="actions">
                    <button class="button danger">"Delete"</button>
                    <a class="button" href="/settings/ollama#installed">"Cancel"</a>
                </div>
            </form>
        }
    })
}
