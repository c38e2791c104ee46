//! `/`: the lists. Everything that decides a page of one stands in the address.

use crate::{
    api::articles::{MarkAllRead, MarkArticle, load_inbox},
    components::{
        empty::Empty,
        list_tools::{Find, Sorts, Views, address, view_name},
        problem::Problem,
        row::Row,
    },
    domain::{
        article::{ListQuery, Scope, View},
        inbox::{Inbox, mark_scope},
        time::Timestamp,
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// Loads the list that the address describes.
#[component]
pub fn InboxPage() -> impl IntoView {
    let search = use_location().search.get_untracked();
    Suspend::new(async move {
        match load_inbox(search.trim_start_matches('?').to_owned()).await {
            Ok(inbox) => view! { <List inbox /> }.into_any(),
            Err(error) => view! { <Problem error /> }.into_any(),
        }
    })
}

#[component]
fn List(inbox: Inbox) -> impl IntoView {
    let Inbox { query, page, counts, scope_name, feed_count, model_waits, made_at } = inbox;
    let title = scope_name.unwrap_or_else(|| match query.view {
        View::Unread => "Inbox".to_owned(),
        view => view_name(view).to_owned(),
    });
    let list = ListQuery { cursor: None, ..query.clone() }.to_query();
    let list = if list.is_empty() { list } else { format!("?{list}") };
    let is_empty = page.rows.is_empty();
    let next = page.next.map(|cursor| address(&ListQuery { cursor: Some(cursor), ..query.clone() }));
    view! {
        <Title text=title.clone() />
        <div class="page-head">
            <h1>{title}</h1>
            <div class="actions">
                {match query.scope {
                    Scope::Feed(id) => Some(view! { <a class="muted" href=format!("/feeds/{id}")>"About this feed"</a> }),
                    _ => None,
                }}
                {(!is_empty && mark_scope(&query).is_some())
                    .then(|| view! { <MarkAll query=query.clone() made_at /> })}
            </div>
        </div>
        <Views query=query.clone() counts />
        <div class="tools">
            <Sorts query=query.clone() />
            <Find query=query.clone() />
        </div>
        {model_waits.map(|reason| view! { <ModelWaits reason /> })}
        <div id="news" class="news" role="status"></div>
        {if is_empty {
            view! { <Nothing query=query.clone() feed_count /> }.into_any()
        } else {
            view! {
                <form method="post" action=MarkArticle::url() data-quiet>
                    <ol class="rows">
                        {page
                            .rows
                            .into_iter()
                            .map(|article| view! { <Row article list=list.clone() /> })
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
                .then(|| view! { <a href=address(&ListQuery { cursor: None, ..query.clone() })>"Back to the top"</a> })}
            {next.map(|href| view! { <a class="button" rel="next" href=href>"Next page"</a> })}
        </nav>
    }
}

/// Asks before it marks, without leaving the page. What arrived after the page was made stays unread.
#[component]
fn MarkAll(query: ListQuery, made_at: Timestamp) -> impl IntoView {
    let covered = match (query.scope, query.view) {
        (Scope::All, View::Unread | View::All) => "every article",
        (Scope::All, _) => "every article of this view",
        (Scope::Folder(_), _) => "every article of this folder",
        (Scope::Feed(_), _) => "every article of this feed",
        (Scope::Category(_), _) => "every article of this category",
    };
    view! {
        <details id="mark-all">
            <summary class="button small">"Mark all read"</summary>
            <form class="confirm" method="post" action=MarkAllRead::url()>
                <input type="hidden" name="query" value=query.to_query() />
                <input type="hidden" name="before" value=made_at.0 />
                <p>"Mark " {covered} " read, on all pages? You can undo it for ten minutes."</p>
                <p>
                    <button class="button primary small">"Mark all read"</button>
                </p>
            </form>
        </details>
    }
}

#[component]
fn ModelWaits(reason: String) -> impl IntoView {
    view! {
        <p class="notice warn">
            <span>{reason} " Until it can score, articles are ranked by your own words."</span>
            <a href="/settings/ollama">"Model settings"</a>
            <a href="/interests">"Your interests"</a>
        </p>
    }
}

/// An empty list with a way forward.
#[component]
fn Nothing(query: ListQuery, feed_count: i64) -> impl IntoView {
    let everything = address(&ListQuery { view: View::All, search: None, cursor: None, ..query.clone() });
    if feed_count == 0 {
        return view! {
            <Empty title="Nothing to read yet">
                <p>"Add the sites you follow, or bring your subscriptions from another reader."</p>
                <p class="actions">
                    <a class="button primary" href="/feeds/new">"Add a feed"</a>
                    <a class="button" href="/feeds#import">"Import OPML"</a>
                </p>
            </Empty>
        }
        .into_any();
    }
    if let Some(words) = query.search.clone() {
        let without = address(&ListQuery { search: None, cursor: None, ..query });
        return view! {
            <Empty title=format!("Nothing here matches “{words}”")>
                <p class="actions">
                    <a class="button" href=without>"Clear the search"</a>
                    <a href=format!("/?view=all&q={}", escaped(&words))>"Search everything"</a>
                </p>
            </Empty>
        }
        .into_any();
    }
    let (title, more) = match query.view {
        View::Unread => ("You have read it all", "New articles appear here by themselves."),
        View::All => ("No articles yet", "They appear here as soon as the feeds have been fetched."),
        View::Starred => ("Nothing starred", "Star an article to find it here again."),
        View::Scoring => ("Nothing waits for the model", "Every article here has its score."),
        View::Blocked => ("Nothing is blocked", "Articles in categories with the weight “block” would be kept here."),
        View::Failed => {
            ("Nothing failed", "Articles that the model could not score would be kept here, with the reason.")
        }
    };
    view! {
        <Empty title=title>
            <p>{more}</p>
            {(query.view != View::All)
                .then(|| {
                    view! {
                        <p class="actions">
                            <a class="button" href=everything>"Show all articles"</a>
                        </p>
                    }
                })}
        </Empty>
    }
    .into_any()
}

fn escaped(words: &str) -> String {
    url::form_urlencoded::byte_serialize(words.as_bytes()).collect()
}
