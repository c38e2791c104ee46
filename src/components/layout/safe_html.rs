//! The one place where HTML that is not written in a view enters a page.

use crate::domain::{language::text_direction, safe_html::SafeHtml};
use leptos::prelude::*;

/// An article or an answer. `is_streaming`: it is being written, and `LiveChat` replaces its content.
#[component]
pub fn Prose(
    html: SafeHtml,
    #[prop(default = "prose")] class: &'static str,
    #[prop(optional)] is_streaming: bool,
    /// The language of the text, as far as it is known (BCP 47).
    #[prop(optional_no_strip)]
    language: Option<String>,
) -> impl IntoView {
    // The direction of foreign text is its own, not the page's.
    let direction = text_direction(language.as_deref());
    view! { <div class=class lang=language dir=direction data-answer=is_streaming.then_some("") inner_html=html.into_string()></div> }
}
