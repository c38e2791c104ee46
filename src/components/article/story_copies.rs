//! The other articles of a story that several feeds tell.

use crate::domain::story::StoryCopy;
use leptos::prelude::*;

/// The feeds of the others, each a link to its article; for a row of a list.
#[component]
pub fn AlsoInLinks(copies: Vec<StoryCopy>) -> impl IntoView {
    let last = copies.len().saturating_sub(1);
    let links = copies
        .into_iter()
        .enumerate()
        .map(|(position, copy)| {
            let separator = if position < last { ", " } else { "" };
            view! { <a href=format!("/articles/{}", copy.id) title=copy.title dir="auto">{copy.feed_title}</a> {separator} }
        })
        .collect_view();
    view! { "also in: " {links} }
}

/// The others with their titles; for the page of an article.
#[component]
pub fn StoryCopies(
    copies: Vec<StoryCopy>,
    /// The title of the feed and the address of the article whose score this one has.
    score_source: Option<(String, String)>,
) -> impl IntoView {
    (!copies.is_empty()).then(|| {
        let rows = copies
            .into_iter()
            .map(|copy| {
                let shown = (!copy.is_duplicate).then_some(" (in lists)");
                view! {
                    <li>
                        <a href=format!("/articles/{}", copy.id) dir="auto">{copy.feed_title}</a>
                        {shown}
                        ": "
                        <span dir="auto">{copy.title}</span>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="also-in" id="also-in" aria-label="The same story">
                <p>"Also in:"</p>
                <ul>{rows}</ul>
                {score_source
                    .map(|(feed, address)| {
                        view! {
                            <p>
                                "The story was scored once: score, categories and reasoning are those of the article in "
                                <a href=address dir="auto">{feed}</a> "."
                            </p>
                        }
                    })}
            </section>
        }
    })
}
