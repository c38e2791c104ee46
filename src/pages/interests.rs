//! `/interests`: what the reader likes and does not, in their own words.

use crate::{
    api::{
        preferences::{SaveInterests, load_preferences},
        scoring::{Reevaluate, load_outlook},
    },
    components::form::loaded,
    domain::{phrase::roughly, preferences::Preferences, score::RescoreMode, scoring::RescoreReport},
    error::AppError,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

/// The page.
#[component]
pub fn InterestsPage() -> impl IntoView {
    let data = async { Ok((load_preferences().await?, load_outlook().await)) };
    view! {
        <Title text="Interests" />
        {loaded(data, interests_view)}
    }
}

fn interests_view((preferences, outlook): (Preferences, Result<RescoreReport, AppError>)) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1>"Interests"</h1>
            <p class="muted">
                "Write as you would to a friend who reads the papers for you. The model scores every article against this; until it has, the words alone rank."
            </p>
        </header>
        <form class="panel stack" method="post" action=SaveInterests::url()>
            <label class="field">
                <span>"What you want more of"</span>
                <textarea name="interests" rows="8" maxlength="4000" aria-describedby="interests-hint">
                    {preferences.interests}
                </textarea>
                <small id="interests-hint">"For example: urban ecology, the history of computing, long interviews with craftspeople."</small>
            </label>
            <label class="field">
                <span>"What you want less of"</span>
                <textarea name="anti_interests" rows="5" maxlength="4000" aria-describedby="anti-hint">
                    {preferences.anti_interests}
                </textarea>
                <small id="anti-hint">"For example: celebrity gossip, quarterly earnings, product launches."</small>
            </label>
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
        {outlook.ok().map(|report| view! { <Again report /> })}
    }
}

/// Offers to score the unread articles again, with how many and about how long.
#[component]
pub fn Again(report: RescoreReport) -> impl IntoView {
    let count = report.rescore_queued;
    let what = match report.rescore_mode {
        RescoreMode::Full => "categorised and scored again",
        RescoreMode::ScoreOnly => "scored again",
    };
    let text = match count {
        0 => "No unread article has a score yet, so there is nothing to score again.".to_owned(),
        1 => format!("One unread article has a score. It would be {what}."),
        count => format!("{count} unread articles have a score. They would be {what}."),
    };
    let estimate = report.estimate_seconds.filter(|_| count > 0).map(|seconds| format!(" About {}.", roughly(seconds)));
    view! {
        <form class="panel stack" method="post" action=Reevaluate::url()>
            <h2>"Score unread articles again"</h2>
            <p>{text} {estimate}</p>
            <button class="button" disabled=count == 0>"Re-evaluate unread articles"</button>
        </form>
    }
}
