//! Forms without a reload: read, star, vote, re-score, theme, pulls; forms that show what they would lead to; and the filter of
//! the sidebar.

use crate::components::{
    article::vote_buttons::{REMOVE_VOTE_LABEL, vote_label},
    browser::{
        dom::{form_values, post_form, query_selector, query_selector_all, query_selector_in, show_toast},
        live_parts::{REFUSED_ATTRIBUTE, preview_form, refresh_live_parts},
    },
    forms::save_button::update_save_buttons,
    layout::sidebar::SIDEBAR_FILTER_ID,
};
use crate::domain::vote::Vote;
use js_sys::JsString;
use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    task::spawn_local,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlFormElement, HtmlInputElement};

/// Forms marked `data-quiet` are posted in the background. The page shows the result of a button that it knows at once and reverts
/// it when the server refuses; everything else comes with the live parts of the page. After a change in a form marked `data-preview`
/// the page shows what the form would lead to.
#[island]
pub fn EnhancedForms() -> impl IntoView {
    Effect::new(|_| {
        update_save_buttons();
        // All live as long as the page.
        let _ = window_event_listener(leptos::ev::submit, on_submit);
        let _ = window_event_listener(leptos::ev::input, on_input);
        let _ = window_event_listener(leptos::ev::change, |_| update_save_buttons());
    });
}

fn on_submit(event: SubmitEvent) {
    let form = event.target().and_then(|t| t.dyn_into::<HtmlFormElement>().ok());
    let button = event.submitter().and_then(|b| b.dyn_into::<HtmlButtonElement>().ok());
    let (Some(form), Some(button)) = (form, button) else { return };
    if !form.has_attribute("data-quiet") {
        return;
    }
    event.prevent_default();
    let values = form_values(&form, Some(&button)).unwrap_or_default();
    let _ = form.remove_attribute(REFUSED_ATTRIBUTE);
    let before = apply_optimistically(&button, &button.name(), &button.value());
    spawn_local(async move {
        let text_field = query_selector_in(&form, "input:not([type=hidden])");
        match post_form(&form.action(), &values).await {
            Ok(()) => {
                if let Some(message) = form.get_attribute("data-message") {
                    show_toast(&message);
                }
                if let Some(field) = text_field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
                    field.set_value("");
                }
                // The counts of views and feeds are right at once.
                refresh_live_parts();
            }
            Err(sentence) => {
                if let Some((name, value)) = before {
                    apply_optimistically(&button, name, &value);
                }
                let Some(place) = query_selector_in(&form, ".wrong") else { return show_toast(&sentence) };
                place.set_text_content(Some(&sentence));
                let _ = form.set_attribute(REFUSED_ATTRIBUTE, "");
                text_field.iter().for_each(|field| {
                    let _ = field.set_attribute("aria-invalid", "true");
                });
            }
        }
    });
}

fn on_input(event: Event) {
    let Some(field) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
    if field.id() == SIDEBAR_FILTER_ID {
        filter_sidebar(&event_target_value(&event));
    }
    update_save_buttons();
    if let Ok(Some(form)) = field.closest("form[data-preview]") {
        let _ = form.remove_attribute(REFUSED_ATTRIBUTE);
        preview_form();
    }
}

/// Shows only feeds in the sidebar whose names contain the text of its filter.
fn filter_sidebar(typed: &str) {
    let lower_case = |text: &str| String::from(JsString::from(text).to_lower_case());
    let wanted = lower_case(typed);
    for entry in query_selector_all("#sidebar-feeds li") {
        let name = lower_case(&entry.text_content().unwrap_or_default());
        let _ = entry.toggle_attribute_with_force("hidden", !name.contains(wanted.trim()));
    }
    for folder in query_selector_all("#sidebar-feeds details") {
        let _ = folder.toggle_attribute_with_force("open", !wanted.is_empty());
    }
}

/// A button's name, the one it has after it was pressed, and the label it has then.
const TOGGLES: [(&str, &str, &str); 4] = [
    ("read", "unread", "Mark as unread"),
    ("unread", "read", "Mark as read"),
    ("star", "unstar", "Unstar"),
    ("unstar", "star", "Star"),
];

/// Shows the effect of a button; returns the name and value that undo it.
fn apply_optimistically(button: &HtmlButtonElement, name: &str, value: &str) -> Option<(&'static str, String)> {
    if name == "theme" {
        return Some(("theme", show_theme(value)));
    }
    if let Some(vote) = parse_vote_button(name) {
        return Some((show_vote(button, vote)?, value.to_owned()));
    }
    let (_, opposite, label) = TOGGLES.into_iter().find(|(from, ..)| *from == name)?;
    button.set_name(opposite);
    // A button of a row shows a sign and hides its words; one of the reader shows them.
    if let Some(words) = query_selector_in(button, ".sr") {
        words.set_text_content(Some(label));
        button.set_title(label);
    } else {
        button.set_text_content(Some(label));
    }
    if let ("read" | "unread", Ok(Some(row))) = (name, button.closest(".row")) {
        let _ = row.class_list().toggle_with_force("unread", name == "unread");
    }
    Some((opposite, value.to_owned()))
}

/// The vote that a button of this name sets or removes; `None` for other buttons.
fn parse_vote_button(name: &str) -> Option<Option<Vote>> {
    Vote::parse_or_none(if name == "unvote" { "none" } else { name })
}

/// Shows a vote on both vote buttons; returns the name that restores the previous vote.
fn show_vote(button: &HtmlButtonElement, vote: Option<Vote>) -> Option<&'static str> {
    let thumbs = button.closest(".votes").ok()??;
    let mut before = "unvote";
    for thumb in Vote::ALL {
        let Some(element) = query_selector_in(&thumbs, &format!("[data-vote={}]", thumb.as_str())) else { continue };
        if element.get_attribute("aria-pressed").as_deref() == Some("true") {
            before = thumb.as_str();
        }
        let is_cast = vote == Some(*thumb);
        let _ = element.set_attribute("name", if is_cast { "unvote" } else { thumb.as_str() });
        let _ = element.set_attribute("aria-pressed", if is_cast { "true" } else { "false" });
        element.set_title(if is_cast { REMOVE_VOTE_LABEL } else { vote_label(*thumb) });
    }
    Some(before)
}

/// Sets the theme of the page; returns the previous one.
fn show_theme(word: &str) -> String {
    let before = query_selector(".theme [aria-pressed=true]").and_then(|b| b.get_attribute("value"));
    if let Some(page) = document().document_element() {
        let _ = match word {
            "system" => page.remove_attribute("data-theme"),
            fixed => page.set_attribute("data-theme", fixed),
        };
    }
    for button in query_selector_all(".theme button") {
        let pressed = if button.get_attribute("value").as_deref() == Some(word) { "true" } else { "false" };
        let _ = Element::set_attribute(&button, "aria-pressed", pressed);
    }
    before.unwrap_or_else(|| "system".to_owned())
}
