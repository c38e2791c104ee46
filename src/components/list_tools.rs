//! What stands over a list: its views, its order, the search.

use super::icons::{Icon, SEARCH};
use crate::domain::article::{ListQuery, Sort, View, ViewCounts};
use leptos::prelude::*;

/// The address of a list.
pub fn address(query: &ListQuery) -> String {
    let params = query.to_query();
    if params.is_empty() { "/".to_owned() } else { format!("/?{params}") }
}

/// The views of the list's scope with their counts.
#[component]
pub fn Views(query: ListQuery, counts: ViewCounts) -> impl IntoView {
    view! {
        <nav id="views" class="tabs" aria-label="Views" data-live>
            {View::ALL
                .iter()
                .map(|view| {
                    let href = address(&ListQuery { view: *view, cursor: None, ..query.clone() });
                    view! {
                        <a href=href aria-current=(*view == query.view).then_some("page")>
                            {view_name(*view)}
                            " "
                            <span class="count">{count_of(*view, counts)}</span>
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// The order of the list, as links.
#[component]
pub fn Sorts(query: ListQuery) -> impl IntoView {
    view! {
        <nav class="sorts" aria-label="Order">
            {Sort::ALL
                .iter()
                .map(|sort| {
                    let href = address(&ListQuery { sort: *sort, cursor: None, ..query.clone() });
                    view! {
                        <a href=href aria-current=(*sort == query.sort).then_some("true")>
                            {sort_name(*sort)}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Searches within the list.
#[component]
pub fn Find(query: ListQuery) -> impl IntoView {
    let kept = ListQuery { search: None, cursor: None, ..query.clone() }.to_params();
    view! {
        <form class="find" action="/" role="search">
            {kept
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
                .collect_view()}
            <input type="search" name="q" value=query.search placeholder="Search" aria-label="Search articles" />
            <button class="button small" aria-label="Search">
                <Icon path=SEARCH />
            </button>
        </form>
    }
}

/// What a view is called.
pub const fn view_name(view: View) -> &'static str {
    match view {
        View::Unread => "Unread",
        View::All => "All",
        View::Starred => "Starred",
        View::Scoring => "Scoring",
        View::Blocked => "Blocked",
        View::Failed => "Failed",
    }
}

const fn count_of(view: View, counts: ViewCounts) -> i64 {
    match view {
        View::Unread => counts.unread,
        View::All => counts.all,
        View::Starred => counts.starred,
        View::Scoring => counts.scoring,
        View::Blocked => counts.blocked,
        View::Failed => counts.failed,
    }
}

const fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Best => "Best first",
        Sort::Lowest => "Lowest",
        Sort::Newest => "Newest",
        Sort::Oldest => "Oldest",
    }
}
