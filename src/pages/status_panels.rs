//! The parts of `/status` that list: problems of answers, failed articles, model servers, feeds in trouble.

use crate::{
    api::scoring::RetryFailed,
    components::{article::feed_health_badge::FeedHealthBadge, layout::time_element::TimeElement},
    domain::{
        answer_problem::AnswerProblem,
        article::ArticleRow,
        feed::Feed,
        humanize::{format_count, format_duration_rough},
        model_server::ServerStatus,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Models that give every article the same score or whose answers cannot be used, each with what to do; nothing while there are none.
#[component]
pub fn AnswerProblemsPanel(problems: Vec<AnswerProblem>) -> impl IntoView {
    let lines: Vec<_> = problems
        .into_iter()
        .map(|problem| {
            view! {
                <div class="notice warn">
                    <p>{problem.message()}</p>
                    <p>{problem.remedy()} " " <a href="/settings/ollama">"Model settings"</a></p>
                </div>
            }
        })
        .collect();
    view! { <div id="answer-problems" class="stack" data-live>{lines}</div> }
}

/// Articles whose answers were refused three times, with the reasons, and one button for all of them.
#[component]
pub fn FailedArticlesPanel(rows: Vec<ArticleRow>, count: i64, retry_seconds: Option<i64>) -> impl IntoView {
    let more = count - i64::try_from(rows.len()).unwrap_or(count);
    let lines = rows
        .into_iter()
        .map(|row| {
            view! {
                <li>
                    <a href=format!("/articles/{}?view=failed", row.id) lang=row.language dir="auto">{row.title}</a>
                    <span class="muted">" · " <span dir="auto">{row.feed_title}</span></span>
                    <br />
                    {row.last_error.unwrap_or_else(|| "No error message was stored.".to_owned())}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel stack" aria-labelledby="failures">
            <h2 id="failures">"Failures"</h2>
            {if count == 0 {
                view! { <p>"No failures."</p> }.into_any()
            } else {
                view! {
                    <p>"The model gave no usable answer in three attempts for " {format_count(count, "article", "articles")} "."</p>
                    <ul class="lines">{lines}</ul>
                    {(more > 0).then(|| view! { <p><a href="/?view=failed">"And " {more} " more"</a></p> })}
                    <form class="actions" method="post" action=RetryFailed::url()>
                        <button class="button">"Retry failed"</button>
                        {retry_seconds.map(|seconds| view! { <span class="muted">"About " {format_duration_rough(seconds)} " for all of them"</span> })}
                    </form>
                }
                    .into_any()
            }}
        </section>
    }
}

/// Feeds whose last check failed, each with its cause.
#[component]
pub fn FailingFeedsPanel(feeds: Vec<Feed>, feed_count: i64) -> impl IntoView {
    let fine = feed_count - i64::try_from(feeds.len()).unwrap_or(0);
    let lines = feeds
        .into_iter()
        .map(|feed| {
            let title = feed.display_title().to_owned();
            view! {
                <li>
                    <FeedHealthBadge health=feed.health.clone() />
                    " "
                    <a href=format!("/feeds/{}", feed.id) dir="auto">{title}</a>
                    <br />
                    {feed.health.message}
                    {feed.health.failing_since.map(|at| view! { <span class="muted">" Failing since " <TimeElement at /> "."</span> })}
                    {feed.health.remedy.map(|remedy| view! { <span class="muted">" " {remedy}</span> })}
                </li>
            }
        })
        .collect_view();
    let is_fine = lines.is_empty();
    view! {
        <section class="panel stack" aria-labelledby="feed-health">
            <h2 id="feed-health">"Feeds"</h2>
            <p>
                {if feed_count == 0 {
                    "No feeds yet.".to_owned()
                } else if is_fine {
                    format!("All OK: {}.", format_count(feed_count, "feed", "feeds"))
                } else {
                    format!("{} OK; these have errors:", format_count(fine, "feed", "feeds"))
                }}
            </p>
            <ul class="lines">{lines}</ul>
            <p><a href="/feeds">"All feeds"</a></p>
        </section>
    }
}

/// The model servers, one line each; nothing while there is only the Ollama of the settings.
#[component]
pub fn ServersPanel(servers: Vec<ServerStatus>) -> impl IntoView {
    let has_several = servers.len() > 1;
    let lines = servers
        .into_iter()
        .map(|status| {
            let has_task = status.settings.categorizes || status.settings.scores;
            let state = match &status.problem {
                _ if !has_task => "no task".to_owned(),
                Some(problem) => problem.clone(),
                None => "in use".to_owned(),
            };
            let ServerStatus { settings, in_flight, answers, failures, tokens_per_second, .. } = status;
            view! {
                <li>
                    <strong>{settings.name}</strong>
                    {format!(": {state} · {in_flight} of {} requests in flight, {answers} answers, {failures} failures", settings.slots)}
                    {tokens_per_second.map(|rate| format!(", {rate:.1} tokens/s"))}
                </li>
            }
        })
        .collect_view();
    has_several.then(|| {
        view! {
            <section class="panel stack" aria-labelledby="servers">
                <h2 id="servers">"Model servers"</h2>
                <ul class="lines">{lines}</ul>
                <p><a href="/settings/servers">"Change servers"</a></p>
            </section>
        }
    })
}
