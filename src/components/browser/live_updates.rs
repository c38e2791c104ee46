//! Keeps an open page up to date without moving its content.

use crate::{
    components::browser::{
        connection_watch::{probe_connection, record_contact, watch_connection},
        dom::{
            add_event_listener, is_page_visible, property, query_selector, query_selector_all, run_after,
            text_property, watch_visibility, window,
        },
        live_parts::refresh_live_parts,
        site_address::site_address,
    },
    domain::live_event::LiveEvent,
};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// Events within this time lead to one refresh, in milliseconds.
const REFRESH_DEBOUNCE_MS: i32 = 1500;
/// Interval at which the page is refreshed while a panel marked `data-poll` is in sight. Gleaner answers from its last poll; tabs
/// cause no request to Ollama.
const POLLED_PANEL_INTERVAL: Duration = Duration::from_secs(20);

/// Refreshes the page every 20 s while its panel marked `data-poll` is in sight, and when that comes back into sight.
fn refresh_while_in_sight() {
    let Some(panel) = query_selector("[data-poll]") else { return };
    let is_in_sight = watch_visibility(&panel, refresh_live_parts);
    set_interval(
        move || {
            if is_in_sight.get() && is_page_visible() {
                refresh_live_parts();
            }
        },
        POLLED_PANEL_INTERVAL,
    );
}

/// One event stream per visible tab; a hidden tab holds none, so that many tabs never use up the browser's connections.
#[island]
pub fn LiveUpdates() -> impl IntoView {
    Effect::new(|_| {
        let page = Rc::new(LiveConnection::default());
        page.clone().listen();
        let returned = page.clone();
        watch_connection(move || {
            // A stream that was refused is not opened again by the browser.
            returned.close();
            returned.clone().listen();
            refresh_live_parts();
        });
        refresh_while_in_sight();
        // The browser brought the page back as it was left: https://html.spec.whatwg.org/#event-pageshow
        let _ = window_event_listener_untyped("pageshow", |_| refresh_live_parts());
        // Lives as long as the page.
        let _ = window_event_listener(leptos::ev::visibilitychange, move |_| {
            if is_page_visible() {
                refresh_live_parts();
                page.clone().listen();
            } else {
                page.close();
            }
        });
    });
}

#[derive(Default)]
struct LiveConnection {
    stream: RefCell<Option<EventSource>>,
    /// Whether a refresh is scheduled.
    refreshing: Cell<bool>,
    /// Articles that arrived since the page was made.
    arrived: Cell<f64>,
    /// What the last event about pulls said, without the figures.
    pulls: RefCell<Option<String>>,
}

impl LiveConnection {
    fn listen(self: Rc<Self>) {
        if self.stream.borrow().is_some() {
            return;
        }
        let Ok(stream) = EventSource::new(&site_address("/api/events")) else { return };
        for name in LiveEvent::NAMES {
            let page = self.clone();
            let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                record_contact();
                let data = js_sys::JSON::parse(&event.data().as_string().unwrap_or_default());
                page.clone().handle(name, &data.unwrap_or_default());
            });
            let _ = stream.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            // Dropped by the browser with the stream's page.
            listener.forget();
        }
        for (name, react) in [("alive", record_contact as fn()), ("error", probe_connection)] {
            add_event_listener(&stream, name, react);
        }
        *self.stream.borrow_mut() = Some(stream);
    }

    fn close(&self) {
        if let Some(stream) = self.stream.borrow_mut().take() {
            stream.close();
        }
    }

    /// `name` and `data`: those of [`LiveEvent`].
    fn handle(self: Rc<Self>, name: &str, data: &JsValue) {
        match name {
            "pull" => {
                show_pull_figures(data);
                // The figures change several times a second; the rest of the page depends on the others only.
                let pulls = pulls_overview(data);
                if self.pulls.replace(pulls.clone()).is_none_or(|before| Some(before) == pulls) {
                    return;
                }
            }
            "feeds" => {
                let arrived = self.arrived.get() + property(data, "new_articles").as_f64().unwrap_or_default();
                if arrived > self.arrived.replace(arrived) {
                    show_new_articles_link(arrived);
                }
            }
            _ => {}
        }
        if !self.refreshing.replace(true) {
            run_after(REFRESH_DEBOUNCE_MS, move || {
                self.refreshing.replace(false);
                refresh_live_parts();
            });
        }
    }
}

/// Which models are being pulled, wait, and ended last: what the page draws of a pull besides its figures.
fn pulls_overview(pulls: &JsValue) -> Option<String> {
    let parts = js_sys::Array::new();
    for name in ["model", "queued", "last"] {
        parts.push(&property(pulls, name));
    }
    js_sys::JSON::stringify(&parts).ok()?.as_string()
}

/// Shows the figures of the running pull on its bar.
fn show_pull_figures(pulls: &JsValue) {
    let Some(bar) = query_selector(".pull") else { return };
    let is_held_up = property(pulls, "stalled").is_truthy() || property(pulls, "retry").is_truthy();
    let _ = bar.class_list().toggle_with_force("held-up", is_held_up);
    if let Some(progress) = query_selector(".pull progress") {
        let _ = js_sys::Reflect::set(&progress, &"value".into(), &property(pulls, "percent"));
    }
    let texts = property(pulls, "texts");
    for place in query_selector_all("[data-pull]") {
        let text = text_property(&texts, &place.get_attribute("data-pull").unwrap_or_default());
        // Screen readers announce what is set anew, even to the same.
        if text.is_some() && text != place.text_content() {
            place.set_text_content(text.as_deref());
        }
    }
}

/// Shows a link to the new articles, which the list does not contain yet.
fn show_new_articles_link(count: f64) {
    let Some(place) = query_selector("#news") else { return };
    let Ok(link) = document().create_element("a") else { return };
    let noun = if count < 2.0 { "new article" } else { "new articles" };
    link.set_text_content(Some(&format!("{} {noun}", count as u32)));
    let search = window().and_then(|w| w.location().search().ok()).unwrap_or_default();
    let _ = link.set_attribute("href", &site_address(&format!("/{}", first_page_query(&search))));
    place.set_text_content(None);
    let _ = place.append_child(&link);
}

/// The parameters of the same list at its first page.
fn first_page_query(search: &str) -> String {
    let kept: Vec<_> = search
        .trim_start_matches('?')
        .split('&')
        .filter(|p| {
            !p.is_empty() && !["cursor=", "done=", "n=", "undo=", "recent="].iter().any(|name| p.starts_with(name))
        })
        .collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::first_page_query;

    #[test]
    fn new_articles_are_on_the_first_page_of_the_same_list() {
        for (search, top) in
            [("", ""), ("?view=all&cursor=1.2.3&recent=7", "?view=all"), ("?done=marked-read&n=3&undo=x", "")]
        {
            assert_eq!(first_page_query(search), top);
        }
    }
}
