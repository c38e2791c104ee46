//! `/interests`: what the reader likes and does not, in their own words.

use crate::{
    api::{
        preferences::{SaveInterests, load_preferences},
        scoring::{Reevaluate, load_outlook},
    },
    components::{form::loaded, text_area::TextArea},
    domain::{phrase::roughly, preferences::Preferences, score::RescoreMode, scoring::Outlook},
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

fn interests_view((preferences, outlook): (Preferences, Result<Outlook, AppError>)) -> impl IntoView {
    view! {
        <header class="page-head">
            <div>
                <h1>"Interests"</h1>
                <p class="muted">
                    "Write as you would to a friend who reads the papers for you. The model scores every article against this; until it has, the words alone rank."
                </p>
            </div>
        </header>
        <form class="panel stack" method="post" action=SaveInterests::url()>
            <TextArea
                name="interests"
                label="What you want more of"
                hint="For example: urban ecology, the history of computing, long interviews with craftspeople."
                rows=8
                maxlength=4000
                text=preferences.interests
            />
            <TextArea
                name="anti_interests"
                label="What you want less of"
                hint="For example: celebrity gossip, quarterly earnings, product launches."
                rows=5
                maxlength=4000
                text=preferences.anti_interests
            />
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
        {outlook.ok().map(|outlook| view! { <Again outlook /> })}
    }
}

/// Offers to score the unread articles again, with how many and about how long; inactive until something relevant changed.
#[component]
pub fn Again(outlook: Outlook) -> impl IntoView {
    let Outlook { due, report } = outlook;
    let count = report.rescore_queued;
    let what = match report.rescore_mode {
        RescoreMode::Full => "categorised and scored again",
        RescoreMode::ScoreOnly => "scored again",
    };
    let text = match (due, count) {
        (_, 0) => "No unread article has a score yet, so there is nothing to score again.".to_owned(),
        (None, _) => "Interests and model are those of the last evaluation; there is nothing to do.".to_owned(),
        (Some(_), 1) => format!("One unread article has a score from before. It would be {what}."),
        (Some(_), count) => format!("{count} unread articles have scores from before. They would be {what}."),
    };
    let is_idle = due.is_none() || count == 0;
    let estimate = report.estimate_seconds.filter(|_| !is_idle).map(|seconds| format!(" About {}.", roughly(seconds)));
    view! {
        <form class="panel stack" id="again" method="post" action=Reevaluate::url()>
            <h2>"Re-evaluate unread articles"</h2>
            <p>{text} {estimate}</p>
            <button class="button" disabled=is_idle>"Re-evaluate unread articles"</button>
        </form>
    }
}
