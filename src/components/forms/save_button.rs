//! A button that is enabled when there is something to save.

use crate::components::browser::dom::add_event_listener;
use leptos::{html::Button, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

/// The button of the form around it: disabled while every field has the value that the server sent. Always enabled without
/// JavaScript, and when saving the unchanged form has an effect.
#[island]
pub fn SaveButton(
    /// Its label.
    label: String,
    /// Whether saving the unchanged form has an effect.
    always: bool,
) -> impl IntoView {
    let button = NodeRef::<Button>::new();
    let is_unchanged = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(form) = button.get().and_then(|button| button.form()) else { return };
        let compare =
            move |form: &HtmlFormElement| is_unchanged.set(!always && form_values(form) == initial_form_values(form));
        compare(&form);
        for event in ["input", "change"] {
            let changed = form.clone();
            add_event_listener(&form, event, move || compare(&changed));
        }
    });
    view! {
        <button class="button primary" node_ref=button disabled=move || is_unchanged.get()>
            {label}
        </button>
    }
}

/// What the form would send.
fn form_values(form: &HtmlFormElement) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    let entries = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    entries.to_string().as_string()
}

/// What the unchanged form would send: browsers may restore what was typed before a reload.
fn initial_form_values(form: &HtmlFormElement) -> Option<String> {
    let copy: HtmlFormElement = form.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    copy.reset();
    form_values(&copy)
}
