//! The progress of a running pull, and the outcome of a finished one.

use crate::{
    api::pulls::{CancelPullRequest, DismissPull},
    domain::{
        model_name::ModelName,
        pull::{FinishedPull, PullOutcome, PullStatus},
        pull_format::{PullTexts, format_outcome},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;
use url::form_urlencoded::byte_serialize;

/// The running pull as a bar over the full width: percent of the whole model, bytes, speed, time left, what is being done.
/// Cancel stands beside it. Its figures change several times a second: an open page takes them from the event stream.
#[component]
pub fn PullProgressBar(downloads: PullStatus, name: ModelName) -> impl IntoView {
    let PullTexts { percent, progress, activity } = PullTexts::new(&downloads);
    let is_held_up = downloads.progress.stalled || downloads.retry.is_some();
    view! {
        <div class="pull" class:held-up=is_held_up>
            <progress max="100" value=downloads.progress.percent aria-label=format!("Download of {name}") data-pull="percent">
                {percent.clone()}
            </progress>
            <p>
                <strong data-pull="percent">{percent}</strong>
                " "
                <span data-pull="progress">{progress}</span>
            </p>
            // A status of its own: screen readers announce its changes, and not each change of the figures.
            <p class="doing" role="status" data-pull="activity">{activity}</p>
            <form method="post" action=CancelPullRequest::url() data-quiet>
                <input type="hidden" name="model" value=name.to_string() />
                <button class="button small" aria-label=format!("Cancel the download of {name}")>"Cancel"</button>
            </form>
        </div>
    }
}

/// The outcome of a pull, until the reader dismisses it.
#[component]
pub fn PullOutcomeNotice(last: FinishedPull) -> impl IntoView {
    let class = if last.outcome == PullOutcome::Error { "notice error" } else { "notice" };
    let hint = last.error.as_ref().and_then(|error| error.hint.clone());
    let name = last.model.clone();
    // The parameter makes the browser load the page again, which it does not do for another fragment alone.
    let to_choice = (last.outcome == PullOutcome::Success).then(|| {
        let name = byte_serialize(name.as_str().as_bytes()).collect::<String>();
        format!("/settings/ollama?pulled={name}#models")
    });
    view! {
        <div class=class role="status">
            <p>{format_outcome(&last)}</p>
            {hint.map(|hint| view! { <p>{hint}</p> })}
            {to_choice.map(|address| view! { <p><a href=address>"Select it as a model in use"</a></p> })}
            <form method="post" action=DismissPull::url() data-quiet>
                <button aria-label=format!("Dismiss the message about {name}")>"Dismiss"</button>
            </form>
        </div>
    }
}
