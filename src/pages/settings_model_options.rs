//! `/settings/ollama/options?model=…&task=…`: the options of requests of a task, to a model, or both.

use crate::{
    api::models::{ModelOptionsOverview, TestModel, load_model_options},
    components::{
        forms::{
            form::{FieldError, FormValidation, query_param, render_loaded},
            form_outcome::{FormOutcome, FormResult},
        },
        models::{
            cli_equivalent::CliEquivalent,
            model_options::{ModelOptionsForm, model_options_url},
        },
    },
    domain::{
        model::ModelConfig,
        model_name::ModelName,
        model_options::{ModelTask, OptionKey, OptionLevel},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page; without parameters it shows the options of every request.
#[component]
pub fn SettingsModelOptionsPage() -> impl IntoView {
    let (model, task) = (query_param("model"), ModelTask::parse(&query_param("task")));
    render_loaded(load_model_options(model), move |overview| {
        let ModelOptionsOverview { config, model } = overview;
        let level = OptionLevel { model, task };
        let title = level_title(&level);
        let command = option_command(&level);
        view! {
            <Title text=title.clone() />
            <header class="page-head">
                <div>
                    <p><a href="/settings/ollama#options">"Ollama"</a></p>
                    <h1>{title}</h1>
                </div>
            </header>
            <LevelLinks level=level.clone() />
            <section class="panel stack" id="options" aria-labelledby="options-title">
                <h2 id="options-title">"Saved options"</h2>
                <ModelOptionsForm level=level.clone() config=config.clone() />
                <CliEquivalent command />
            </section>
            {level
                .model
                .map(|model| {
                    view! {
                        <ModelTestPanel model=model.clone() task=level.task />
                        <EffectiveOptionsPanel model config />
                    }
                })}
        }
    })
}

fn level_title(level: &OptionLevel) -> String {
    match (&level.model, level.task) {
        (None, None) => "Options of every request".to_owned(),
        (None, Some(task)) => format!("Options of {}", task.as_str()),
        (Some(model), None) => format!("Options of {model}"),
        (Some(model), Some(task)) => format!("Options of {model} for {}", task.as_str()),
    }
}

fn option_command(level: &OptionLevel) -> String {
    let model = level.model.as_ref().map(|model| format!(" {model}")).unwrap_or_default();
    let task = level.task.map(|task| format!(" --for {}", task.as_str())).unwrap_or_default();
    format!("gleaner models options{model}{task} num_ctx=8192")
}

/// Links to the other levels of the same model.
#[component]
fn LevelLinks(level: OptionLevel) -> impl IntoView {
    let tasks = std::iter::once(None).chain(ModelTask::ALL.iter().copied().map(Some));
    let links = tasks
        .map(|task| {
            let address = model_options_url(&OptionLevel { model: level.model.clone(), task });
            let is_current = (task == level.task).then_some("page");
            let label = task.map_or("every task", ModelTask::as_str);
            view! { <a href=address aria-current=is_current>{label}</a> }
        })
        .collect_view();
    view! { <nav class="sorts" aria-label="Tasks">{links}</nav> }
}

/// The button that asks the model one question, and what the test that was just made found.
#[component]
fn ModelTestPanel(model: ModelName, task: Option<ModelTask>) -> impl IntoView {
    let form = FormValidation::of::<TestModel>();
    let found = FormOutcome::of_page().and_then(|outcome| match &outcome.result {
        FormResult::ModelTested(found) => Some(found.clone()),
        _ => None,
    });
    let found = found.map(|found| {
        view! {
            <div role="status" class="stack">
                <p>{found.describe()}</p>
                <p class="muted">{format!("Asked for {}: {}", found.task.as_str(), found.question)}</p>
                <blockquote>{found.answer}</blockquote>
                <p class="muted">"Options as sent: " <code>{found.options}</code></p>
            </div>
        }
    });
    let task = task.map(ModelTask::as_str).unwrap_or_default();
    let flag = if task.is_empty() { String::new() } else { format!(" --for {task}") };
    view! {
        <section class="panel stack" id="test" aria-labelledby="test-title">
            <h2 id="test-title">"Test this model"</h2>
            <form class="one-line" method="post" action=TestModel::url()>
                <input type="hidden" name="name" value=model.to_string() />
                <input type="hidden" name="task" value=task />
                <button class="button">"Test"</button>
                <span class="muted">"Asks one question with exactly these options. A model that is not in memory is loaded first."</span>
            </form>
            {found}
            <FieldError form />
            <CliEquivalent command=format!("gleaner models test {model}{flag}") />
        </section>
    }
}

/// What requests to a model are sent with, for each task, with the level that each option comes from.
#[component]
fn EffectiveOptionsPanel(model: ModelName, config: ModelConfig) -> impl IntoView {
    let heads = ModelTask::ALL.iter().map(|task| view! { <th scope="col">{task.as_str()}</th> }).collect_view();
    let of_tasks: Vec<_> = ModelTask::ALL.iter().map(|task| config.inherited_options(&model, *task)).collect();
    let rows = OptionKey::ALL
        .iter()
        .map(|key| {
            let cells = of_tasks.iter().map(|options| view! { <td>{options.describe(*key)}</td> }).collect_view();
            view! { <tr><th scope="row">{key.label()}</th>{cells}</tr> }
        })
        .collect_view();
    let contexts = config.describe_differing_contexts(&model);
    view! {
        <section class="panel stack" id="effective" aria-labelledby="effective-title">
            <h2 id="effective-title">"Options in requests"</h2>
            {contexts.map(|sentence| view! { <p class="notice warn">{sentence}</p> })}
            <div class="scroll" tabindex="0" role="region" aria-labelledby="effective-title">
                <table class="grid-table">
                    <thead><tr><th scope="col">"Option"</th>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}
