//! `/search`: a query over all articles, with the number of hits, marked matches, and help for its syntax.

use crate::{
    api::{articles::MarkArticle, saved_searches::SaveSearch, search::load_search},
    components::{
        article::{
            article_row::ArticleListRow,
            list_toolbar::{list_params, search_url, sort_label},
        },
        layout::{
            empty_state::EmptyState,
            error_page::ErrorPage,
            icons::{Icon, SEARCH_ICON},
        },
    },
    domain::{
        article::{ArticleSort, ListQuery},
        query::FIELD_HELP,
        recent_articles::RecentArticles,
        rule::rule_path,
        saved_search::MAX_SAVED_SEARCH_NAME_CHARS,
        search::SearchResults,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

/// Loads the hits for the query in the address.
#[component]
pub fn SearchPage() -> impl IntoView {
    let search = use_location().search.get_untracked();
    Suspend::new(async move {
        match load_search(search.trim_start_matches('?').to_owned()).await {
            Ok(results) => {
                view! { <SearchHits results recent=RecentArticles::from_query(search.trim_start_matches('?')) /> }
                    .into_any()
            }
            Err(error) => view! { <ErrorPage error /> }.into_any(),
        }
    })
}

#[component]
fn SearchHits(results: SearchResults, recent: RecentArticles) -> impl IntoView {
    let SearchResults { query, page, texts, hits, settings } = results;
    let is_searching = query.search.is_some();
    let is_empty = page.rows.is_empty();
    let next_label = if is_empty { "Continue searching" } else { "Next page" };
    let (is_start, is_help_open) = (!is_searching, !is_searching || is_empty);
    let list = list_params(&query, settings, &recent);
    let next = page.next.map(|cursor| search_url(&ListQuery { cursor: Some(cursor), ..query.clone() }));
    let has_next = next.is_some();
    let first = query.cursor.is_some().then(|| search_url(&ListQuery { cursor: None, ..query.clone() }));
    let without_model = settings.without_model;
    let rows = page
        .rows
        .into_iter()
        .zip(texts)
        .map(|(article, hit)| {
            let is_last_opened = recent.last() == Some(article.id);
            view! { <ArticleListRow article list=list.clone() is_last_opened without_model hit /> }
        })
        .collect_view();
    view! {
        <Title text="Search" />
        <div class="page-head">
            <h1>"Search"</h1>
            <div class="actions">
                <a class="button" href="/rules">"Rules"</a>
                <a class="button" href="/searches">"Saved searches"</a>
            </div>
        </div>
        <form class="find" action="/search" role="search">
            <input type="search" name="q" value=query.search.clone() aria-label="Search all articles" autofocus=is_start />
            <button class="button small" aria-label="Search">
                <Icon path=SEARCH_ICON />
            </button>
        </form>
        {page.search_problems.into_iter().map(|problem| view! { <p class="notice warn mt-4" role="status">{problem}</p> }).collect_view()}
        {hits.map(|hits| view! { <p class="mt-4" role="status">{hits.message()}</p> })}
        {is_searching.then(|| view! { <SearchOrders query=query.clone() without_model /> })}
        {query.search.clone().map(|typed| view! { <SaveSearchDetails typed /> })}
        {match (is_searching, is_empty) {
            (false, _) => ().into_any(),
            (true, true) if has_next => view! { <p class="muted">"No results among the articles searched so far."</p> }.into_any(),
            (true, true) => {
                view! {
                    <EmptyState title="No results">
                        <p>"The table below shows the search syntax."</p>
                    </EmptyState>
                }
                    .into_any()
            }
            (true, false) => {
                view! {
                    <form method="post" action=MarkArticle::url() data-quiet>
                        <ol class="rows">{rows}</ol>
                    </form>
                }
                    .into_any()
            }
        }}
        <nav class="pager" aria-label="Pages">
            {first.map(|href| view! { <a rel="first" href=href>"First page"</a> })}
            {next.map(|href| view! { <a class="button" rel="next" href=href>{next_label}</a> })}
        </nav>
        <SearchHelp is_open=is_help_open />
    }
}

/// The form that saves the query, and the way to a rule with it; `/searches` says why it was refused and keeps what was typed.
#[component]
fn SaveSearchDetails(typed: String) -> impl IntoView {
    let rule_path = rule_path(&typed);
    view! {
        <details>
            <summary>"Save this search"</summary>
            <form class="one-line" method="post" action=SaveSearch::url()>
                <input type="hidden" name="query" value=typed />
                <label class="field">
                    <span>"Name"</span>
                    <input name="name" required maxlength=MAX_SAVED_SEARCH_NAME_CHARS.to_string() />
                </label>
                <button class="button">"Save search"</button>
            </form>
        </details>
        <p class="mt-4"><a class="button small" href=rule_path>"Make a rule of this"</a></p>
    }
}

/// The order of the hits, as links.
#[component]
fn SearchOrders(query: ListQuery, without_model: bool) -> impl IntoView {
    view! {
        <nav class="sorts" aria-label="Order">
            {ArticleSort::ALL
                .iter()
                .filter(|sort| !without_model || !sort.is_by_score())
                .map(|sort| {
                    let href = search_url(&ListQuery { sort: *sort, cursor: None, ..query.clone() });
                    view! { <a href=href aria-current=(*sort == query.sort).then_some("true")>{sort_label(*sort)}</a> " " }
                })
                .collect_view()}
        </nav>
    }
}

/// The query language in examples.
#[component]
fn SearchHelp(is_open: bool) -> impl IntoView {
    view! {
        <details open=is_open>
            <summary>"Search syntax"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="Search syntax">
                <table class="grid-table">
                    <thead>
                        <tr>
                            <th scope="col">"Example"</th>
                            <th scope="col">"Finds"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {FIELD_HELP
                            .iter()
                            .map(|help| {
                                view! {
                                    <tr>
                                        <th scope="row"><code>{help.example}</code></th>
                                        <td>{help.meaning}</td>
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        </details>
    }
}
