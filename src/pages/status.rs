//! `/status`: the queue, what the worker does, what failed and why, Ollama, the feeds in trouble.

use super::status_parts::{Failures, FeedTrouble};
use crate::{
    api::scoring::SetPaused,
    api::status::{Overview, load_status},
    components::{agreement::AgreementPanel, day::Day, form::loaded, health_badge::HealthBadge},
    domain::{
        phrase::roughly,
        scoring::{Phase, ScoringStatus, StateCounts},
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

/// The page.
#[component]
pub fn StatusPage() -> impl IntoView {
    view! {
        <Title text="Status" />
        {loaded(
            load_status(),
            |Overview { scoring, standing, day, now, failed, retry_seconds, troubled, feed_count, agreement }| {
                let count = scoring.counts.failed;
                view! {
                    <header class="page-head">
                        <h1>"Status"</h1>
                        <a class="button" href="/status">"Refresh"</a>
                    </header>
                    <Worker status=scoring />
                    <Failures rows=failed count retry_seconds />
                    <AgreementPanel agreement />
                    <section class="panel stack" aria-labelledby="ollama">
                        <h2 id="ollama">"Ollama"</h2>
                        <HealthBadge standing />
                        <Day changes=day now />
                        <p><a href="/settings/ollama">"Connection and model"</a></p>
                    </section>
                    <FeedTrouble feeds=troubled feed_count />
                }
            },
        )}
    }
}

/// What goes on now, the queue by state, pause and resume.
#[component]
fn Worker(status: ScoringStatus) -> impl IntoView {
    let is_paused = status.phase == Phase::Paused;
    let is_at_work = !matches!(status.phase, Phase::Idle | Phase::Paused);
    let is_waited_for = status.counts.in_progress() > 0 && !is_paused;
    let action = if is_paused { "Resume scoring" } else { "Pause scoring" };
    let reason = status.readiness.message.clone().filter(|_| !status.readiness.ready && !is_paused);
    view! {
        <section class="panel stack" id="worker" aria-labelledby="worker-title" data-live>
            <h2 id="worker-title">"Scoring"</h2>
            <p>
                <strong>{described(status.phase)}</strong>
                {status.model.filter(|_| is_at_work).map(|model| view! { " with " {model} })}
                {status
                    .article_id
                    .map(|id| view! { ": " <a href=format!("/articles/{id}")>"the article at hand"</a> })}
            </p>
            {reason.map(|reason| view! { <p class="notice warn">{reason}</p> })}
            <Counts counts=status.counts />
            <p class="muted">
                {status.articles_per_minute.map(|pace| format!("{pace:.1} articles a minute. "))}
                {status.eta_seconds.filter(|_| is_waited_for).map(|seconds| format!("Done in about {}.", roughly(seconds)))}
            </p>
            <form method="post" action=SetPaused::url()>
                <input type="hidden" name="paused" value=(!is_paused).to_string() />
                <button class="button">{action}</button>
            </form>
        </section>
    }
}

#[component]
fn Counts(counts: StateCounts) -> impl IntoView {
    let states = [
        ("Queued", counts.queued, Some("/?view=scoring")),
        ("Being categorised", counts.categorizing, Some("/?view=scoring")),
        ("Being scored", counts.scoring, Some("/?view=scoring")),
        ("Scored", counts.scored, Some("/?view=all")),
        ("Blocked by a category", counts.blocked, Some("/?view=blocked")),
        ("Failed", counts.failed, Some("/?view=failed")),
        ("Without a score", counts.unscored, None),
    ]
    .map(|(name, count, list)| {
        let number = match list {
            Some(href) => view! { <a href=href>{count}</a> }.into_any(),
            None => count.into_any(),
        };
        view! {
            <div class="tile">
                <dt>{name}</dt>
                <dd>{number}</dd>
            </div>
        }
    })
    .collect_view();
    view! { <dl class="tiles">{states}</dl> }
}

const fn described(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "Nothing to do",
        Phase::Waiting => "Waiting for the model",
        Phase::Loading => "The model is being loaded",
        Phase::Categorizing => "Categorising",
        Phase::Scoring => "Scoring",
        Phase::Paused => "Paused",
    }
}
