//! The library: recommended models and any other, each with a button to pull it, or the progress of its pull.

use crate::components::{
    browser::{
        dom::{query_selector, run_after, show_toast},
        live_updates::subscribe_to_events,
        site_address::site_address,
    },
    layout::error_page::FormError,
    models::pull_progress_bar::{PullOutcomeNotice, PullProgressBar},
};
use crate::{
    api::pulls::{CancelPullRequest, MovePullToFront, PullModel, cancel_pull, dismiss_pull, load_library, pull_model},
    domain::{
        humanize::format_bytes,
        library::{Library, LibraryModel},
        live_event::LiveEvent,
        model_name::ModelName,
        pull::PullStatus,
        pull_format::ModelPullState,
    },
    error::AppError,
};
use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};
use server_fn::ServerFn;
use std::future::Future;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Five recommended models, a field for any other name, and what is being downloaded. Every button is a form; with JavaScript
/// the page stays where it is and follows the tab's event stream.
#[island]
pub fn ModelLibrary(
    library: Library,
    /// The name in the form that was refused.
    typed: String,
    /// The error of the form that was refused.
    refused: Option<AppError>,
) -> impl IntoView {
    let names: Vec<ModelName> = library.models.iter().map(|model| model.name.clone()).collect();
    let state = LibraryState::new(library, refused);
    Effect::new(move |_| state.follow());
    let others = Memo::new(move |_| {
        let all = state.downloads.read().visible_models();
        all.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>()
    });
    let rows = (0..state.library.read_untracked().models.len())
        .map(|at| view! { <RecommendedModelRow state at /> })
        .collect_view();
    view! {
        // Not disabled as a whole while Ollama is not connected: cancelling a download and dismissing its outcome need no Ollama.
        <fieldset class="library" tabindex="-1">
            <legend class="sr">"Models to download"</legend>
            {move || state.is_disconnected().then(|| view! { <p>"Connect to Ollama to manage models."</p> })}
            <ul class="lines">{rows}</ul>
            <OtherModelForm state typed />
            <ul class="lines">
                {move || {
                    let all = others.get();
                    all.into_iter()
                        .map(|name| {
                            view! {
                                <li tabindex="-1">
                                    <strong>{name.to_string()}</strong>
                                    <PullStateView state name />
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </fieldset>
    }
}

/// The state that the parts of the library share. Cheap to copy.
#[derive(Clone, Copy)]
struct LibraryState {
    library: RwSignal<Library>,
    downloads: RwSignal<PullStatus>,
    refused: RwSignal<Option<AppError>>,
}

impl LibraryState {
    fn new(library: Library, refused: Option<AppError>) -> Self {
        let downloads = RwSignal::new(library.pulls.clone());
        Self { library: RwSignal::new(library), downloads, refused: RwSignal::new(refused) }
    }

    /// Updates the state by the tab's event stream.
    fn follow(self) {
        subscribe_to_events(move |event| match event {
            LiveEvent::Pull(now) => {
                let has_ended = self.downloads.read_untracked().last != now.last;
                self.downloads.set((**now).clone());
                if has_ended {
                    self.reload();
                }
            }
            LiveEvent::Health(_) => self.reload(),
            _ => {}
        });
    }

    /// Whether Ollama is not connected.
    fn is_disconnected(self) -> bool {
        !self.library.read().is_connected
    }

    fn reload(self) {
        spawn_local(self.load());
    }

    async fn load(self) {
        // Without an answer the page stays as it is until the next event.
        if let Ok(now) = load_library().await {
            self.downloads.set(now.pulls.clone());
            self.library.set(now);
        }
    }

    /// Requests a pull in place of its form; an error is shown beside the field.
    fn submit_pull(self, event: &SubmitEvent, action: impl Future<Output = Result<(), AppError>> + 'static) {
        self.submit(event, async move { self.refused.set(action.await.err()) });
    }

    /// Cancels or dismisses a pull in place of its form; an error is shown as a toast.
    fn submit_change(self, event: &SubmitEvent, action: impl Future<Output = Result<(), AppError>> + 'static) {
        self.submit(event, async move {
            if let Err(error) = action.await {
                show_toast(&error.message);
            }
        });
    }

    fn submit(self, event: &SubmitEvent, action: impl Future<Output = ()> + 'static) {
        event.prevent_default();
        let form = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let row = form.and_then(|form| form.closest("li").ok().flatten());
        spawn_local(async move {
            action.await;
            self.load().await;
            // After the page shows the result.
            run_after(0, move || restore_focus(row));
        });
    }
}

/// Restores the focus when the button that was pressed is gone: to its row, else to the library.
fn restore_focus(row: Option<Element>) {
    let is_lost = document().active_element().is_none_or(|focused| focused.tag_name() == "BODY");
    let place = row.filter(|row| row.is_connected()).or_else(|| query_selector(".library"));
    if let Some(place) = place.filter(|_| is_lost).and_then(|place| place.dyn_into::<HtmlElement>().ok()) {
        let _ = place.focus();
    }
}

/// A recommended model: its size, its reason, whether it fits the memory, and the state of its pull.
#[component]
fn RecommendedModelRow(state: LibraryState, at: usize) -> impl IntoView {
    let Some(model) = state.library.read_untracked().models.get(at).cloned() else { return ().into_any() };
    let is_installed = move || state.library.read().models.get(at).is_some_and(|model| model.is_installed);
    let LibraryModel { name, size: bytes, reason, needed_memory_bytes, fit, .. } = model;
    let fits = match fit {
        Some(fit) => format!("needs about {} of memory: {}", format_bytes(needed_memory_bytes), fit.label()),
        None => format!("needs about {} of memory", format_bytes(needed_memory_bytes)),
    };
    view! {
        <li class="model" tabindex="-1">
            <p>
                <strong>{name.to_string()}</strong>
                " "
                {move || is_installed().then(|| view! { <span class="chip good">"✓ Installed"</span> })}
                <span class="muted">{format!(" {} · {fits}", format_bytes(bytes))}</span>
            </p>
            <p class="muted">{reason}</p>
            <PullStateView state name=name.clone() />
            {move || {
                let is_idle = matches!(state.downloads.read().state_of(&name), ModelPullState::Idle | ModelPullState::Finished(_));
                (is_idle && !is_installed()).then(|| view! { <PullForm state name=name.clone() /> })
            }}
        </li>
    }
    .into_any()
}

/// The button that starts a download.
#[component]
fn PullForm(state: LibraryState, name: ModelName) -> impl IntoView {
    let label = format!("Pull {name}");
    let wanted = name.clone();
    view! {
        <form class="start" method="post" action=site_address(PullModel::url()) on:submit=move |event| state.submit_pull(&event, pull_model(wanted.to_string()))>
            <input type="hidden" name="model" value=name.to_string() />
            <button class="button small" aria-label=label disabled=move || state.is_disconnected()>"Pull"</button>
        </form>
    }
}

/// The pull of a model: its bar, its place in the queue, or its outcome.
#[component]
fn PullStateView(state: LibraryState, name: ModelName) -> impl IntoView {
    let wanted = name.clone();
    // Only the state is tracked: a bar that is rebuilt with each figure could not be clicked.
    let place = Memo::new(move |_| state.downloads.read().state_of(&wanted));
    move || {
        let cancelled = name.clone();
        let cancel = move |event: SubmitEvent| state.submit_change(&event, cancel_pull(Some(cancelled.to_string())));
        match place.get() {
            ModelPullState::Idle => ().into_any(),
            ModelPullState::Running => {
                view! { <PullProgressBar downloads=state.downloads on_cancel=cancel /> }.into_any()
            }
            ModelPullState::Queued => {
                let label = format!("Cancel the download of {name}");
                view! {
                    <form class="waiting" method="post" action=site_address(CancelPullRequest::url()) on:submit=cancel>
                        <input type="hidden" name="model" value=name.to_string() />
                        <span class="muted" role="status">"Queued: starts after the current download."</span>
                        <button class="button small" aria-label=label>"Cancel"</button>
                    </form>
                    <form method="post" action=site_address(MovePullToFront::url())>
                        <input type="hidden" name="model" value=name.to_string() />
                        <button class="button small" aria-label=format!("Pull {name} next")>"Pull next"</button>
                    </form>
                }
                .into_any()
            }
            ModelPullState::Finished(last) => {
                view! { <PullOutcomeNotice last=*last on_dismiss=move |event| state.submit_change(&event, dismiss_pull()) /> }
                    .into_any()
            }
        }
    }
}

/// A field for any other model. The name is checked as it is typed; the server checks it again.
#[component]
fn OtherModelForm(state: LibraryState, typed: String) -> impl IntoView {
    let text = RwSignal::new(typed);
    // Before hydration nothing could enable the button again, and an error of the server is shown already.
    let is_hydrated = RwSignal::new(false);
    let wrong = Memo::new(move |_| {
        let is_skipped = !is_hydrated.get() || state.refused.read().is_some();
        if is_skipped { None } else { model_name_error(&text.read(), &state.library.read().registries) }
    });
    let is_wrong = move || wrong.read().is_some();
    let field = NodeRef::<Input>::new();
    Effect::new(move |_| {
        // The text that was typed before hydration.
        if let Some(field) = field.get() {
            text.set(field.value());
            is_hydrated.set(true);
        }
    });
    view! {
        <form
            class="stack"
            method="post"
            action=site_address(PullModel::url())
            on:submit=move |event| {
                state.submit_pull(
                    &event,
                    async move {
                        pull_model(text.get_untracked()).await?;
                        text.set(String::new());
                        Ok(())
                    },
                )
            }
        >
            <div class="one-line">
                <label class="field">
                    <span>"Pull another model"</span>
                    <input
                        name="model"
                        required
                        placeholder="phi4-mini"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        disabled=move || state.is_disconnected()
                        aria-describedby="name-hint name-wrong"
                        aria-invalid=move || (is_wrong() || state.refused.read().is_some()).then_some("true")
                        node_ref=field
                        value=text.get_untracked()
                        prop:value=text
                        on:input:target=move |event| {
                            state.refused.set(None);
                            text.set(event.target().value());
                        }
                    />
                </label>
                <button class="button" disabled=move || state.is_disconnected() || is_wrong()>"Pull"</button>
            </div>
            <small id="name-hint" class="help">
                "A name from "
                <a href="https://ollama.com/library" rel="noreferrer">"ollama.com/library"</a>
                ", or with its registry: hf.co/owner/model:quantization."
            </small>
            <p id="name-wrong" class="wrong" role="status">{wrong}</p>
            {move || state.refused.get().map(|error| view! { <FormError error /> })}
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
