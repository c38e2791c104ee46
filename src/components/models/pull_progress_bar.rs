//! The progress of a running pull, and the outcome of a finished one.

use crate::{
    api::pulls::{CancelPullRequest, DismissPull},
    components::browser::site_address::site_address,
    domain::{
        pull::{FinishedPull, PullOutcome, PullStatus},
        pull_format::{format_activity, format_outcome, format_percent, format_progress},
    },
};
use leptos::{ev::SubmitEvent, prelude::*};
use server_fn::ServerFn;
use url::form_urlencoded::byte_serialize;

/// The running pull as a bar over the full width: percent of the whole model, bytes, speed, time left, what is being done.
/// Cancel stands beside it.
#[component]
pub fn PullProgressBar(
    /// Its figures change several times a second.
    downloads: RwSignal<PullStatus>,
    /// Called instead of posting the form.
    on_cancel: impl Fn(SubmitEvent) + 'static,
) -> impl IntoView {
    let name = move || downloads.read().running_model.clone().unwrap_or_default();
    let share = move || format_percent(&downloads.read().progress);
    // A status of its own: screen readers announce its changes, and not each change of the figures.
    let doing = Memo::new(move |_| {
        let now = downloads.read();
        format_activity(&now.progress, now.retry.as_ref())
    });
    let is_held_up = move || downloads.read().progress.stalled || downloads.read().retry.is_some();
    view! {
        <div class="pull" class:held-up=is_held_up>
            <progress
                max="100"
                value=move || downloads.read().progress.percent
                aria-label=move || format!("Download of {}", name())
            >
                {share}
            </progress>
            <p class="figures">
                <strong>{share}</strong>
                " "
                <span>{move || format_progress(&downloads.read().progress)}</span>
            </p>
            <p class="doing" role="status">{doing}</p>
            <form method="post" action=site_address(CancelPullRequest::url()) on:submit=on_cancel>
                <input type="hidden" name="model" value=move || name().to_string() />
                <button class="button small" aria-label=move || format!("Cancel the download of {}", name())>"Cancel"</button>
            </form>
        </div>
    }
}

/// The outcome of a pull, until the reader dismisses it.
#[component]
pub fn PullOutcomeNotice(
    last: FinishedPull,
    /// Called instead of posting the form.
    on_dismiss: impl Fn(SubmitEvent) + 'static,
) -> impl IntoView {
    let class = if last.outcome == PullOutcome::Error { "notice error" } else { "notice" };
    let hint = last.error.as_ref().and_then(|error| error.hint.clone());
    let name = last.model.clone();
    // The parameter makes the browser load the page again, which it does not do for another fragment alone.
    let to_choice = (last.outcome == PullOutcome::Success).then(|| {
        let name = byte_serialize(name.as_str().as_bytes()).collect::<String>();
        site_address(&format!("/settings/ollama?pulled={name}#models"))
    });
    view! {
        <div class=class role="status">
            <p>{format_outcome(&last)}</p>
            {hint.map(|hint| view! { <p>{hint}</p> })}
            {to_choice.map(|address| view! { <p><a href=address>"Select it as a model in use"</a></p> })}
            <form method="post" action=site_address(DismissPull::url()) on:submit=on_dismiss>
                <button aria-label=format!("Dismiss the message about {name}")>"Dismiss"</button>
            </form>
        </div>
    }
}
