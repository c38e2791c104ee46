//! The icon of a feed's site, beside the feed's name.

use leptos::prelude::*;

/// The icon with this hash; nothing without one. Its meaning is in the name beside it.
#[component]
pub fn FeedIcon(hash: Option<String>) -> impl IntoView {
    hash.map(|hash| {
        view! {
            <img class="favicon" src=format!("/icons/{hash}") alt="" width="16" height="16" loading="lazy" decoding="async" />
        }
    })
}
