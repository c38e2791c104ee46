//! The checklist of a first visit on the inbox: each step says whether it is done, and leads to where it is done.

use crate::{
    api::{feeds::AddFeed, first_run::EndFirstRun, pulls::PullModel},
    domain::{
        first_run::{FirstRun, FirstRunStep},
        humanize::format_count,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Models of Ollama that are named.
const MAX_NAMED_MODELS: usize = 5;

/// The whole checklist; opened where the list is empty.
#[component]
pub fn FirstRunPanel(checklist: FirstRun, is_open: bool) -> impl IntoView {
    let progress = format!("{} of {} steps done", checklist.done_count(), FirstRunStep::ALL.len());
    let steps = FirstRunStep::ALL
        .iter()
        .map(|step| {
            let step = *step;
            let (title, content) = match step {
                FirstRunStep::Model => ("The model that scores", model_step(checklist.clone()).into_any()),
                FirstRunStep::Interests => ("Your interests", interests_step(checklist.has_interests).into_any()),
                FirstRunStep::Feeds => ("Feeds", feeds_step(checklist.feed_count).into_any()),
                FirstRunStep::Scores => ("First scores", scores_step(&checklist).into_any()),
            };
            let state = if checklist.is_done(step) { "✓ done" } else { "to do" };
            let id = format!("first-run-{}", step.as_str());
            view! {
                <li>
                    <h3>{title} " " <span class="muted" id=id data-live>{state}</span></h3>
                    {content}
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="panel" id="first-run" open=is_open>
            <summary><strong>"Getting started"</strong> " " <span class="muted" id="first-run-progress" data-live>{progress}</span></summary>
            <ol class="lines">{steps}</ol>
            <form method="post" action=EndFirstRun::url()>
                <button class="button small">"Dismiss this checklist"</button>
            </form>
        </details>
    }
}

fn model_step(checklist: FirstRun) -> impl IntoView {
    let FirstRun {
        ollama_address, is_ollama_connected, installed_models, model, is_model_missing, model_problem, ..
    } = checklist;
    let name = model.to_string();
    let count = i64::try_from(installed_models.len()).unwrap_or(i64::MAX);
    let names: Vec<String> = installed_models.iter().take(MAX_NAMED_MODELS).map(ToString::to_string).collect();
    let more = if installed_models.len() > MAX_NAMED_MODELS { ", …" } else { "" };
    let ollama = match (is_ollama_connected, count) {
        // Once is enough.
        (false, _) if model_problem.as_ref().is_some_and(|problem| problem.contains(&ollama_address)) => String::new(),
        (false, _) => format!("Gleaner looks for Ollama at {ollama_address}."),
        (true, 0) => format!("Ollama answers at {ollama_address}; it has no model yet."),
        (true, _) => {
            let models = format_count(count, "model", "models");
            format!("Ollama answers at {ollama_address} with {models}: {}{more}.", names.join(", "))
        }
    };
    let model_text = match model_problem {
        None => view! { <strong>{name.clone()}</strong> " will score new articles against your interests." }.into_any(),
        Some(problem) => view! {
            {problem} " Gleaner works without a model, too: until one answers, articles are ranked by keywords from your interests."
        }
        .into_any(),
    };
    view! {
        <div class="stack" id="first-run-ollama" data-live>
            <p>{ollama} " " {model_text}</p>
            <div class="actions">
                {is_model_missing
                    .then(|| {
                        view! {
                            <form method="post" action=PullModel::url()>
                                <input type="hidden" name="model" value=name.clone() />
                                <button class="button small">"Pull " {name.clone()}</button>
                            </form>
                        }
                    })}
                <a class="button small" href=FirstRunStep::Model.page()>"Model settings"</a>
                <a href="/settings#model">"Read without a model"</a>
            </div>
        </div>
    }
}

fn interests_step(has_interests: bool) -> impl IntoView {
    let text = if has_interests {
        "Articles are scored by what you described."
    } else {
        "Say in your own words what you want to read more of, and less of."
    };
    view! {
        <p>{text} " " <a href=FirstRunStep::Interests.page()>"Describe your interests"</a></p>
    }
}

fn feeds_step(feed_count: i64) -> impl IntoView {
    let text =
        if feed_count > 0 { format!("You read {}.", format_count(feed_count, "feed", "feeds")) } else { String::new() };
    view! {
        <div class="stack">
            <p>{text} " Add a feed or website, import an OPML file from another reader, or begin with well-known feeds."</p>
            <form class="one-line" method="post" action=AddFeed::url()>
                <label class="field">
                    <span>"Feed or website URL"</span>
                    <input name="address" inputmode="url" autocomplete="url" autocapitalize="off" spellcheck="false" required />
                </label>
                <button class="button">"Subscribe"</button>
            </form>
            <p class="actions">
                <a class="button small" href="/feeds#import">"Import OPML"</a>
                <a class="button small" href="/feeds/new#packs">"Starter packs"</a>
            </p>
        </div>
    }
}

fn scores_step(checklist: &FirstRun) -> impl IntoView + use<> {
    let text = match (checklist.has_scores, checklist.waiting_count) {
        (true, _) => "The model has scored articles.".to_owned(),
        (false, 0) => "They come by themselves once there are a model and articles.".to_owned(),
        (false, count) => format!("{} for the model.", format_count(count, "article waits", "articles wait")),
    };
    view! {
        <p id="first-run-waiting" data-live>{text} " " <a href=FirstRunStep::Scores.page()>"What the model does now"</a></p>
    }
}
