//! Keeps an open page up to date without moving anything under the reader.

use crate::components::browser::dom::{query_selector, refresh_live_parts, run_after, window};
use leptos::prelude::*;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent, VisibilityState};

/// An island that wants to hear of one kind of event.
type EventSubscriber = (&'static str, Rc<dyn Fn(&str)>);

thread_local! {
    static EVENT_SUBSCRIBERS: RefCell<Vec<EventSubscriber>> = RefCell::default();
}

/// Calls `heard` with the JSON of each event of this name, from the one stream of the tab; as long as the page lives.
pub fn subscribe_to_event(name: &'static str, heard: impl Fn(&str) + 'static) {
    EVENT_SUBSCRIBERS.with_borrow_mut(|listeners| listeners.push((name, Rc::new(heard))));
}

fn notify_subscribers(name: &str, data: &str) {
    // Cloned, so that whoever hears may begin to listen to more.
    let listeners = EVENT_SUBSCRIBERS.with_borrow(Clone::clone);
    listeners.iter().filter(|(wanted, _)| *wanted == name).for_each(|(_, heard)| heard(data));
}

/// Events within this time lead to one refresh, in milliseconds.
const REFRESH_DEBOUNCE_MS: i32 = 1500;

/// One event stream per visible tab; a hidden tab holds none, so that many tabs never use up the browser's connections.
#[island]
pub fn LiveUpdates() -> impl IntoView {
    Effect::new(|_| {
        let page = Rc::new(LiveConnection::default());
        page.clone().listen();
        // Lives as long as the page.
        let _ = window_event_listener(leptos::ev::visibilitychange, move |_| match document().visibility_state() {
            VisibilityState::Visible => {
                refresh_live_parts();
                page.clone().listen();
            }
            _ => page.rest(),
        });
    });
}

#[derive(Default)]
struct LiveConnection {
    stream: RefCell<Option<EventSource>>,
    /// A refresh is on its way.
    refreshing: RefCell<bool>,
    /// Articles that arrived since the page was made.
    arrived: RefCell<i64>,
    /// Which pulls there were when they were last told of.
    pulls: RefCell<Option<String>>,
}

impl LiveConnection {
    fn listen(self: Rc<Self>) {
        if self.stream.borrow().is_some() {
            return;
        }
        let Ok(stream) = EventSource::new("/api/events") else { return };
        for name in ["article", "feeds", "scoring", "health", "pull"] {
            let page = self.clone();
            let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let data = event.data().as_string().unwrap_or_default();
                notify_subscribers(name, &data);
                page.clone().hear(name, &data);
            });
            let _ = stream.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
            // Dropped by the browser with the stream's page.
            heard.forget();
        }
        *self.stream.borrow_mut() = Some(stream);
    }

    fn rest(&self) {
        if let Some(stream) = self.stream.borrow_mut().take() {
            stream.close();
        }
    }

    fn hear(self: Rc<Self>, name: &str, data: &str) {
        if name == "pull" {
            // Its figures change several times a second and are the business of the island that shows them.
            let now = pulls_fingerprint(data);
            if self.pulls.borrow_mut().replace(now.clone()).is_none_or(|before| before == now) {
                return;
            }
        }
        let fresh = parse_new_articles(data);
        if fresh > 0 {
            *self.arrived.borrow_mut() += fresh;
            show_new_articles_link(*self.arrived.borrow());
        }
        if !self.refreshing.replace(true) {
            run_after(REFRESH_DEBOUNCE_MS, move || {
                self.refreshing.replace(false);
                refresh_live_parts();
            });
        }
    }
}

/// Which models are being pulled, wait, and ended last, out of an event: what other parts of the page depend on.
fn pulls_fingerprint(data: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    ["model", "queued", "last"].map(|field| json[field].to_string()).join(" ")
}

/// How many articles an event says have arrived; 0 when it speaks of something else.
fn parse_new_articles(data: &str) -> i64 {
    let number = data.split_once("\"new_articles\":").map(|(_, rest)| rest.trim_start());
    let digits = number.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// New articles wait behind a link until the reader asks for them.
fn show_new_articles_link(count: i64) {
    let Some(place) = query_selector("#news") else { return };
    let Ok(link) = document().create_element("a") else { return };
    let noun = if count == 1 { "new article" } else { "new articles" };
    link.set_text_content(Some(&format!("{count} {noun}")));
    let search = window().and_then(|w| w.location().search().ok()).unwrap_or_default();
    let _ = link.set_attribute("href", &format!("/{}", first_page_query(&search)));
    place.set_inner_html("");
    let _ = place.append_child(&link);
}

/// The parameters of the same list at its first page.
fn first_page_query(search: &str) -> String {
    let kept: Vec<_> = search
        .trim_start_matches('?')
        .split('&')
        .filter(|p| !p.is_empty() && !["cursor=", "done=", "n=", "undo="].iter().any(|name| p.starts_with(name)))
        .collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::{first_page_query, parse_new_articles, pulls_fingerprint};
    use serde_json::json;

    #[test]
    fn figures_of_a_pull_are_no_news_to_the_page() {
        let event = |model: &str, percent: i64| json!({"model": model, "percent": percent, "queued": []}).to_string();
        assert_eq!(pulls_fingerprint(&event("qwen3:4b", 1)), pulls_fingerprint(&event("qwen3:4b", 2)));
        assert_ne!(pulls_fingerprint(&event("qwen3:4b", 1)), pulls_fingerprint(&event("qwen3:8b", 1)));
    }

    #[test]
    fn arrivals_are_counted() {
        for (data, count) in [
            (r#"{"new_articles":12}"#, 12),
            (r#"{"event":"feeds","data":{"new_articles": 3}}"#, 3),
            (r#"{"new_articles":0}"#, 0),
            (r#"{"id":7}"#, 0),
            ("", 0),
        ] {
            assert_eq!(parse_new_articles(data), count, "{data}");
        }
    }

    #[test]
    fn new_articles_are_on_the_first_page_of_the_same_list() {
        for (search, top) in [("", ""), ("?view=all&cursor=1.2.3", "?view=all"), ("?done=marked-read&n=3&undo=x", "")] {
            assert_eq!(first_page_query(search), top);
        }
    }
}
