//! The command that does what a form of the registry does.

use leptos::prelude::*;

/// A command that does the same as the form beside it.
#[component]
pub fn CliEquivalent(#[prop(into)] command: String) -> impl IntoView {
    view! { <code class="muted" aria-label="The same on the command line">{command}</code> }
}
