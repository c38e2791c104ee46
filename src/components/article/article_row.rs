//! An article in a list.

use crate::components::{
    article::{score_badge::ScoreBadge, vote_buttons::VoteButtons},
    layout::{feed_icon::FeedIcon, time_element::TimeElement},
};
use crate::domain::{
    article::ArticleRow,
    score::{ArticleState, Score},
};
use leptos::prelude::*;

/// The badge of an article whose text talks to a model instead of to people.
pub const SUSPICIOUS_LABEL: &str = "Possible prompt injection";

/// Categories that a row names.
const MAX_ROW_CATEGORIES: usize = 3;

/// A row. Its buttons belong to the form around the list (`POST /fn/articles/mark`): their name is the verb, their value the
/// article, so that a row carries no form of its own.
#[component]
pub fn ArticleListRow(
    article: ArticleRow,
    /// The list's own address parameters, so that the reader knows where one came from; empty or beginning with `?`.
    list: String,
) -> impl IntoView {
    let id = article.id;
    let (mark, mark_says) = read_toggle(article.is_read);
    let (star, star_says) = star_toggle(article.is_starred);
    let (why, is_summary) = excerpt(&article);
    let why_language = article.language.clone().filter(|_| is_summary);
    view! {
        <li class=if article.is_read { "row" } else { "row unread" } id=format!("a{id}")>
            <button class="mark" name=mark value=id.0 title=mark_says></button>
            <div>
                <h2>
                    <a href=format!("/articles/{id}{list}") lang=article.language.clone() dir="auto">{title_or_untitled(article.title)}</a>
                </h2>
                <p class="meta">
                    <FeedIcon hash=article.feed_icon />
                    <span dir="auto">{article.feed_title}</span> " · " <TimeElement at=article.sorted_at />
                    {article
                        .categories
                        .into_iter()
                        .take(MAX_ROW_CATEGORIES)
                        .map(|c| view! { " · " <a href=format!("/?category={}", c.id)>{c.name}</a> })
                        .collect_view()}
                    {(!article.injection_signs.is_empty())
                        .then(|| {
                            let rules = article.injection_signs.iter().map(|sign| sign.message()).collect::<Vec<_>>().join(" ");
                            view! { " " <span class="chip bad" title=rules>{SUSPICIOUS_LABEL}</span> }
                        })}
                </p>
                {(!why.is_empty()).then(|| view! { <p class="why" lang=why_language dir="auto">{why}</p> })}
            </div>
            <div class="side">
                <ScoreBadge score=article.score state=article.state error=article.last_error />
                <div class="signs">
                    <button class="star" name=star value=id.0 title=star_says></button>
                    <VoteButtons id vote=article.vote />
                </div>
            </div>
        </li>
    }
}

/// Name and label of the button that changes whether an article is read.
pub const fn read_toggle(is_read: bool) -> (&'static str, &'static str) {
    if is_read { ("unread", "Mark as unread") } else { ("read", "Mark as read") }
}

/// Name and label of the button that changes whether an article is starred.
pub const fn star_toggle(is_starred: bool) -> (&'static str, &'static str) {
    if is_starred { ("unstar", "Unstar") } else { ("star", "Star") }
}

/// A title that can be pressed, whatever the feed says.
pub fn title_or_untitled(title: String) -> String {
    if title.trim().is_empty() { "Untitled".to_owned() } else { title }
}

/// The model's reasoning; before there is one, why it failed or what the article says of itself. Whether it is the latter.
fn excerpt(article: &ArticleRow) -> (String, bool) {
    let error = article.last_error.clone().filter(|_| article.state == ArticleState::Failed);
    match &article.score {
        Some(Score { is_keyword_rank: false, reasoning, .. }) if !reasoning.is_empty() => (reasoning.clone(), false),
        _ => error.map_or_else(|| (article.summary.clone(), true), |error| (error, false)),
    }
}
