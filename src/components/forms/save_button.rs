//! A button that is enabled when there is something to save.

use crate::components::browser::dom::{form_values, query_selector_all};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlFormElement};

/// The button of the form around it: disabled while every field has the value that the server sent. Always enabled without
/// JavaScript, and when saving the unchanged form has an effect.
#[component]
pub fn SaveButton(
    /// Its label.
    label: &'static str,
    /// Whether saving the unchanged form has an effect.
    always: bool,
) -> impl IntoView {
    view! {
        <button class="button primary" data-save=(!always).then_some("")>
            {label}
        </button>
    }
}

/// Compares the forms of all such buttons with what the server sent.
pub fn update_save_buttons() {
    for button in query_selector_all("[data-save]") {
        if let Some(button) = button.dyn_ref::<HtmlButtonElement>()
            && let Some(form) = button.form()
        {
            button.set_disabled(form_values(&form, None) == initial_form_values(&form));
        }
    }
}

/// What the unchanged form would send: browsers may restore what was typed before a reload.
fn initial_form_values(form: &HtmlFormElement) -> Option<String> {
    let copy: HtmlFormElement = form.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    copy.reset();
    form_values(&copy, None)
}
