//! A model before its download, and the downloads of the past.

use crate::components::layout::time_element::TimeElement;
use crate::{
    api::pulls::PullModel,
    domain::{
        humanize::format_bytes,
        pull::PullOutcome,
        pull_preview::{PastPull, PullPreview},
    },
    error::AppError,
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The parameter of the page that names the model to look up.
pub const LOOKUP_PARAM: &str = "look_up";

/// A field for the name of any model, and what its registry said about the one looked up.
#[component]
pub fn PullPreviewPanel(
    /// The name that was typed; empty when none was.
    typed: String,
    /// What the registry said; `None` when nothing was looked up.
    preview: Option<Result<PullPreview, AppError>>,
) -> impl IntoView {
    let wrong = preview.as_ref().is_some_and(|preview| preview.as_ref().is_err_and(|error| error.field.is_some()));
    let found = preview.map(|preview| match preview {
        Ok(preview) => view! { <PullPreviewFacts preview /> }.into_any(),
        Err(error) => view! {
            <div class="notice error" role="alert">
                <p>{error.message}</p>
                {error.hint.map(|hint| view! { <p>{hint}</p> })}
            </div>
        }
        .into_any(),
    });
    view! {
        <form id="lookup" class="one-line" method="get" action="/settings/ollama#lookup">
            <label class="field">
                <span>"Look a model up before pulling it"</span>
                <input name=LOOKUP_PARAM required value=typed placeholder="phi4-mini" autocomplete="off" autocapitalize="none" spellcheck="false" aria-invalid=wrong.then_some("true") />
            </label>
            <button class="button">"Look up"</button>
        </form>
        {found}
    }
}

#[component]
fn PullPreviewFacts(preview: PullPreview) -> impl IntoView {
    let fits_disk = preview.fits_disk();
    let PullPreview { model, size, layers, license, is_installed, needed_memory_bytes, memory_fit, free_disk_bytes } =
        preview;
    let memory = format!("about {}", format_bytes(needed_memory_bytes));
    let memory = memory_fit.map_or_else(|| memory.clone(), |fit| format!("{memory}: {}", fit.label()));
    let disk = free_disk_bytes.map(|free| {
        let verdict = if fits_disk == Some(true) { "enough" } else { "not enough" };
        format!("{} free: {verdict}", format_bytes(free))
    });
    let parts = layers
        .into_iter()
        .map(|layer| view! { <li>{format!("{} · {} ", layer.kind, format_bytes(layer.size))} <code>{layer.digest}</code></li> })
        .collect_view();
    view! {
        <div class="stack" role="status">
            <dl class="facts">
                <dt>"Model"</dt>
                <dd><strong>{model.to_string()}</strong> {is_installed.then_some(" (installed)")}</dd>
                <dt>"Download"</dt>
                <dd>{format_bytes(size)}</dd>
                <dt>"Memory"</dt>
                <dd>{memory}</dd>
                {disk.map(|disk| view! { <dt>"Disk"</dt> <dd>{disk}</dd> })}
                <dt>"License"</dt>
                <dd>{license.unwrap_or_else(|| "not stated".to_owned())}</dd>
            </dl>
            <details>
                <summary>"Layers"</summary>
                <ul>{parts}</ul>
            </details>
            <form method="post" action=PullModel::url()>
                <input type="hidden" name="model" value=model.to_string() />
                <button class="button small">{format!("Pull {model}")}</button>
            </form>
        </div>
    }
}

/// The downloads that ended, each of which can be asked for again.
#[component]
pub fn PastPulls(past: Vec<PastPull>) -> impl IntoView {
    (!past.is_empty()).then(|| {
        let rows = past.into_iter().map(|pull| view! { <PastPullRow pull /> }).collect_view();
        view! {
            <details id="past-pulls" data-live>
                <summary>"Earlier downloads"</summary>
                <ul class="lines">{rows}</ul>
            </details>
        }
    })
}

#[component]
fn PastPullRow(pull: PastPull) -> impl IntoView {
    let PastPull { model, finished_at, completed, outcome, error, .. } = pull;
    let words = match outcome {
        PullOutcome::Success => "pulled",
        PullOutcome::Cancelled => "cancelled",
        PullOutcome::Error => "failed",
    };
    let can_retry = outcome != PullOutcome::Success;
    let has_partial_files = can_retry && completed > 0;
    view! {
        <li>
            <p>
                <strong>{model.to_string()}</strong>
                {format!(" {words} ")}
                <TimeElement at=finished_at />
                <span class="muted">{format!(" · {}", format_bytes(completed))}</span>
            </p>
            {error.map(|error| view! { <p class="muted">{error.message}</p> })}
            {has_partial_files
                .then(|| {
                    view! {
                        <p class="muted">
                            "Ollama keeps what it has downloaded until the model is pulled again, or deletes it when it restarts."
                        </p>
                    }
                })}
            {can_retry
                .then(|| {
                    view! {
                        <form method="post" action=PullModel::url()>
                            <input type="hidden" name="model" value=model.to_string() />
                            <button class="button small" aria-label=format!("Pull {model} again")>"Try again"</button>
                        </form>
                    }
                })}
        </li>
    }
}
