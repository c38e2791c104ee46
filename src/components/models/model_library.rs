//! The library: recommended models and any other, each with a button to pull it, or the progress of its pull.

use crate::components::{
    forms::form::{FormValidation, query_param},
    layout::error_page::FormError,
    models::pull_progress_bar::{PullOutcomeNotice, PullProgressBar},
};
use crate::{
    api::pulls::{CancelPullRequest, MovePullToFront, PullModel},
    domain::{
        humanize::format_bytes,
        library::{Library, LibraryModel},
        model_name::ModelName,
        pull::PullStatus,
        pull_format::ModelPullState,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Recommended models, those first that fit the machine, a field for any other name, and what is being downloaded. Every button is a form; with JavaScript
/// the page stays where it is, and its rows are live parts.
#[component]
pub fn ModelLibrary(library: Library) -> impl IntoView {
    let Library { models, source, problems, pulls, registries, is_connected } = library;
    let others: Vec<_> = pulls
        .visible_models()
        .into_iter()
        .filter(|name| models.iter().all(|model| model.name != *name))
        .map(|name| {
            view! {
                <li>
                    <strong>{name.to_string()}</strong>
                    <PullStateView pulls=pulls.clone() name />
                </li>
            }
        })
        .collect();
    let rows = models
        .into_iter()
        .enumerate()
        .map(|(at, model)| view! { <RecommendedModelRow at model pulls=pulls.clone() is_connected /> })
        .collect_view();
    view! {
        // Not disabled as a whole while Ollama is not connected: cancelling a download and dismissing its outcome need no Ollama.
        <fieldset class="library">
            <legend class="sr">"Models to download"</legend>
            <div id="library-state" data-live>
                {(!is_connected).then(|| view! { <p>"Connect to Ollama to manage models."</p> })}
                {(!problems.is_empty()).then(|| view! { <ListProblems problems /> })}
                {source.map(|file| view! { <p class="help">"Recommended by " {file} "."</p> })}
            </div>
            <ul class="lines">{rows}</ul>
            <OtherModelForm registries is_connected />
            <ul id="other-pulls" class="lines" tabindex="-1" data-live>{others}</ul>
        </fieldset>
    }
}

/// Why the owner's list of recommended models is not used.
#[component]
fn ListProblems(problems: Vec<String>) -> impl IntoView {
    let lines = problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view();
    view! {
        <div class="notice warn">
            <div>
                <p>"The list of recommended models cannot be used; these are the built-in ones."</p>
                <ul>{lines}</ul>
            </div>
        </div>
    }
}

/// A recommended model: its size, its reason, whether it fits the memory, and the state of its pull.
#[component]
fn RecommendedModelRow(
    /// Its place in the list.
    at: usize,
    model: LibraryModel,
    pulls: PullStatus,
    is_connected: bool,
) -> impl IntoView {
    let facts =
        format!("{} · context up to {} tokens · {}", model.languages, model.context_length, model.speed.label());
    let LibraryModel { name, size: bytes, reason, is_installed, needed_memory_bytes, correction, fit, .. } = model;
    let corrected = correction.map(|correction| format!(" ({})", correction.describe())).unwrap_or_default();
    let fits = match fit {
        Some(fit) => format!("needs about {} of memory{corrected}: {}", format_bytes(needed_memory_bytes), fit.label()),
        None => format!("needs about {} of memory{corrected}", format_bytes(needed_memory_bytes)),
    };
    let is_idle = matches!(pulls.state_of(&name), ModelPullState::Idle | ModelPullState::Finished(_));
    view! {
        <li class="model" id=format!("library-{at}") tabindex="-1" data-live>
            <p>
                <strong>{name.to_string()}</strong>
                " "
                {is_installed.then(|| view! { <span class="chip good">"✓ Installed"</span> })}
                <span class="muted">{format!(" {} · {fits}", format_bytes(bytes))}</span>
            </p>
            <p class="muted">{reason} " " {facts}</p>
            <PullStateView pulls name=name.clone() />
            {(is_idle && !is_installed).then(|| view! { <PullForm name is_connected /> })}
        </li>
    }
}

/// The button that starts a download.
#[component]
fn PullForm(name: ModelName, is_connected: bool) -> impl IntoView {
    view! {
        <form class="start" method="post" action=PullModel::url() data-quiet>
            <input type="hidden" name="model" value=name.to_string() />
            <button class="button small" aria-label=format!("Pull {name}") disabled=!is_connected>"Pull"</button>
        </form>
    }
}

/// The pull of a model: its bar, its place in the queue, or its outcome.
#[component]
fn PullStateView(pulls: PullStatus, name: ModelName) -> impl IntoView {
    match pulls.state_of(&name) {
        ModelPullState::Idle => ().into_any(),
        ModelPullState::Running => view! { <PullProgressBar downloads=pulls name /> }.into_any(),
        ModelPullState::Queued => {
            let label = format!("Cancel the download of {name}");
            view! {
                <form class="waiting" method="post" action=CancelPullRequest::url() data-quiet>
                    <input type="hidden" name="model" value=name.to_string() />
                    <span class="muted" role="status">"Queued: starts after the current download."</span>
                    <button class="button small" aria-label=label>"Cancel"</button>
                </form>
                <form method="post" action=MovePullToFront::url() data-quiet>
                    <input type="hidden" name="model" value=name.to_string() />
                    <button class="button small" aria-label=format!("Pull {name} next")>"Pull next"</button>
                </form>
            }
            .into_any()
        }
        ModelPullState::Finished(last) => view! { <PullOutcomeNotice last=*last /> }.into_any(),
    }
}

/// A field for any other model. With JavaScript the name is checked as it is typed: the page is asked for with the name as
/// parameter. The server checks it again when it is sent.
#[component]
fn OtherModelForm(registries: Vec<String>, is_connected: bool) -> impl IntoView {
    let form = FormValidation::of::<PullModel>();
    let typed = form.value("model", "");
    let previewed = query_param("model");
    // The error of a refused form stays until another name is typed.
    let refused = form.error().filter(|_| previewed.is_empty() || previewed == typed);
    let wrong = if refused.is_some() { None } else { model_name_error(&previewed, &registries) };
    let (is_wrong, is_refused) = (wrong.is_some(), refused.is_some());
    view! {
        <form class="stack" method="post" action=PullModel::url() data-quiet data-preview>
            <div class="one-line">
                <label class="field">
                    <span>"Pull another model"</span>
                    <input
                        id="other-model"
                        name="model"
                        required
                        placeholder="phi4-mini"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        disabled=!is_connected
                        aria-describedby="name-hint name-wrong"
                        aria-invalid=(is_wrong || is_refused).then_some("true")
                        value=typed
                        data-live="state"
                    />
                </label>
                <button id="pull-other-model" class="button" disabled=!is_connected || is_wrong data-live="state">"Pull"</button>
            </div>
            <small id="name-hint" class="help">
                "A name from "
                <a href="https://ollama.com/library" rel="noreferrer">"ollama.com/library"</a>
                ", or with its registry: hf.co/owner/model:quantization."
            </small>
            <p id="name-wrong" class="wrong" role="status" data-live>{wrong}</p>
            <div id="name-refused" data-live>{refused.map(|error| view! { <FormError error /> })}</div>
        </form>
    }
}

/// What is wrong with a name; nothing while the field is empty.
fn model_name_error(text: &str, registries: &[String]) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    match ModelName::parse(text) {
        Err(reason) => Some(reason.to_string()),
        Ok(name) if !registries.is_empty() && !name.is_from(registries) => {
            Some(format!("The registry {} is not allowed. Allowed: {}.", name.host(), registries.join(", ")))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::model_name_error;

    #[test]
    fn names_are_checked_as_typed() {
        let registries = ["registry.ollama.ai".to_owned(), "hf.co".to_owned()];
        for (text, wrong) in [
            ("", None),
            ("  ", None),
            ("phi4-mini", None),
            ("hf.co/owner/model:Q4_K_M", None),
            ("a b", Some("cannot contain")),
            ("https://ollama.com/x", Some("Leave out")),
            ("evil.example/a/b", Some("evil.example is not allowed")),
        ] {
            let error = model_name_error(text, &registries);
            assert_eq!(error.is_some(), wrong.is_some(), "{text}: {error:?}");
            assert!(error.unwrap_or_default().contains(wrong.unwrap_or_default()), "{text}");
        }
    }
}
