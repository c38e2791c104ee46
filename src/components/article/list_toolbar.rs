//! The controls above a list: its views, its order, the search.

use crate::components::layout::icons::{Icon, SEARCH_ICON};
use crate::domain::{
    article::{ArticleScope, ArticleSort, ArticleView, ListQuery, ViewCounts},
    list_query::ListSettings,
    recent_articles::{RECENT_PARAM, RecentArticles},
};
use leptos::prelude::*;

/// The address of a list.
pub fn list_url(query: &ListQuery, settings: ListSettings) -> String {
    format!("/{}", list_params(query, settings, &RecentArticles::default()))
}

/// The part of an address that leads back to a list with the articles opened from it: empty, or beginning with `?`.
pub fn list_params(query: &ListQuery, settings: ListSettings, recent: &RecentArticles) -> String {
    let mut params = query.to_params_with(settings.defaults);
    params.extend(recent.to_param().map(|ids| (RECENT_PARAM, ids)));
    let params = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    if params.is_empty() { params } else { format!("?{params}") }
}

/// The address of a page of hits.
pub fn search_url(query: &ListQuery) -> String {
    format!("/search?{}", query.to_query_with(ListQuery::SEARCH_DEFAULTS))
}

/// The address of the list that an article was opened from, with the articles opened from it: the search page for a query over all
/// articles.
pub fn return_url(query: &ListQuery, settings: ListSettings, recent: &RecentArticles) -> String {
    if query.search.is_none() || query.scope != ArticleScope::All || query.view != ArticleView::All {
        return format!("/{}", list_params(query, settings, recent));
    }
    let recent = recent.to_param().map(|ids| format!("&{RECENT_PARAM}={ids}")).unwrap_or_default();
    format!("{}{recent}", search_url(query))
}

/// The views of the list's scope with their counts; without a model those that only scoring fills are left out.
#[component]
pub fn ViewTabs(query: ListQuery, counts: ViewCounts, settings: ListSettings) -> impl IntoView {
    view! {
        <nav id="views" class="tabs" aria-label="Views" data-live>
            {ArticleView::ALL
                .iter()
                .filter(|view| !settings.without_model || **view == query.view || !is_scoring_view(**view))
                .map(|view| {
                    let href = list_url(&ListQuery { view: *view, cursor: None, ..query.clone() }, settings);
                    view! {
                        <a href=href aria-current=(*view == query.view).then_some("page")>
                            {view_label(*view)}
                            " "
                            <span class="count">{view_count(*view, counts)}</span>
                        </a>
                        " "
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// The order of the list, as links.
#[component]
pub fn SortLinks(query: ListQuery, settings: ListSettings) -> impl IntoView {
    view! {
        <nav class="sorts" aria-label="Order">
            {ArticleSort::ALL
                .iter()
                .filter(|sort| **sort != ArticleSort::Relevance || query.search.is_some())
                .filter(|sort| !settings.without_model || !sort.is_by_score())
                .map(|sort| {
                    let href = list_url(&ListQuery { sort: *sort, cursor: None, ..query.clone() }, settings);
                    view! {
                        <a href=href aria-current=(*sort == query.sort).then_some("true")>
                            {sort_label(*sort)}
                        </a>
                        " "
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Searches within the list.
#[component]
pub fn SearchForm(query: ListQuery, settings: ListSettings) -> impl IntoView {
    let kept = ListQuery { search: None, cursor: None, ..query.clone() }.to_params_with(settings.defaults);
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

/// The name of a view.
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

/// Whether only the scoring of articles fills a view.
const fn is_scoring_view(view: ArticleView) -> bool {
    matches!(view, ArticleView::Scoring | ArticleView::Blocked | ArticleView::Failed)
}

/// The name of an order.
pub const fn sort_label(sort: ArticleSort) -> &'static str {
    match sort {
        ArticleSort::Best => "Best first",
        ArticleSort::Lowest => "Lowest first",
        ArticleSort::Newest => "Newest",
        ArticleSort::Oldest => "Oldest",
        ArticleSort::Relevance => "Relevance",
    }
}
