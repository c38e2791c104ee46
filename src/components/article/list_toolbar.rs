//! What stands over a list: its views, its order, the search.

use crate::components::layout::icons::{Icon, SEARCH_ICON};
use crate::domain::article::{ArticleSort, ArticleView, ListQuery, ViewCounts};
use leptos::prelude::*;

/// The address of a list.
pub fn list_url(query: &ListQuery) -> String {
    let params = query.to_query();
    if params.is_empty() { "/".to_owned() } else { format!("/?{params}") }
}

/// The views of the list's scope with their counts.
#[component]
pub fn ViewTabs(query: ListQuery, counts: ViewCounts) -> impl IntoView {
    view! {
        <nav id="views" class="tabs" aria-label="Views" data-live>
            {ArticleView::ALL
                .iter()
                .map(|view| {
                    let href = list_url(&ListQuery { view: *view, cursor: None, ..query.clone() });
                    view! {
                        <a href=href aria-current=(*view == query.view).then_some("page")>
                            {view_label(*view)}
                            " "
                            <span class="count">{view_count(*view, counts)}</span>
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// The order of the list, as links.
#[component]
pub fn SortLinks(query: ListQuery) -> impl IntoView {
    view! {
        <nav class="sorts" aria-label="Order">
            {ArticleSort::ALL
                .iter()
                .map(|sort| {
                    let href = list_url(&ListQuery { sort: *sort, cursor: None, ..query.clone() });
                    view! {
                        <a href=href aria-current=(*sort == query.sort).then_some("true")>
                            {sort_label(*sort)}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Searches within the list.
#[component]
pub fn SearchForm(query: ListQuery) -> impl IntoView {
    let kept = ListQuery { search: None, cursor: None, ..query.clone() }.to_params();
    view! {
        <form class="find" action="/" role="search">
            {kept
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
                .collect_view()}
            <input type="search" name="q" value=query.search placeholder="Search" aria-label="Search articles" />
            <button class="button small" aria-label="Search">
                <Icon path=SEARCH_ICON />
            </button>
        </form>
    }
}

/// What a view is called.
pub const fn view_label(view: ArticleView) -> &'static str {
    match view {
        ArticleView::Unread => "Unread",
        ArticleView::All => "All",
        ArticleView::Starred => "Starred",
        ArticleView::Scoring => "Scoring",
        ArticleView::Blocked => "Blocked",
        ArticleView::Failed => "Failed",
    }
}

const fn view_count(view: ArticleView, counts: ViewCounts) -> i64 {
    match view {
        ArticleView::Unread => counts.unread,
        ArticleView::All => counts.all,
        ArticleView::Starred => counts.starred,
        ArticleView::Scoring => counts.scoring,
        ArticleView::Blocked => counts.blocked,
        ArticleView::Failed => counts.failed,
    }
}

const fn sort_label(sort: ArticleSort) -> &'static str {
    match sort {
        ArticleSort::Best => "Best first",
        ArticleSort::Lowest => "Lowest first",
        ArticleSort::Newest => "Newest",
        ArticleSort::Oldest => "Oldest",
    }
}
