//! Buttons of a form that moves a row of an ordered list one place.

use leptos::prelude::*;

/// The ways that the row can go; `position` counts from 1.
#[component]
pub fn MoveButtons(name: String, position: usize, is_last: bool) -> impl IntoView {
    [(position > 1).then(|| ("Move up", position - 1)), (!is_last).then(|| ("Move down", position + 1))]
        .into_iter()
        .flatten()
        .map(|(label, place)| {
            view! {
                <button class="button small" name="position" value=place.to_string()>
                    {label} <span class="sr">" " {name.clone()}</span>
                </button>
            }
        })
        .collect_view()
}
