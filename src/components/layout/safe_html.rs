//! The one place where HTML that is not written in a view enters a page.

use crate::domain::safe_html::SafeHtml;
use leptos::prelude::*;

/// An article or an answer. `is_streaming`: it still grows, and `LiveChat` replaces its content.
#[component]
pub fn Prose(
    html: SafeHtml,
    #[prop(default = "prose")] class: &'static str,
    #[prop(optional)] is_streaming: bool,
) -> impl IntoView {
    // The direction of foreign text is its own, not the page's.
    view! { <div class=class dir="auto" data-answer=is_streaming.then_some("") inner_html=html.into_string()></div> }
}
