//! `/`: the lists. The address alone determines the page of a list.

use crate::{
    api::articles::{MarkAllRead, MarkArticle, load_inbox},
    components::{
        article::{
            article_row::ArticleListRow,
            list_toolbar::{SearchForm, SortLinks, ViewTabs, list_params, list_url, view_label},
        },
        layout::{empty_state::EmptyState, error_page::ErrorPage},
    },
    domain::{
        article::{ArticleScope, ArticleView, ListQuery},
        humanize::format_count,
        inbox::{Inbox, mark_read_scope},
        list_query::ListSettings,
        saved_search::search_path,
        sidebar::SidebarFeed,
        time::Timestamp,
    },
    pages::first_run_panel::FirstRunPanel,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

/// Maximum feeds of a folder that its page shows expanded.
const MAX_OPEN_FOLDER_FEEDS: usize = 12;

/// Loads the list that the address describes.
#[component]
pub fn InboxPage() -> impl IntoView {
    let search = use_location().search.get_untracked();
    Suspend::new(async move {
        match load_inbox(search.trim_start_matches('?').to_owned()).await {
            Ok(inbox) => view! { <InboxList inbox /> }.into_any(),
            Err(error) => view! { <ErrorPage error /> }.into_any(),
        }
    })
}

#[component]
fn InboxList(inbox: Inbox) -> impl IntoView {
    let Inbox { query, page, counts, recent, scope_name, folder_feeds, settings, .. } = inbox;
    let Inbox { feed_count, model_unavailable_reason, first_run, generated_at, .. } = inbox;
    let title = scope_name.unwrap_or_else(|| match query.view {
        ArticleView::Unread => "Inbox".to_owned(),
        view => view_label(view).to_owned(),
    });
    let list = list_params(&query, settings, &recent);
    let is_empty = page.rows.is_empty();
    let has_checklist = first_run.is_some();
    let first_page = ListQuery { cursor: None, ..query.clone() };
    let next = page.next.map(|cursor| list_url(&ListQuery { cursor: Some(cursor), ..query.clone() }, settings));
    view! {
        <Title text=title.clone() />
        <div class="page-head">
            <h1 dir="auto">{title}</h1>
            <div class="actions">
                {match query.scope {
                    ArticleScope::Feed(id) => Some(view! { <a class="muted" href=format!("/feeds/{id}")>"Feed settings"</a> }),
                    _ => None,
                }}
                {(!is_empty && mark_read_scope(&query).is_some())
                    .then(|| view! { <MarkAllReadForm query=query.clone() made_at=generated_at /> })}
            </div>
        </div>
        {(!folder_feeds.is_empty()).then(|| view! { <FolderFeeds feeds=folder_feeds query=first_page.clone() settings /> })}
        <ViewTabs query=query.clone() counts settings />
        <div class="tools">
            <SortLinks query=query.clone() settings />
            <SearchForm query=query.clone() settings />
        </div>
        {query
            .search
            .clone()
            .map(|words| {
                view! {
                    {page.search_problems.into_iter().map(|problem| view! { <p class="notice warn" role="status">{problem}</p> }).collect_view()}
                    <p class="muted"><a href=search_path(&words)>"Search all articles"</a>", with the number of results and help"</p>
                }
            })}
        {model_unavailable_reason.map(|reason| view! { <ModelNotReadyNotice reason /> })}
        <div id="news" class="news" role="status"></div>
        {if is_empty {
            view! { <EmptyInbox query=query.clone() feed_count has_checklist settings /> }.into_any()
        } else {
            view! {
                <form method="post" action=MarkArticle::url() data-quiet>
                    <ol class="rows">
                        {page
                            .rows
                            .into_iter()
                            .map(|article| {
                                let is_last_opened = recent.last() == Some(article.id);
                                view! { <ArticleListRow article list=list.clone() is_last_opened without_model=settings.without_model /> }
                            })
                            .collect_view()}
                    </ol>
                </form>
            }
                .into_any()
        }}
        {first_run.map(|checklist| view! { <FirstRunPanel checklist is_open=is_empty /> })}
        <nav class="pager" aria-label="Pages">
            {query.cursor.is_some().then(|| view! { <a rel="first" href=list_url(&first_page, settings)>"First page"</a> })}
            {next.map(|href| view! { <a class="button" rel="next" href=href>"Next page"</a> })}
        </nav>
    }
}

/// The feeds of a folder, each with a link to its articles.
#[component]
fn FolderFeeds(feeds: Vec<SidebarFeed>, query: ListQuery, settings: ListSettings) -> impl IntoView {
    let count = format_count(i64::try_from(feeds.len()).unwrap_or(i64::MAX), "feed", "feeds");
    let is_short = feeds.len() <= MAX_OPEN_FOLDER_FEEDS;
    let links = feeds
        .into_iter()
        .map(|feed| {
            let href = list_url(&ListQuery { scope: ArticleScope::Feed(feed.id), ..query.clone() }, settings);
            view! {
                <li>
                    <a class="chip" href=href dir="auto">
                        {feed.title}
                        " "
                        <span class="count" id=format!("folder-feed-{}", feed.id) data-live>{feed.unread}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="folder-feeds" open=is_short>
            <summary>{count} " in this folder"</summary>
            <ul class="labels">{links}</ul>
        </details>
    }
}

/// Asks for confirmation on the same page. Articles that arrived after the page was made stay unread.
#[component]
fn MarkAllReadForm(query: ListQuery, made_at: Timestamp) -> impl IntoView {
    let covered = match (query.scope, query.view) {
        (ArticleScope::All, ArticleView::Unread | ArticleView::All) => "every article",
        (ArticleScope::All, _) => "every article of this view",
        (ArticleScope::Folder(_), _) => "every article of this folder",
        (ArticleScope::Feed(_), _) => "every article of this feed",
        (ArticleScope::Category(_), _) => "every article of this category",
    };
    view! {
        <details id="mark-all">
            <summary class="button small">"Mark all as read"</summary>
            <form class="confirm" method="post" action=MarkAllRead::url()>
                <input type="hidden" name="query" value=query.to_query() />
                <input type="hidden" name="before" value=made_at.0 />
                <p>"Mark " {covered} " as read, on all pages? You can undo this for 10 minutes."</p>
                <p>
                    <button class="button primary small">"Mark all as read"</button>
                </p>
            </form>
        </details>
    }
}

#[component]
fn ModelNotReadyNotice(reason: String) -> impl IntoView {
    view! {
        <p class="notice warn">
            <span>{reason} " Until then, articles are ranked by keywords from your interests."</span>
            <a href="/settings/ollama">"Model settings"</a>
            <a href="/interests">"Interests"</a>
        </p>
    }
}

/// An empty list, with links to what can be done.
#[component]
fn EmptyInbox(query: ListQuery, feed_count: i64, has_checklist: bool, settings: ListSettings) -> impl IntoView {
    let everything =
        list_url(&ListQuery { view: ArticleView::All, search: None, cursor: None, ..query.clone() }, settings);
    if feed_count == 0 {
        return view! {
            <EmptyState title="No feeds yet">
                {(!has_checklist)
                    .then(|| {
                        view! {
                            <p>"Add a feed or website, or import an OPML file from another reader."</p>
                            <p class="actions">
                                <a class="button primary" href="/feeds/new">"Add a feed"</a>
                                <a class="button" href="/feeds#import">"Import OPML"</a>
                            </p>
                        }
                    })}
            </EmptyState>
        }
        .into_any();
    }
    if let Some(words) = query.search.clone() {
        let without = list_url(&ListQuery { search: None, cursor: None, ..query.clone() }, settings);
        return view! {
            <EmptyState title=format!("No results for “{words}”")>
                <p class="actions">
                    <a class="button" href=without>"Clear the search"</a>
                    <a href=search_path(&words)>"Search all articles"</a>
                </p>
            </EmptyState>
        }
        .into_any();
    }
    let (title, more) = match query.view {
        ArticleView::Unread => ("No unread articles", "New articles appear here automatically."),
        ArticleView::All => ("No articles yet", "They appear here after the next refresh."),
        ArticleView::Starred => ("No starred articles", "Star an article to find it here again."),
        ArticleView::Scoring => ("No articles waiting to be scored", "All articles have been processed."),
        ArticleView::Blocked => ("No blocked articles", "Articles in categories with the weight “Block” appear here."),
        ArticleView::Failed => {
            ("No failed articles", "Articles that the model could not score appear here, with the reason.")
        }
    };
    view! {
        <EmptyState title=title>
            <p>{more}</p>
            {(query.view != ArticleView::All)
                .then(|| {
                    view! {
                        <p class="actions">
                            <a class="button" href=everything>"Show all articles"</a>
                        </p>
                    }
                })}
        </EmptyState>
    }
    .into_any()
}
