//! `/status`: the queue, the worker, failed articles with reasons, Ollama, and the failing feeds.

use crate::pages::status_panels::{AnswerProblemsPanel, FailedArticlesPanel, FailingFeedsPanel, ServersPanel};
use crate::{
    api::{
        scoring::SetPaused,
        status::{StatusOverview, load_status},
    },
    components::{
        article::agreement::AgreementPanel,
        forms::form::render_loaded,
        models::{health_badge::HealthBadge, readiness_chart::ReadinessChart},
    },
    domain::{
        humanize::format_duration_rough,
        scoring::{ArticleStateCounts, ScoringPhase, ScoringStatus},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn StatusPage() -> impl IntoView {
    view! {
        <Title text="Status" />
        {render_loaded(
            load_status(),
            |StatusOverview { scoring, ollama_status, readiness_history, now, failed_articles, retry_seconds, failing_feeds, feed_count, agreement, write_obstacle, answer_problems, servers, without_model }| {
                let count = scoring.counts.failed;
                view! {
                    <header class="page-head">
                        <h1>"Status"</h1>
                        <a class="button" href="/status">"Refresh"</a>
                    </header>
                    {write_obstacle
                        .map(|obstacle| {
                            view! {
                                <div class="notice error" role="alert">
                                    <p>{obstacle.message()}" Fetching and scoring wait."</p>
                                    <p>{obstacle.hint()}</p>
                                </div>
                            }
                        })}
                    {(!without_model)
                        .then(|| {
                            view! {
                                <ScoringPanel status=scoring />
                                <AnswerProblemsPanel problems=answer_problems />
                                <FailedArticlesPanel rows=failed_articles count retry_seconds />
                                <AgreementPanel agreement />
                                <ServersPanel servers />
                                <section class="panel stack" aria-labelledby="ollama">
                                    <h2 id="ollama">"Ollama"</h2>
                                    <HealthBadge status=ollama_status />
                                    <ReadinessChart changes=readiness_history now />
                                    <p><a href="/settings/ollama">"Ollama settings"</a></p>
                                </section>
                            }
                        })}
                    <FailingFeedsPanel feeds=failing_feeds feed_count />
                }
            },
        )}
    }
}

/// The current phase, the queue by state, pause and resume.
#[component]
fn ScoringPanel(status: ScoringStatus) -> impl IntoView {
    let is_paused = status.paused;
    let is_at_work = !matches!(status.phase, ScoringPhase::Idle | ScoringPhase::Paused);
    let is_waited_for = status.counts.in_progress_count() > 0 && !is_paused;
    let action = if is_paused { "Resume scoring" } else { "Pause scoring" };
    let reason = status.readiness.message.clone().filter(|_| !status.readiness.ready && !is_paused);
    view! {
        <section class="panel stack" id="worker" aria-labelledby="worker-title" data-live>
            <h2 id="worker-title">"Scoring"</h2>
            <p>
                <strong>{status.phase_label()}</strong>
                {status.model.filter(|_| is_at_work).map(|model| view! { " with " {model.to_string()} })}
                {status
                    .article_id
                    .map(|id| view! { ": " <a href=format!("/articles/{id}")>"current article"</a> })}
            </p>
            {reason
                .map(|reason| {
                    view! {
                        <p class="notice warn">
                            <span>{reason}</span>
                            <a href="/settings/ollama">"Model settings"</a>
                        </p>
                    }
                })}
            <StateCountTiles counts=status.counts />
            <p class="muted">
                {status.articles_per_minute.map(|pace| format!("{pace:.1} articles per minute. "))}
                {status.eta_seconds.filter(|_| is_waited_for).map(|seconds| format!("Done in about {}.", format_duration_rough(seconds)))}
            </p>
            <form method="post" action=SetPaused::url()>
                <input type="hidden" name="paused" value=(!is_paused).to_string() />
                <button class="button">{action}</button>
            </form>
        </section>
    }
}

#[component]
fn StateCountTiles(counts: ArticleStateCounts) -> impl IntoView {
    let states = [
        ("Queued", counts.queued, Some("/?view=scoring")),
        ("Categorizing", counts.categorizing, Some("/?view=scoring")),
        ("Scoring", counts.scoring, Some("/?view=scoring")),
        ("Scored", counts.scored, Some("/?view=all")),
        ("Blocked", counts.blocked, Some("/?view=blocked")),
        ("Failed", counts.failed, Some("/?view=failed")),
        ("Unscored", counts.unscored, None),
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
