//! `/feeds/new`: subscribe by the address of a feed or a site, and choose when a site offers several.

use crate::pages::starter_packs_panel::StarterPacksPanel;
use crate::{
    api::feeds::{AddFeed, AddFeeds, load_feeds},
    components::forms::{
        feed_request_form::FeedLoginFields,
        folder_select::FolderSelect,
        form::{FieldError, FormValidation, query_param, render_loaded},
        form_outcome::{FormOutcome, FormResult},
    },
    domain::{
        feed::{FeedCandidate, Folder},
        ids::FolderId,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page of the form.
#[component]
pub fn FeedNewPage() -> impl IntoView {
    let outcome = FormOutcome::of_page();
    let offers = match outcome.as_ref().map(|outcome| &outcome.result) {
        Some(FormResult::Candidates(offers)) => offers.clone(),
        // A refused choice sent its offers along.
        _ => serde_json::from_str(&FormValidation::of::<AddFeeds>().value("offers", "")).unwrap_or_default(),
    };
    let sent = |name: &str| outcome.as_ref().and_then(|outcome| outcome.value(name)).map(str::to_owned);
    // A bookmarklet or another program may give the address as a parameter.
    let address = sent("address").unwrap_or_else(|| query_param("address"));
    let folder: Option<FolderId> = sent("folder").and_then(|id| id.parse().ok());
    let username = sent("username").unwrap_or_default();
    view! {
        <Title text="Add a feed" />
        {render_loaded(
            load_feeds(),
            move |all| {
                let refused = FormValidation::of::<AddFeeds>();
                let choice = if offers.is_empty() {
                    view! { <FieldError form=refused /> }.into_any()
                } else {
                    view! { <FeedChoiceForm offers folder folders=all.folders.clone() username=username.clone() address=address.clone() /> }.into_any()
                };
                view! {
                    <header class="page-head">
                        <div>
                            <p><a href="/feeds">"Feeds"</a></p>
                            <h1>"Add a feed"</h1>
                        </div>
                    </header>
                    {choice}
                    <AddFeedForm address folder folders=all.folders username />
                    <p class="muted">
                        "Coming from another reader? " <a href="/feeds#import">"Import its OPML file"</a> "."
                    </p>
                    <StarterPacksPanel packs=all.starter_packs />
                }
            },
        )}
    }
}

#[component]
fn AddFeedForm(address: String, folder: Option<FolderId>, folders: Vec<Folder>, username: String) -> impl IntoView {
    let form = FormValidation::of::<AddFeed>();
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
                    value=address
                    aria-describedby=form.aria_describedby_with_hint("address")
                    aria-invalid=form.invalid("address")
                />
            </label>
            <FieldError form=form.clone() />
            <p class="muted" id="address-hint">
                "For a website, Gleaner finds its feeds; if there are several, you choose."
            </p>
            <FolderSelect folders chosen=folder />
            <FeedLoginFields form username />
            <div class="actions">
                <button class="button primary">"Subscribe"</button>
            </div>
        </form>
    }
}

/// The choice among several feeds of a site.
#[component]
fn FeedChoiceForm(
    offers: Vec<FeedCandidate>,
    folder: Option<FolderId>,
    folders: Vec<Folder>,
    username: String,
    address: String,
) -> impl IntoView {
    let form = FormValidation::of::<AddFeeds>();
    let sent = serde_json::to_string(&offers).unwrap_or_default();
    let lines = offers
        .into_iter()
        .enumerate()
        .map(|(place, offer)| {
            let items = match offer.items {
                None => String::new(),
                Some(1) => ", 1 article".to_owned(),
                Some(items) => format!(", {items} articles"),
            };
            let title = if offer.title.is_empty() { offer.url.to_string() } else { offer.title };
            view! {
                <li>
                    <label class="check">
                        <input type="checkbox" name="urls[]" value=offer.url.to_string() checked=place == 0 && !form.is_refused() aria-invalid=form.invalid("urls") />
                        <span>
                            <strong dir="auto">{title}</strong>
                            <br />
                            <span class="muted">{offer.url.to_string()} {items}</span>
                        </span>
                    </label>
                </li>
            }
        })
        .collect_view();
    view! {
        <form class="panel" method="post" action=AddFeeds::url()>
            <input type="hidden" name="offers" value=sent />
            <input type="hidden" name="address" value=address />
            <fieldset aria-describedby=form.aria_describedby("urls")>
                <legend>"This site offers several feeds. Select the ones to subscribe to."</legend>
                <ul class="lines">{lines}</ul>
            </fieldset>
            <FieldError form=form.clone() />
            <FolderSelect folders chosen=folder />
            <FeedLoginFields form username />
            <div class="actions">
                <button class="button primary">"Subscribe to the selected feeds"</button>
            </div>
        </form>
    }
}
