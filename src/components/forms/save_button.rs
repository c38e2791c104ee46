//! A Save that is active when there is something to save.

use crate::components::browser::dom::add_event_listener;
use leptos::{html::Button, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

/// The button of the form around it: inactive until a field differs from what the server sent, and again when it is changed
/// back. Always active without JavaScript, and where saving the form as it came changes something.
#[island]
pub fn SaveButton(
    /// The words on it.
    label: String,
    /// There is something to save even while the form is as it came.
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

/// What it would have sent as it came: browsers may restore what was typed before a reload.
fn initial_form_values(form: &HtmlFormElement) -> Option<String> {
    let copy: HtmlFormElement = form.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    copy.reset();
    form_values(&copy)
}
