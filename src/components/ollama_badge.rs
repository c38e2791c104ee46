//! Whether Ollama answers, as a badge in words.

use super::time::When;
use crate::domain::model::OllamaHealth;
use leptos::prelude::*;

/// State, latency, version and host; the cause with its remedy when it does not answer.
#[component]
pub fn OllamaBadge(health: OllamaHealth) -> impl IntoView {
    let (class, word) = match (&health.problem, health.connected, health.checked_at) {
        (_, false, None) => ("chip", "… not checked yet"),
        (None, true, _) => ("chip good", "✓ connected"),
        (Some(_), true, _) => ("chip bad", "! connected, not ready"),
        (_, false, Some(_)) => ("chip bad", "× disconnected"),
    };
    view! {
        <div id="ollama-health" data-live>
            <p><span class=class>{word}</span></p>
            {health
                .problem
                .map(|problem| {
                    view! {
                        <div class="notice error mt-3">
                            <p>{problem.message}</p>
                            <p>{problem.hint}</p>
                        </div>
                    }
                })}
            <dl class="facts mt-3">
                <dt>"Host"</dt>
                <dd><code>{health.host}</code></dd>
                {health.version.map(|version| view! { <dt>"Version"</dt> <dd>{version}</dd> })}
                {health.latency_ms.map(|latency| view! { <dt>"Latency"</dt> <dd>{latency} " ms"</dd> })}
                {health.checked_at.map(|at| view! { <dt>"Seen"</dt> <dd><When at /></dd> })}
            </dl>
        </div>
    }
}
