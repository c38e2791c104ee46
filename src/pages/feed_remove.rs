//! `/feeds/{id}/remove`: asks for confirmation before a feed is removed with its articles.

use super::feed::load_feed_of_path;
use crate::{
    api::feeds::RemoveFeed,
    components::forms::form::render_loaded,
    domain::{feed::Feed, humanize::format_count},
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The confirmation.
#[component]
pub fn FeedRemovePage() -> impl IntoView {
    render_loaded(load_feed_of_path(), |data| {
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
                    <strong dir="auto">{title}</strong> " and its " {format_count(total, "article", "articles")}
                    " will be removed, including unread and starred ones and their scores. This cannot be undone."
                </p>
                <input type="hidden" name="id" value=id.to_string() />
                <div class="actions">
                    <button class="button danger">"Remove"</button>
                    <a class="button" href=format!("/feeds/{id}")>"Cancel"</a>
                </div>
            </form>
        }
    })
}
