//! `/settings/ollama/new`: gives a model a second name.

use crate::{
    api::model_versions::CopyModel,
    components::{
        forms::form::{FieldError, FormValidation, query_param},
        models::cli_equivalent::CliEquivalent,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page with the form.
#[component]
pub fn ModelNewPage() -> impl IntoView {
    let form = FormValidation::of::<CopyModel>();
    let field = |name: &'static str, label: &'static str, shown: String| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    name=name
                    required
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-invalid=form.invalid(name)
                    aria-describedby=form.aria_describedby(name)
                    value=form.value(name, &shown)
                />
            </label>
        }
    };
    view! {
        <Title text="Copy a model" />
        <header class="page-head">
            <div>
                <p><a href="/settings/ollama#installed">"Ollama"</a></p>
                <h1>"Copy a model"</h1>
            </div>
        </header>
        <form class="panel stack" id="copy" method="post" action=CopyModel::url()>
            <p class="muted">"Both names share their layers on the disk. An existing model is never overwritten."</p>
            <FieldError form=form.clone() />
            {field("source", "Model", query_param("model"))}
            {field("destination", "Name of the copy", String::new())}
            <div class="actions">
                <button class="button primary">"Copy"</button>
                <a class="button" href="/settings/ollama#installed">"Cancel"</a>
            </div>
            <CliEquivalent command="gleaner models copy SOURCE DESTINATION" />
        </form>
    }
}
