//! The parts of a page that change while it is open.

use crate::components::{
    browser::{
        dom::{fetch_page, form_values, query_selector_all, query_selector_all_in, run_after, window},
        local_times::localize_times,
    },
    forms::save_button::update_save_buttons,
};
use leptos::{prelude::*, task::spawn_local};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement};

/// Attributes that tell the state of a control, which is all that changes of an element marked `data-live="state"`.
const STATE_ATTRIBUTES: [&str; 3] = ["disabled", "hidden", "aria-invalid"];
/// Marks a form that was refused: what it says stays until it is changed.
pub const REFUSED_ATTRIBUTE: &str = "data-refused";
/// Changes of a form within this time lead to one preview, in milliseconds.
const PREVIEW_DEBOUNCE_MS: i32 = 250;

thread_local! {
    static REFRESHES_BEGUN: Cell<u32> = const { Cell::new(0) };
    static LAST_SHOWN_REFRESH: Cell<u32> = const { Cell::new(0) };
    static LAST_PREVIEW: Cell<u32> = const { Cell::new(0) };
}

/// Replaces the rows and the elements marked `data-live`, by their ids, with those of a freshly loaded page. Nothing is added,
/// removed or moved. What has the focus or an open `<details>` stays, unless it can take the focus itself (`tabindex`).
pub fn refresh_live_parts() {
    spawn_local(async {
        let number = REFRESHES_BEGUN.get() + 1;
        REFRESHES_BEGUN.set(number);
        let Some(address) = page_address() else { return };
        let Some(fresh) = fetch_page(&address).await else { return };
        // A page that took long is older than what is shown already.
        if number < LAST_SHOWN_REFRESH.get() {
            return;
        }
        LAST_SHOWN_REFRESH.set(number);
        for old in query_selector_all(".row, [data-live]") {
            if let Some(new) = fresh.get_element_by_id(&old.id()) {
                update_part(&old, &new);
            }
        }
        localize_times();
        update_save_buttons();
    });
}

/// Refreshes the page after a change in a form marked `data-preview`.
pub fn preview_form() {
    let number = LAST_PREVIEW.get() + 1;
    LAST_PREVIEW.set(number);
    run_after(PREVIEW_DEBOUNCE_MS, move || {
        if LAST_PREVIEW.get() == number {
            refresh_live_parts();
        }
    });
}

/// The address of the page, with the values of the forms marked `data-preview`: the server draws what they would lead to.
fn page_address() -> Option<String> {
    let href = window()?.location().href().ok()?;
    let mut address = href.split('#').next()?.to_owned();
    for form in query_selector_all("form[data-preview]") {
        let values = form.dyn_ref::<HtmlFormElement>().and_then(|form| form_values(form, None)).unwrap_or_default();
        if !values.is_empty() {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(&values);
        }
    }
    Some(address)
}

fn update_part(old: &Element, new: &Element) {
    if old.closest(&format!("[{REFUSED_ATTRIBUTE}]")).is_ok_and(|form| form.is_some()) {
        return;
    }
    if old.get_attribute("data-live").as_deref() == Some("state") {
        STATE_ATTRIBUTES.iter().for_each(|name| copy_attribute(old, new, name));
        return;
    }
    let focused = document().active_element().filter(|focused| old.contains(Some(focused)));
    let is_in_use = focused.is_some() && !old.has_attribute("tabindex")
        || old.query_selector("details[open]").is_ok_and(|open| open.is_some());
    if is_in_use || old.is_equal_node(Some(new)) {
        return;
    }
    if old.get_attribute("role").as_deref() == Some("status") {
        // Screen readers announce changes of a status, but not a new one.
        old.set_class_name(&new.class_name());
        old.set_text_content(None);
        while let Some(child) = new.first_child() {
            if old.append_child(&child).is_err() {
                break;
            }
        }
    } else if old.replace_with_with_node_1(new).is_ok()
        && let Some(focused) = focused
    {
        let same = query_selector_all_in(new, "button").into_iter().find(|button| button.is_equal_node(Some(&focused)));
        let place = same.unwrap_or_else(|| new.clone());
        let _ = place.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Copies an attribute of `new` to `old`, or removes it.
pub fn copy_attribute(old: &Element, new: &Element, name: &str) {
    let _ = match new.get_attribute(name) {
        Some(value) => old.set_attribute(name, &value),
        None => old.remove_attribute(name),
    };
}
