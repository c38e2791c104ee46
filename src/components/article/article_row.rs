//! An article in a list.

use crate::components::{
    article::{score_badge::ScoreBadge, story_copies::AlsoInLinks, vote_buttons::VoteButtons},
    layout::{feed_icon::FeedIcon, time_element::TimeElement},
};
use crate::domain::{
    article::ArticleRow,
    score::{ArticleState, Score},
    search::{HitText, MarkedText},
};
use leptos::prelude::*;

/// The badge of an article whose text addresses a language model instead of people.
pub const SUSPICIOUS_LABEL: &str = "Possible prompt injection";

/// Maximum categories in a row.
const MAX_ROW_CATEGORIES: usize = 3;

/// A row. Its buttons belong to the form around the list (`POST /fn/articles/mark`): their name is the verb, their value the
/// article, so that a row carries no form of its own.
#[component]
pub fn ArticleListRow(
    article: ArticleRow,
    /// The parameters of the list, for the links back from the article; empty or beginning with `?`.
    list: String,
    /// Whether this article was opened last; it gets the focus.
    is_last_opened: bool,
    /// Whether nothing about scoring is shown.
    without_model: bool,
    /// The title and snippet with the matches of a search.
    #[prop(optional)]
    hit: HitText,
) -> impl IntoView {
    let id = article.id;
    let (mark, mark_label) = read_toggle(article.is_read);
    let (star, star_label) = star_toggle(article.is_starred);
    let (why, is_summary) = match (hit.snippet.is_empty(), without_model) {
        (false, _) => (hit.snippet, true),
        (true, true) => (vec![(article.summary.clone(), false)], true),
        (true, false) => {
            let (why, is_summary) = excerpt(&article);
            (vec![(why, false)], is_summary)
        }
    };
    let title = if hit.title.is_empty() { vec![(title_or_untitled(article.title), false)] } else { hit.title };
    let why_language = article.language.clone().filter(|_| is_summary);
    let original = article.url.filter(|address| is_web_url(address));
    let suspicions = if without_model { Vec::new() } else { article.injection_signs };
    view! {
        <li class=if article.is_read { "row" } else { "row unread" } id=format!("a{id}")>
            <button class="mark" name=mark value=id.0 title=mark_label>
                <span class="sr">{mark_label}</span>
            </button>
            <div>
                <h2>
                    <a href=format!("/articles/{id}{list}") lang=article.language.clone() dir="auto" autofocus=is_last_opened>
                        {render_marked(title)}
                    </a>
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
                    {original
                        .map(|address| {
                            view! {
                                " · "
                                <a href=address target="_blank" rel="noopener noreferrer external" data-original>
                                    "original"
                                </a>
                            }
                        })}
                    {(!suspicions.is_empty() || !article.also_in.is_empty())
                        .then(|| {
                            let rules = suspicions.iter().map(|sign| sign.message()).collect::<Vec<_>>().join(" ");
                            view! {
                                {(!article.also_in.is_empty())
                                    .then(|| view! { " · " <AlsoInLinks copies=article.also_in /> })}
                                {(!suspicions.is_empty())
                                    .then(|| view! { " " <span class="chip bad" title=rules>{SUSPICIOUS_LABEL}</span> })}
                            }
                        })}
                </p>
                {why.iter()
                    .any(|(text, _)| !text.is_empty())
                    .then(|| view! { <p class="why" lang=why_language dir="auto">{render_marked(why)}</p> })}
            </div>
            <div class="side">
                {(!without_model)
                    .then(|| view! { <ScoreBadge score=article.score state=article.state error=article.last_error /> })}
                <div class="signs">
                    <button class="star" name=star value=id.0 title=star_label>
                        <span class="sr">{star_label}</span>
                    </button>
                    {(!without_model).then(|| view! { <VoteButtons id vote=article.vote /> })}
                </div>
            </div>
        </li>
    }
}

/// A text whose matched pieces are marked.
fn render_marked(pieces: MarkedText) -> AnyView {
    match pieces.as_slice() {
        [(text, false)] => text.clone().into_any(),
        _ => pieces
            .into_iter()
            .map(|(text, is_match)| if is_match { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() })
            .collect_view()
            .into_any(),
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

/// The title, or a placeholder for an empty one, so that the link has a text.
pub fn title_or_untitled(title: String) -> String {
    if title.trim().is_empty() { "Untitled".to_owned() } else { title }
}

/// The model's reasoning, else the error or the article's summary; and whether it is the summary.
fn excerpt(article: &ArticleRow) -> (String, bool) {
    let error = article.last_error.clone().filter(|_| article.state == ArticleState::Failed);
    match &article.score {
        Some(Score { is_keyword_rank: false, reasoning, .. }) if !reasoning.is_empty() => (reasoning.clone(), false),
        _ => error.map_or_else(|| (article.summary.clone(), true), |error| (error, false)),
    }
}

/// Whether an address is http or https; only such addresses become links.
pub fn is_web_url(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::is_web_url;

    #[test]
    fn only_the_web_is_linked() {
        for (address, linked) in [
            ("https://example.org/a", true),
            ("http://example.org/", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("/relative", false),
        ] {
            assert_eq!(is_web_url(address), linked, "{address}");
        }
    }
}
