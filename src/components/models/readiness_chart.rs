//! The readiness of the models in use over 24 hours.

use crate::components::layout::time_element::TimeElement;
use crate::domain::{
    readiness::{ModelState, ReadinessChange, readiness_intervals},
    time::Timestamp,
};
use leptos::prelude::*;

/// Seconds that the chart covers.
const CHART_SECONDS: i64 = 86_400;
/// Width of the strip in its own units.
const CHART_WIDTH: i64 = 1_000;
/// Maximum changes in the list; the chart shows all.
const MAX_LISTED_CHANGES: usize = 12;

/// The last 24 hours: a strip for the eye, and the changes as a list.
#[component]
pub fn ReadinessChart(changes: Vec<ReadinessChange>, now: Timestamp) -> impl IntoView {
    let start = Timestamp(now.0 - CHART_SECONDS);
    let place = |at: Timestamp| (at.since(start) * CHART_WIDTH / CHART_SECONDS).clamp(0, CHART_WIDTH);
    let intervals = readiness_intervals(&changes, start, now)
        .into_iter()
        .map(|span| {
            let (x, end) = (place(span.from), place(span.to));
            // A short outage is visible too.
            let width = (end - x).max(3);
            view! { <rect class=format!("is-{}", span.state.as_str()) x=x y="0" width=width height="10" /> }
        })
        .collect_view();
    let earlier = changes.len().saturating_sub(MAX_LISTED_CHANGES);
    let lines = changes
        .into_iter()
        .rev()
        .take(MAX_LISTED_CHANGES)
        .map(|change| {
            view! {
                <li>
                    <TimeElement at=change.at />
                    ": "
                    {change.model.to_string()}
                    " "
                    {model_state_label(change.state)}
                    {change.message.map(|message| view! { <span class="muted">" · " {message}</span> })}
                </li>
            }
        })
        .collect_view();
    let is_empty = lines.is_empty();
    view! {
        <div>
            <h3>"The last 24 hours"</h3>
            {if is_empty {
                view! { <p class="muted">"No data yet."</p> }.into_any()
            } else {
                view! {
                    // Only the chart is updated live: a list that was opened does not change.
                    <div id="readiness-day" data-live>
                        <svg class="day" viewBox=format!("0 0 {CHART_WIDTH} 10") preserveAspectRatio="none" aria-hidden="true">
                            {intervals}
                        </svg>
                    </div>
                    <details class="mt-3">
                        <summary>"Changes"</summary>
                        <ol class="lines" reversed>
                            {lines}
                        </ol>
                        {(earlier > 0).then(|| view! { <p class="muted">"And " {earlier} " earlier"</p> })}
                    </details>
                }
                    .into_any()
            }}
        </div>
    }
}

/// A sign and a word, so that color is not the only difference.
const fn model_state_label(state: ModelState) -> &'static str {
    match state {
        ModelState::Unreachable => "× unreachable",
        ModelState::Missing => "× missing",
        ModelState::Failed => "! failed",
        ModelState::Loading => "… loading",
        ModelState::Installed => "○ installed",
        ModelState::Ready => "✓ ready",
    }
}
