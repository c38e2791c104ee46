//! `/`: the lists. Everything that decides a page of one stands in the address.

use crate::{
    api::articles::{MarkAllRead, MarkArticle, load_inbox},
    components::{
        article::{
            article_row::ArticleListRow,
            list_toolbar::{SearchForm, SortLinks, ViewTabs, list_url, view_label},
        },
        layout::{empty_state::EmptyState, error_page::ErrorPage},
    },
    domain::{
        article::{ArticleScope, ArticleView, ListQuery},
        inbox::{Inbox, mark_read_scope},
        time::Timestamp,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

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
    let Inbox { query, page, counts, scope_name, feed_count, model_unavailable_reason, generated_at } = inbox;
    let title = scope_name.unwrap_or_else(|| match query.view {
        ArticleView::Unread => "Inbox".to_owned(),
        view => view_label(view).to_owned(),
    });
    let list = ListQuery { cursor: None, ..query.clone() }.to_query();
    let list = if list.is_empty() { list } else { format!("?{list}") };
    let is_empty = page.rows.is_empty();
    let next = page.next.map(|cursor| list_url(&ListQuery { cursor: Some(cursor), ..query.clone() }));
    view! {
        <Title text=title.clone() />
        <div class="page-head">
            <h1 dir="auto">{title}</h1>
            <div class="actions">
                {match query.scope {
                    ArticleScope::Feed(id) => Some(view! { <a class="muted" href=format!("/feeds/{id}")>"Feed details"</a> }),
                    _ => None,
                }}
                {(!is_empty && mark_read_scope(&query).is_some())
                    .then(|| view! { <MarkAllReadForm query=query.clone() made_at=generated_at /> })}
            </div>
        </div>
        <ViewTabs query=query.clone() counts />
        <div class="tools">
            <SortLinks query=query.clone() />
            <SearchForm query=query.clone() />
        </div>
        {model_unavailable_reason.map(|reason| view! { <ModelNotReadyNotice reason /> })}
        <div id="news" class="news" role="status"></div>
        {if is_empty {
            view! { <EmptyInbox query=query.clone() feed_count /> }.into_any()
        } else {
            view! {
                <form method="post" action=MarkArticle::url() data-quiet>
                    <ol class="rows">
                        {page
                            .rows
                            .into_iter()
                            .map(|article| view! { <ArticleListRow article list=list.clone() /> })
                            .collect_view()}
                    </ol>
                </form>
            }
                .into_any()
        }}
        <nav class="pager" aria-label="Pages">
            {query
                .cursor
                .is_some()
                .then(|| view! { <a href=list_url(&ListQuery { cursor: None, ..query.clone() })>"First page"</a> })}
            {next.map(|href| view! { <a class="button" rel="next" href=href>"Next page"</a> })}
        </nav>
    }
}

/// Asks before it marks, without leaving the page. What arrived after the page was made stays unread.
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

/// An empty list with a way forward.
#[component]
fn EmptyInbox(query: ListQuery, feed_count: i64) -> impl IntoView {
    let everything = list_url(&ListQuery { view: ArticleView::All, search: None, cursor: None, ..query.clone() });
    if feed_count == 0 {
        return view! {
            <EmptyState title="No feeds yet">
                <p>"Add a feed or website, or import an OPML file from another reader."</p>
                <p class="actions">
                    <a class="button primary" href="/feeds/new">"Add a feed"</a>
                    <a class="button" href="/feeds#import">"Import OPML"</a>
                </p>
            </EmptyState>
        }
        .into_any();
    }
    if let Some(words) = query.search.clone() {
        let without = list_url(&ListQuery { search: None, cursor: None, ..query });
        return view! {
            <EmptyState title=format!("No results for “{words}”")>
                <p class="actions">
                    <a class="button" href=without>"Clear the search"</a>
                    <a href=format!("/?view=all&q={}", encode_query(&words))>"Search all articles"</a>
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

fn encode_query(words: &str) -> String {
    url::form_urlencoded::byte_serialize(words.as_bytes()).collect()
}
