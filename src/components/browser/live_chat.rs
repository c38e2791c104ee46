//! A conversation without reloads: shows the answer while it is written, sends with Enter, and stops without leaving the page.

use super::{live_parts::copy_attribute, local_times::localize_times, site_address::site_address};
use crate::components::browser::dom::{
    fetch_page, form_values, post_form, property, query_selector, query_selector_all, query_selector_all_in,
    query_selector_in, run_after, show_toast, text_property, window,
};
use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
    task::spawn_local,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, EventSource, HtmlButtonElement, HtmlFormElement, MessageEvent};

/// Largest distance from its end, in pixels, at which a page scrolls with the answer.
const FOLLOW_DISTANCE_PX: f64 = 160.0;
/// Attempts to reload a conversation.
const MAX_RELOAD_ATTEMPTS: u32 = 15;
/// Milliseconds between two attempts to reload a conversation.
const RELOAD_DELAY_MS: i32 = 2_000;
/// The messages of a conversation.
const MESSAGES: &str = "article[id]";
/// Marks a form that was sent, so that it is not sent twice.
const SUBMITTED_ATTRIBUTE: &str = "data-sent";

/// Enhances `#talk`, and the form of a question wherever it stands.
#[island]
pub fn LiveChat() -> impl IntoView {
    Effect::new(|_| {
        follow_answer();
        // All live as long as the page.
        let _ = window_event_listener(leptos::ev::submit, on_submit);
        let _ = window_event_listener(leptos::ev::keydown, on_keydown);
        // A page that the browser restores from its cache has not sent anything yet.
        let _ = window_event_listener(leptos::ev::pageshow, |_| {
            query_selector_all("form[data-sent]").iter().for_each(|form| {
                let _ = form.remove_attribute(SUBMITTED_ATTRIBUTE);
            });
        });
    });
}

/// Shows the unfinished answer while it is written, if there is one.
fn follow_answer() {
    let Some(talk) = query_selector("#talk[data-writing]") else { return };
    let id = talk.get_attribute("data-conversation").unwrap_or_default();
    let Ok(stream) = EventSource::new(&site_address(&format!("/api/conversations/{id}/answer"))) else { return };
    let source = stream.clone();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(update) = js_sys::JSON::parse(&event.data().as_string().unwrap_or_default()) else { return };
        if property(&update, "ended").is_truthy() {
            source.close();
            reload_conversation(true, MAX_RELOAD_ATTEMPTS);
            return;
        }
        show_answer(&update);
    });
    stream.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // Dropped by the browser with the page; a stream that breaks connects again by itself.
    listener.forget();
}

/// Shows the answer so far. The server has sanitized its HTML.
fn show_answer(update: &JsValue) {
    let follows = is_near_end();
    if let (Some(answer), Some(html)) = (query_selector("[data-answer]"), text_property(update, "html")) {
        answer.set_inner_html(&html);
    }
    if let Some(wait) = query_selector("[data-wait]") {
        wait.set_text_content(text_property(update, "wait").as_deref());
    }
    if follows {
        scroll_to_end();
    }
}

/// Reloads the conversation in place; retries while the server does not answer, since nothing else reloads it.
fn reload_conversation(ended: bool, tries: u32) {
    spawn_local(async move {
        let Some(address) = window().and_then(|w| w.location().href().ok()) else { return };
        let fresh = fetch_page(address.split('#').next().unwrap_or_default()).await;
        match fresh.and_then(|fresh| fresh.get_element_by_id("talk")) {
            Some(new) => merge_conversation(&new, ended),
            None if tries > 1 => run_after(RELOAD_DELAY_MS, move || reload_conversation(ended, tries - 1)),
            None => show_toast("Gleaner is not responding. Reload the page later."),
        }
    });
}

/// Shows the new state of a conversation. The log and earlier messages stay, so that screen readers announce only new ones.
fn merge_conversation(new: &Element, ended: bool) {
    let follows = is_near_end();
    let Some(old) = query_selector("#talk") else { return };
    let parts = |of: &Element| Some((query_selector_in(of, "[role=log]")?, query_selector_in(of, "#next")?));
    let (Some((log, end)), Some((new_log, new_end))) = (parts(&old), parts(new)) else { return };
    // A reader who is elsewhere on the page by now stays there.
    let focused = document().active_element();
    let takes_focus = focused.is_none_or(|f| f.tag_name() == "BODY" || old.contains(Some(&f)));
    copy_attribute(&old, new, "data-writing");
    copy_attribute(&log, &new_log, "aria-busy");
    let now = query_selector_all_in(&new_log, MESSAGES);
    // An answer regenerated in another tab replaces the previous one.
    let is_gone = |shown: &Element| !now.iter().any(|message| message.id() == shown.id());
    query_selector_all_in(&log, MESSAGES).iter().filter(|shown| is_gone(shown)).for_each(Element::remove);
    for message in now {
        let _ = match query_selector(&format!("#{}", message.id())) {
            // Only an unfinished answer changes.
            Some(shown) if query_selector_in(&shown, "[data-answer]").is_some() => {
                shown.replace_with_with_node_1(&message)
            }
            Some(_) => Ok(()),
            None => log.append_child(&message).map(drop),
        };
    }
    if end.replace_with_with_node_1(&new_end).is_err() {
        return;
    }
    localize_times();
    follow_answer();
    if takes_focus {
        // Not on Stop itself: Enter, when it is still held, would stop the answer.
        let _ = if ended { query_selector_in(&new_end, "textarea") } else { None }.unwrap_or(new_end).focus();
    }
    if follows || !ended {
        scroll_to_end();
    }
}

fn on_submit(event: SubmitEvent) {
    let Some(form) = event.target().and_then(|t| t.dyn_into::<HtmlFormElement>().ok()) else { return };
    let is_question = form.has_attribute("data-chat-form");
    if !is_question && !form.has_attribute("data-chat-stop") {
        return;
    }
    if form.has_attribute(SUBMITTED_ATTRIBUTE) {
        event.prevent_default();
        return;
    }
    let _ = form.set_attribute(SUBMITTED_ATTRIBUTE, "");
    // The first question leads to a page of its own, as without script.
    if !query_selector("#talk").is_some_and(|talk| talk.contains(Some(&form))) {
        return;
    }
    event.prevent_default();
    let fields = form_values(&form, None).unwrap_or_default();
    let button = query_selector_in(&form, "button").and_then(|b| b.dyn_into::<HtmlButtonElement>().ok());
    button.iter().for_each(|button| button.set_disabled(true));
    spawn_local(async move {
        match post_form(&form.action(), &fields).await {
            // A stopped answer ends its stream, which loads the page anew.
            Ok(()) if !is_question => {}
            Ok(()) => reload_conversation(false, MAX_RELOAD_ATTEMPTS),
            Err(sentence) => {
                show_toast(&sentence);
                let _ = form.remove_attribute(SUBMITTED_ATTRIBUTE);
                button.iter().for_each(|button| button.set_disabled(false));
            }
        }
    });
}

/// Enter sends, Shift+Enter begins a new line, and Enter that ends the input of a character does neither.
fn on_keydown(event: KeyboardEvent) {
    if event.key() != "Enter" || event.shift_key() || event.is_composing() {
        return;
    }
    let field = event.target().and_then(|t| t.dyn_into::<Element>().ok()).filter(|e| e.tag_name() == "TEXTAREA");
    let form = field.and_then(|field| field.closest("form[data-chat-form]").ok().flatten());
    if let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
        event.prevent_default();
        if event.repeat() || form.has_attribute(SUBMITTED_ATTRIBUTE) {
            return;
        }
        // Fails only for a button that is not of the form.
        let _ = form.request_submit();
    }
}

fn is_near_end() -> bool {
    let Some(window) = window() else { return false };
    let height = document().document_element().map_or(0.0, |page| f64::from(page.scroll_height()));
    let seen = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    window.scroll_y().is_ok_and(|from| from + seen + FOLLOW_DISTANCE_PX >= height)
}

fn scroll_to_end() {
    if let Some(end) = query_selector("#next") {
        end.scroll_into_view_with_bool(false);
    }
}
