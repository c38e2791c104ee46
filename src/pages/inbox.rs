//! The inbox.
use leptos::prelude::*;
/// The inbox.
#[component]
pub fn InboxPage() -> impl IntoView {
    view! { <h1>"Inbox"</h1> }
}
