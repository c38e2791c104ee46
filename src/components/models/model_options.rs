//! The options of requests at one level: all, those of a task, those to a model, or those of a task to a model.

use crate::components::forms::{
    form::{FieldError, FormValidation},
    save_button::SaveButton,
};
use crate::{
    api::models::{MODEL_OPTIONS_PAGE, SaveModelOptions},
    domain::{
        model::ModelConfig,
        model_name::ModelName,
        model_options::{ModelTask, OptionKey, OptionLevel},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;
use url::form_urlencoded::Serializer;

/// The address of the page about the options of a level.
pub fn model_options_url(level: &OptionLevel) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(model) = &level.model {
        query.append_pair("model", model.as_str());
    }
    if let Some(task) = level.task {
        query.append_pair("task", task.as_str());
    }
    format!("{MODEL_OPTIONS_PAGE}?{}", query.finish())
}

/// The panel of the general options, with links to those of each task.
#[component]
pub fn GeneralOptionsPanel(config: ModelConfig) -> impl IntoView {
    let is_refused = FormValidation::of::<SaveModelOptions>().is_refused();
    let tasks = ModelTask::ALL.iter().map(|task| {
        let address = model_options_url(&OptionLevel { model: None, task: Some(*task) });
        view! { " " <a href=address>{task.as_str()}</a> }
    });
    let contexts = config.models_in_use().into_iter().filter_map(|model| config.describe_differing_contexts(model));
    let contexts = contexts.map(|sentence| view! { <p class="notice warn">{sentence}</p> }).collect_view();
    view! {
        <section class="panel stack" id="options" aria-labelledby="options-title">
            <h2 id="options-title">"Model options"</h2>
            {contexts}
            <details open=is_refused>
                <summary>"Context length, keep alive, thinking"</summary>
                <ModelOptionsForm level=OptionLevel::default() config />
            </details>
            <p>"Options of a task: " {tasks.collect_view()} ". Those of a model are at the model, below."</p>
        </section>
    }
}

/// The form of one level. An empty field inherits; each says what.
#[component]
pub fn ModelOptionsForm(level: OptionLevel, config: ModelConfig) -> impl IntoView {
    let form = FormValidation::of::<SaveModelOptions>();
    let saved = config.saved_options(&level);
    let fields = OptionKey::ALL
        .iter()
        .map(|key| {
            let value = form.value(key.as_str(), saved.text(*key).unwrap_or_default());
            let inherited = config.describe_inherited(&level, *key);
            view! { <OptionField key=*key value inherited form=form.clone() /> }
        })
        .collect_view();
    let model = level.model.as_ref().map(ModelName::to_string).unwrap_or_default();
    let task = level.task.map(ModelTask::as_str).unwrap_or_default();
    view! {
        <form class="stack" method="post" action=SaveModelOptions::url()>
            <input type="hidden" name="model" value=model />
            <input type="hidden" name="task" value=task />
            <p class="help">"An empty field inherits."</p>
            <div class="fields">{fields}</div>
            <FieldError form />
            <div class="actions">
                <SaveButton label="Save options" always=false />
            </div>
        </form>
    }
}

#[component]
fn OptionField(key: OptionKey, value: String, inherited: String, form: FormValidation) -> impl IntoView {
    let name = key.as_str();
    let input = if key == OptionKey::Think {
        let choices = [("", "inherit"), ("on", "on"), ("off", "off")].map(|(word, label)| {
            view! { <option value=word selected=value == word>{label}</option> }
        });
        view! {
            <select name=name aria-invalid=form.invalid(name) aria-describedby=form.aria_describedby_with_hint(name)>
                {choices.collect_view()}
            </select>
        }
        .into_any()
    } else {
        view! {
            <input
                name=name
                value=value
                inputmode=(key != OptionKey::KeepAlive).then_some("decimal")
                autocomplete="off"
                aria-invalid=form.invalid(name)
                aria-describedby=form.aria_describedby_with_hint(name)
            />
        }
        .into_any()
    };
    view! {
        <label class="field">
            <span>{key.label()}</span>
            {input}
            <small id=format!("{name}-hint")>{format!("Inherits: {inherited}. {}", key.hint())}</small>
        </label>
    }
}
