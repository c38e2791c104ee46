//! Articles that stand for those that a query finds.

use crate::{components::layout::time_element::TimeElement, domain::example_article::ExampleArticle};
use leptos::prelude::*;

/// A list of them, after a word about which they are; nothing when there are none.
#[component]
pub fn ExampleArticles(label: &'static str, examples: Vec<ExampleArticle>) -> impl IntoView {
    let rows = examples
        .into_iter()
        .map(|ExampleArticle { id, title, feed_title, at }| {
            view! {
                <li class="line">
                    <a href=format!("/articles/{id}") dir="auto">{title}</a>
                    <span class="muted" dir="auto">{feed_title}</span>
                    <TimeElement at />
                </li>
            }
        })
        .collect_view();
    (!rows.is_empty()).then(|| view! { <p>{label}</p> <ul class="lines">{rows}</ul> })
}
