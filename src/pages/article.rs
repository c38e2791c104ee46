//! The reader.
use leptos::prelude::*;
/// The reader.
#[component]
pub fn ArticlePage() -> impl IntoView {
    view! { <h1>"Article"</h1> }
}
