//! Functions of the browser that islands use. They return nothing instead of failing: an island that finds no page to enhance
//! leaves it as it is.

use super::site_address::site_address;
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, EventTarget, FormData, HtmlButtonElement, HtmlElement, HtmlFormElement,
    IntersectionObserver, IntersectionObserverEntry, RequestInit, Response, SupportedType, UrlSearchParams,
    VisibilityState, Window,
};

/// How long a toast stays, in milliseconds.
const TOAST_DURATION_MS: i32 = 4000;

/// The window; islands run in browsers only.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The first element that matches.
pub fn query_selector(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok()?
}

/// The first element below `root` that matches, as one that can be clicked and focused.
pub fn query_selector_in(root: &Element, selector: &str) -> Option<HtmlElement> {
    root.query_selector(selector).ok()??.dyn_into().ok()
}

/// Every element of the page that matches, in its order.
pub fn query_selector_all(selector: &str) -> Vec<Element> {
    document().document_element().map(|page| query_selector_all_in(&page, selector)).unwrap_or_default()
}

/// Every element below `root` that matches, in its order.
pub fn query_selector_all_in(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|i| found.item(i)?.dyn_into().ok()).collect()
}

/// Clicks the first element that matches; whether there was one.
pub fn click(selector: &str) -> bool {
    let target = query_selector(selector).and_then(|e| e.dyn_into::<HtmlElement>().ok());
    target.inspect(HtmlElement::click).is_some()
}

/// Whether the tab is visible.
pub fn is_page_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// A cell that tells whether a part of the element is in view; always true in browsers that cannot observe it. Each time the element
/// comes back into view, `on_return` runs.
pub fn watch_visibility(element: &Element, on_return: impl Fn() + 'static) -> Rc<Cell<bool>> {
    let is_seen = Rc::new(Cell::new(true));
    let seen = is_seen.clone();
    let callback = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        if let Ok(last) = entries.pop().dyn_into::<IntersectionObserverEntry>()
            && !seen.replace(last.is_intersecting())
            && last.is_intersecting()
        {
            on_return();
        }
    });
    if let Ok(observer) = IntersectionObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(element);
        // Lives as long as the page.
        callback.forget();
    }
    is_seen
}

/// Calls `on_event` at each event of this name at or below `place`, as long as the page lives.
pub fn add_event_listener(place: &EventTarget, event: &str, on_event: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(on_event);
    let _ = place.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Navigates to a path of Gleaner.
pub fn navigate(path: &str) {
    if let Some(window) = window() {
        // Fails only for addresses that cannot be parsed; ours are constants.
        let _ = window.location().set_href(&site_address(path));
    }
}

/// Shows a sentence for a few seconds, also to screen readers.
pub fn show_toast(text: &str) {
    let Some(region) = query_selector("#toasts") else { return };
    let Ok(toast) = document().create_element("p") else { return };
    toast.set_text_content(Some(text));
    if region.append_child(&toast).is_ok() {
        run_after(TOAST_DURATION_MS, move || toast.remove());
    }
}

/// Runs `then` once, `millis` later.
pub fn run_after(millis: i32, then: impl FnOnce() + 'static) {
    let then = wasm_bindgen::closure::Closure::once_into_js(then);
    if let Some(window) = window() {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(then.unchecked_ref(), millis);
    }
}

/// What a form sends, URL-encoded, when this button of it is pressed.
pub fn form_values(form: &HtmlFormElement, button: Option<&HtmlButtonElement>) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    if let Some(button) = button.filter(|button| !button.name().is_empty()) {
        data.append_with_str(&button.name(), &button.value()).ok()?;
    }
    UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?.to_string().as_string()
}

/// Posts URL-encoded fields, as the form would; `Err` is a sentence for the reader.
pub async fn post_form(action: &str, fields: &str) -> Result<(), String> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(fields));
    let headers = js_sys::Object::new();
    for (header, text) in [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")] {
        let _ = js_sys::Reflect::set(&headers, &header.into(), &text.into());
    }
    init.set_headers(&headers);
    let response = fetch(action, &init).await.ok_or("Gleaner is not responding. Is the server running?")?;
    if response.ok() {
        return Ok(());
    }
    let error = match response.json() {
        Ok(json) => JsFuture::from(json).await.unwrap_or_default(),
        Err(error) => error,
    };
    let message = text_property(&error, "message").unwrap_or_else(|| "The request failed.".to_owned());
    Err(match text_property(&error, "hint") {
        Some(hint) => format!("{message} {hint}"),
        None => message,
    })
}

/// The page at `address`, parsed but not shown.
pub async fn fetch_page(address: &str) -> Option<Document> {
    let response = fetch_quietly(address).await?;
    let html = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    DomParser::new().ok()?.parse_from_string(&html, SupportedType::TextHtml).ok()
}

/// As [`fetch`], for requests that no user action caused; shows a toast when the session has ended.
async fn fetch_quietly(address: &str) -> Option<Response> {
    let response = fetch(address, &RequestInit::new()).await?;
    if response.status() == 401 {
        show_toast("You were logged out. Log in again.");
        return None;
    }
    Some(response)
}

/// Whether a request to `address` is answered with success.
pub async fn answers(address: &str) -> bool {
    fetch(address, &RequestInit::new()).await.is_some_and(|response| response.ok())
}

/// `address`: an absolute one, as browsers return those of pages and forms, or a path of Gleaner.
async fn fetch(address: &str, init: &RequestInit) -> Option<Response> {
    let address = if address.starts_with('/') { site_address(address) } else { address.to_owned() };
    let promise = window()?.fetch_with_str_and_init(&address, init);
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// A property of a value of JavaScript; undefined when there is none.
pub fn property(of: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(of, &name.into()).unwrap_or_default()
}

/// A property that is a text.
pub fn text_property(of: &JsValue, name: &str) -> Option<String> {
    property(of, name).as_string()
}
