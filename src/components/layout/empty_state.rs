//! A list with nothing in it, and what to do about that.

use leptos::prelude::*;

/// A title, with links or forms as children.
#[component]
pub fn EmptyState(
    /// The title, in a few words.
    #[prop(into)]
    title: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <h2>{title}</h2>
            {children()}
        </div>
    }
}
