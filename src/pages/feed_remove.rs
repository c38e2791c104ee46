//! `/feeds/{id}/remove`: asks before a feed goes with its articles.

use super::feed::of_this_page;
use crate::{
    api::feeds::RemoveFeed,
    components::form::loaded,
    domain::{feed::Feed, phrase::counted},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

/// The confirmation.
#[component]
pub fn FeedRemovePage() -> impl IntoView {
    loaded(of_this_page(), |data| {
        let Feed { id, total, .. } = data.feed;
        let title = data.feed.display_title().to_owned();
        view! {
            <Title text=format!("Remove {title}?") />
            <header class="page-head">
                <div>
                    <p><a href=format!("/feeds/{id}")>{title.clone()}</a></p>
                    <h1>"Remove this feed?"</h1>
                </div>
            </header>
            <form class="panel" method="post" action=RemoveFeed::url()>
                <p>
                    <strong>{title}</strong> " goes, and " {counted(total, "article", "articles")}
                    " with it, read, unread and starred ones, with their scores. This cannot be undone."
                </p>
                <input type="hidden" name="id" value=id.to_string() />
                <div class="actions">
                    <button class="button danger">"Remove it"</button>
                    <a class="button" href=format!("/feeds/{id}")>"Keep it"</a>
                </div>
            </form>
        }
    })
}
