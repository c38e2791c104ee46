//! "Re-evaluate unread articles": its effect and its progress.

use crate::{
    api::scoring::{CancelRescore, RescoreUnread},
    domain::{
        humanize::{format_count, format_duration_rough},
        score::RescoreMode,
        scoring::{RescorePreview, ScoringStatus},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Disabled until something relevant changed since the last evaluation; shows the effect, the number of articles and the time, and
/// then the progress of the queue.
#[component]
pub fn RescorePanel(
    preview: RescorePreview,
    /// `None` when it is not known.
    queue: Option<ScoringStatus>,
) -> impl IntoView {
    let RescorePreview { recommended_mode, report, .. } = &preview;
    let is_idle = recommended_mode.is_none() || report.rescore_queued == 0;
    let estimate = report
        .estimate_seconds
        .filter(|_| !is_idle)
        .map(|seconds| format!(" About {}.", format_duration_rough(seconds)));
    let summary = rescore_summary(&preview);
    let cancellable = preview.cancellable_count;
    view! {
        <section class="panel stack" id="again" aria-labelledby="again-title" data-live>
            <h2 id="again-title">"Re-evaluate unread articles"</h2>
            <p>{summary} {estimate}</p>
            {queue.filter(|queue| queue.counts.in_progress_count() > 0).map(|queue| view! { <QueueProgress queue /> })}
            <div class="actions">
                <form method="post" action=RescoreUnread::url()>
                    <button class="button" disabled=is_idle>"Re-evaluate unread articles"</button>
                </form>
                {(cancellable > 0)
                    .then(|| {
                        let waiting = format_count(cancellable, "waiting article", "waiting articles");
                        view! {
                            <form method="post" action=CancelRescore::url()>
                                <button class="button">"Cancel for " {waiting}</button>
                            </form>
                        }
                    })}
            </div>
        </section>
    }
}

/// The progress of the worker through the queue.
#[component]
fn QueueProgress(queue: ScoringStatus) -> impl IntoView {
    let ahead = queue.counts.in_progress_count();
    let done = queue.counts.scored + queue.counts.blocked;
    let left = queue.eta_seconds.map(|seconds| format!(", about {}", format_duration_rough(seconds)));
    let words = format!("{} in the queue{}.", format_count(ahead, "article", "articles"), left.unwrap_or_default());
    view! {
        <div class="progress" role="status">
            <progress max=done + ahead value=done aria-label="Scoring progress">{format!("{done} of {}", done + ahead)}</progress>
            <p class="help">{words}</p>
        </div>
    }
}

fn rescore_summary(preview: &RescorePreview) -> String {
    let what = match preview.report.rescore_mode {
        RescoreMode::Full => "categorized and scored again",
        RescoreMode::ScoreOnly => "scored again",
    };
    match (preview.recommended_mode, preview.report.rescore_queued) {
        (_, 0) => "No unread article has a score yet, so there is nothing to score again.".to_owned(),
        (None, _) => "Interests and models have not changed since the last evaluation.".to_owned(),
        (Some(_), 1) => format!("One unread article has an outdated score. It will be {what}."),
        (Some(_), count) => format!("{count} unread articles have outdated scores. They will be {what}."),
    }
}

#[cfg(test)]
mod tests {
    use super::{RescoreMode, RescorePreview, rescore_summary};
    use crate::domain::scoring::RescoreReport;

    #[test]
    fn says_what_it_would_do() {
        for (due, count, mode, words) in [
            (None, 0, RescoreMode::Full, "nothing to score again"),
            (None, 7, RescoreMode::Full, "have not changed"),
            (Some(RescoreMode::Full), 1, RescoreMode::Full, "One unread article"),
            (
                Some(RescoreMode::Full),
                7,
                RescoreMode::Full,
                "7 unread articles have outdated scores. They will be categorized and scored again.",
            ),
            (Some(RescoreMode::ScoreOnly), 7, RescoreMode::ScoreOnly, "They will be scored again."),
        ] {
            let report = RescoreReport { rescore_queued: count, rescore_mode: mode, estimate_seconds: None };
            let summary = rescore_summary(&RescorePreview { recommended_mode: due, report, cancellable_count: 0 });
            assert!(summary.contains(words), "{summary}");
        }
    }
}
