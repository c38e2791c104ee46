//! `/searches`: the saved searches with their unread articles, and a form for another one.

use crate::{
    api::saved_searches::{
        EditSavedSearch, EndOutgoingFeed, MoveSavedSearch, RemoveSavedSearch, RenewOutgoingFeed, SaveSearch,
        load_outgoing_feeds, load_saved_searches,
    },
    components::{
        forms::{
            form::{FieldError, FormValidation, render_loaded},
            move_buttons::MoveButtons,
        },
        layout::empty_state::EmptyState,
    },
    domain::{
        ids::SavedSearchId,
        list_query::MAX_SEARCH_CHARS,
        outgoing_feed::{OutgoingFeed, OutgoingFormat},
        saved_search::{MAX_SAVED_SEARCH_NAME_CHARS, SavedSearch},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page of saved searches.
#[component]
pub fn SavedSearchesPage() -> impl IntoView {
    view! {
        <Title text="Saved searches" />
        {render_loaded(
            async { Ok((load_saved_searches().await?, load_outgoing_feeds().await?)) },
            |(searches, feeds)| saved_searches_view(searches, &feeds),
        )}
    }
}

fn saved_searches_view(searches: Vec<SavedSearch>, feeds: &[OutgoingFeed]) -> impl IntoView + use<> {
    // The saved search may have been removed in another tab.
    let editing = FormValidation::of::<EditSavedSearch>();
    let is_gone = !searches.iter().any(|search| search.id.to_string() == editing.value("id", ""));
    let gone = if is_gone { editing } else { FormValidation::default() };
    let (is_empty, count) = (searches.is_empty(), searches.len());
    let rows = (1_usize..)
        .zip(searches)
        .map(|(position, search)| {
            let feed = feeds.iter().find(|feed| feed.search == search.id).cloned();
            view! { <SavedSearchRow search feed position is_last=position == count /> }
        })
        .collect_view();
    view! {
        <header class="page-head">
            <h1>"Saved searches"</h1>
            <div class="actions">
                <a class="button" href="/rules">"Rules"</a>
                <a class="button" href="/search">"Search"</a>
            </div>
        </header>
        {if is_empty {
            view! {
                <EmptyState title="No saved searches">
                    <p>"A saved search stands in the sidebar with its unread articles."</p>
                </EmptyState>
            }
                .into_any()
        } else {
            view! { <ul class="lines">{rows}</ul> }.into_any()
        }}
        <FieldError form=gone />
        <SaveSearchForm />
    }
}

#[component]
fn SavedSearchRow(search: SavedSearch, feed: Option<OutgoingFeed>, position: usize, is_last: bool) -> impl IntoView {
    let (id, path) = (search.id.to_string(), search.path());
    let form = FormValidation::of::<EditSavedSearch>();
    let form = if form.value("id", "") == id { form } else { FormValidation::default() };
    let (is_open, name, query) =
        (form.is_refused(), form.value("name", &search.name), form.value("query", &search.query));
    let unread = match search.unread.short_label() {
        none if none.is_empty() => "no unread articles".to_owned(),
        label => format!("{label} unread"),
    };
    view! {
        <li class="line">
            <a href=path.clone() dir="auto">{search.name.clone()}</a>
            <code>{search.query.clone()}</code>
            <a class="muted" href=format!("{path}&view=unread")>{unread}</a>
            <form class="one-line" method="post" action=MoveSavedSearch::url()>
                <input type="hidden" name="id" value=id.clone() />
                <MoveButtons name=search.name.clone() position is_last />
            </form>
            <OutgoingFeedDetails id=search.id name=search.name.clone() feed />
            <details class="stack" open=is_open>
                <summary>"Edit or remove " <span class="sr">{search.name}</span></summary>
                <form class="stack" method="post" action=EditSavedSearch::url()>
                    <input type="hidden" name="id" value=id.clone() />
                    <SavedSearchFields form=form.clone() name query />
                    <FieldError form />
                    <div class="actions">
                        <button class="button">"Save"</button>
                    </div>
                </form>
                <form class="one-line" method="post" action=RemoveSavedSearch::url()>
                    <input type="hidden" name="id" value=id />
                    <span>"Its articles are kept."</span>
                    <button class="button danger">"Remove saved search"</button>
                </form>
            </details>
        </li>
    }
}

/// The addresses of the outgoing feed, and the forms that make and end them.
#[component]
fn OutgoingFeedDetails(id: SavedSearchId, name: String, feed: Option<OutgoingFeed>) -> impl IntoView {
    let is_on = feed.is_some();
    let addresses = feed.map(|feed| {
        let rows = OutgoingFormat::ALL
            .iter()
            .map(|format| {
                view! {
                    <label class="field">
                        <span>{format.label()}</span>
                        <input readonly value=feed.address_in(*format) />
                    </label>
                }
            })
            .collect_view();
        view! {
            {rows}
            <p class="muted">"OPML lists the addresses of the feeds that the articles come from."</p>
        }
    });
    let renewal = if is_on { "Renew address" } else { "Create address" };
    view! {
        <details class="stack">
            <summary>{if is_on { "Feed (on) " } else { "Feed " }} <span class="sr">{name}</span></summary>
            <p>"The address is secret: with it, the newest articles of this search can be read without logging in, with scores and reasons."</p>
            {addresses}
            <div class="actions">
                <form method="post" action=RenewOutgoingFeed::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button">{renewal}</button>
                </form>
                {is_on
                    .then(|| {
                        view! {
                            <form method="post" action=EndOutgoingFeed::url()>
                                <input type="hidden" name="id" value=id.to_string() />
                                <button class="button danger">"Switch off"</button>
                            </form>
                        }
                    })}
            </div>
        </details>
    }
}

#[component]
fn SaveSearchForm() -> impl IntoView {
    let form = FormValidation::of::<SaveSearch>();
    view! {
        <form class="panel stack mt-8" id="save" method="post" action=SaveSearch::url()>
            <h2>"Save a search"</h2>
            <SavedSearchFields form=form.clone() name=form.value("name", "") query=form.value("query", "") />
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Save search"</button>
            </div>
        </form>
    }
}

/// The fields of a saved search in a form.
#[component]
fn SavedSearchFields(form: FormValidation, name: String, query: String) -> impl IntoView {
    view! {
        <label class="field narrow">
            <span>"Name"</span>
            <input name="name" required maxlength=MAX_SAVED_SEARCH_NAME_CHARS.to_string() value=name aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
        </label>
        <label class="field">
            <span>"Query"</span>
            <input name="query" required maxlength=MAX_SEARCH_CHARS.to_string() value=query aria-invalid=form.invalid("query") aria-describedby=form.aria_describedby("query") />
        </label>
    }
}
