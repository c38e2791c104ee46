//! The part of `/categories` with the names that models suggested: accept, merge, never.

use crate::{
    api::categories::{AcceptSuggestion, MergeSuggestion, RefuseSuggestion},
    components::forms::form::{FieldError, FormValidation},
    domain::{
        category::Category,
        category_suggestion::{CategorySuggestion, PROMOTION_MIN_ARTICLES, PROMOTION_MIN_FEEDS},
        humanize::format_count,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The suggestions; nothing without any. Errors of the forms come first, since their suggestions may be gone.
#[component]
pub fn CategorySuggestions(suggestions: Vec<CategorySuggestion>, categories: Vec<Category>) -> impl IntoView {
    let refused = [
        FormValidation::of::<AcceptSuggestion>(),
        FormValidation::of::<MergeSuggestion>(),
        FormValidation::of::<RefuseSuggestion>(),
    ]
    .map(|form| view! { <FieldError form /> })
    .collect_view();
    let section = (!suggestions.is_empty()).then(|| {
        let rows = suggestions
            .into_iter()
            .map(|suggestion| view! { <SuggestionRow suggestion categories=categories.clone() /> })
            .collect_view();
        view! {
            <section class="panel stack mt-8" id="suggestions" aria-labelledby="suggestions-title">
                <h2 id="suggestions-title">"Suggested by models"</h2>
                <p class="muted">
                    {format!(
                        "A suggested name becomes a category automatically when {PROMOTION_MIN_ARTICLES} articles of {PROMOTION_MIN_FEEDS} feeds had it. Until then no model can choose it. ",
                    )}
                    <a href="/settings">"Settings"</a> " has the switch for suggestions."
                </p>
                <ul class="lines">{rows}</ul>
            </section>
        }
    });
    view! { {refused} {section} }
}

#[component]
fn SuggestionRow(suggestion: CategorySuggestion, categories: Vec<Category>) -> impl IntoView {
    let CategorySuggestion { id, name, parent_id, article_count, feed_count, examples } = suggestion;
    let merge = FormValidation::of::<MergeSuggestion>();
    let merge = if merge.value("id", "") == id.to_string() { merge } else { FormValidation::default() };
    let parent = categories.iter().find(|category| Some(category.id) == parent_id).map(|parent| parent.name.clone());
    let options = categories
        .into_iter()
        .map(|category| {
            let indent = if category.parent_id.is_some() { "– " } else { "" };
            view! { <option value=category.id.to_string()>{format!("{indent}{}", category.name)}</option> }
        })
        .collect_view();
    let links = examples
        .into_iter()
        .map(|example| view! { <li><a href=format!("/articles/{}", example.id) dir="auto">{example.title}</a></li> })
        .collect_view();
    view! {
        <li id=format!("suggestion-{id}") class="stack">
            <p>
                <strong dir="auto">{name.clone()}</strong>
                {parent.map(|parent| format!(" under {parent}"))}
                <span class="muted">
                    ": " {format_count(article_count, "article", "articles")} " of " {format_count(feed_count, "feed", "feeds")}
                </span>
            </p>
            <ul class="muted">{links}</ul>
            <div class="one-line">
                <form method="post" action=AcceptSuggestion::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button small">"Accept" <span class="sr">" " {name.clone()}</span></button>
                </form>
                <form class="one-line" method="post" action=MergeSuggestion::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <select
                        name="into"
                        aria-label=format!("Category to merge {name} into")
                        aria-invalid=merge.invalid("into")
                        aria-describedby=merge.aria_describedby("into")
                    >
                        <option value="">"Merge into …"</option>
                        {options}
                    </select>
                    <button class="button small">"Merge" <span class="sr">" " {name.clone()}</span></button>
                </form>
                <form method="post" action=RefuseSuggestion::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button small">"Never" <span class="sr">" " {name}</span></button>
                </form>
            </div>
        </li>
    }
}
