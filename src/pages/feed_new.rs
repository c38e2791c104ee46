//! `/feeds/new`: subscribe by the address of a feed or a site, and choose when a site offers several.

use crate::{
    api::feeds::{AddFeed, AddFeeds, decode_candidates, load_feeds},
    components::forms::{
        folder_select::FolderSelect,
        form::{FieldError, form_error, query_param, render_loaded},
    },
    domain::feed::{FeedCandidate, Folder},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

/// The page of the form.
#[component]
pub fn FeedNewPage() -> impl IntoView {
    let offers = decode_candidates(&query_param("offers"));
    view! {
        <Title text="Add a feed" />
        {render_loaded(
            load_feeds(),
            move |all| {
                let choice = (!offers.is_empty()).then(|| view! { <FeedChoiceForm offers folders=all.folders.clone() /> });
                view! {
                    <header class="page-head">
                        <div>
                            <p><a href="/feeds">"Feeds"</a></p>
                            <h1>"Add a feed"</h1>
                        </div>
                    </header>
                    {choice}
                    <AddFeedForm folders=all.folders />
                    <p class="muted">
                        "Coming from another reader? " <a href="/feeds#import">"Import its OPML file"</a> "."
                    </p>
                }
            },
        )}
    }
}

#[component]
fn AddFeedForm(folders: Vec<Folder>) -> impl IntoView {
    let error = form_error::<AddFeed>();
    let described = if error.is_some() { "address-error address-hint" } else { "address-hint" };
    let invalid = error.is_some().then_some("true");
    view! {
        <form class="panel" method="post" action=AddFeed::url()>
            <label class="field">
                <span>"Feed or website URL"</span>
                <input
                    name="address"
                    inputmode="url"
                    autocomplete="url"
                    autocapitalize="off"
                    spellcheck="false"
                    required
                    placeholder="example.org or https://example.org/feed.xml"
                    value=query_param("address")
                    aria-describedby=described
                    aria-invalid=invalid
                />
            </label>
            <FieldError error id="address-error" />
            <p class="muted" id="address-hint">
                "For a website, Gleaner finds its feeds; if there are several, you choose."
            </p>
            <FolderSelect folders chosen=query_param("folder").parse().ok() />
            <div class="actions">
                <button class="button primary">"Subscribe"</button>
            </div>
        </form>
    }
}

/// Several feeds on offer: tick what you want.
#[component]
fn FeedChoiceForm(offers: Vec<FeedCandidate>, folders: Vec<Folder>) -> impl IntoView {
    let lines = offers
        .into_iter()
        .enumerate()
        .map(|(place, offer)| {
            let items = match offer.items {
                None => String::new(),
                Some(1) => ", 1 article".to_owned(),
                Some(items) => format!(", {items} articles"),
            };
            let title = if offer.title.is_empty() { offer.url.clone() } else { offer.title };
            view! {
                <li>
                    <label class="check">
                        <input type="checkbox" name="urls[]" value=offer.url.clone() checked=place == 0 />
                        <span>
                            <strong>{title}</strong>
                            <br />
                            <span class="muted">{offer.url} {items}</span>
                        </span>
                    </label>
                </li>
            }
        })
        .collect_view();
    view! {
        <form class="panel" method="post" action=AddFeeds::url()>
            <fieldset>
                <legend>"This site offers several feeds. Select the ones to subscribe to."</legend>
                <ul class="lines">{lines}</ul>
            </fieldset>
            <FolderSelect folders chosen=query_param("folder").parse().ok() />
            <div class="actions">
                <button class="button primary">"Subscribe to the selected feeds"</button>
            </div>
        </form>
    }
}
