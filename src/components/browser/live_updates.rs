//! Keeps an open page up to date without moving its content.

use crate::domain::model_name::ModelName;
use crate::{
    components::browser::{
        connection_watch::{probe_connection, record_sign_of_life, watch_connection},
        dom::{add_event_listener, query_selector, run_after, window},
        live_parts::refresh_live_parts,
        site_address::site_address,
    },
    domain::{
        live_event::LiveEvent,
        pull::{FinishedPull, PullStatus},
    },
};
use leptos::prelude::*;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent, VisibilityState};

/// An island that follows the events.
type EventSubscriber = Rc<dyn Fn(&LiveEvent)>;

thread_local! {
    static EVENT_SUBSCRIBERS: RefCell<Vec<EventSubscriber>> = RefCell::default();
}

/// Calls `subscriber` with each event of the tab's one stream, as long as the page lives.
pub fn subscribe_to_events(subscriber: impl Fn(&LiveEvent) + 'static) {
    EVENT_SUBSCRIBERS.with_borrow_mut(|subscribers| subscribers.push(Rc::new(subscriber)));
}

fn notify_subscribers(event: &LiveEvent) {
    // Cloned, so that a subscriber can add another one.
    let subscribers = EVENT_SUBSCRIBERS.with_borrow(Clone::clone);
    subscribers.iter().for_each(|subscriber| subscriber(event));
}

/// Events within this time lead to one refresh, in milliseconds.
const REFRESH_DEBOUNCE_MS: i32 = 1500;

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
        // The browser brought the page back as it was left: https://html.spec.whatwg.org/#event-pageshow
        let _ = window_event_listener_untyped("pageshow", |_| refresh_live_parts());
        // Lives as long as the page.
        let _ = window_event_listener(leptos::ev::visibilitychange, move |_| match document().visibility_state() {
            VisibilityState::Visible => {
                refresh_live_parts();
                page.clone().listen();
            }
            _ => page.close(),
        });
    });
}

#[derive(Default)]
struct LiveConnection {
    stream: RefCell<Option<EventSource>>,
    /// Whether a refresh is scheduled.
    refreshing: RefCell<bool>,
    /// Articles that arrived since the page was made.
    arrived: RefCell<i64>,
    /// The pulls of the last event about them.
    pulls: RefCell<Option<PullsOverview>>,
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
                record_sign_of_life();
                let data = event.data().as_string().unwrap_or_default();
                if let Some(event) = LiveEvent::parse(name, &data) {
                    notify_subscribers(&event);
                    page.clone().handle(&event);
                }
            });
            let _ = stream.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            // Dropped by the browser with the stream's page.
            listener.forget();
        }
        for (name, react) in [("alive", record_sign_of_life as fn()), ("error", probe_connection)] {
            add_event_listener(&stream, name, react);
        }
        *self.stream.borrow_mut() = Some(stream);
    }

    fn close(&self) {
        if let Some(stream) = self.stream.borrow_mut().take() {
            stream.close();
        }
    }

    fn handle(self: Rc<Self>, event: &LiveEvent) {
        match event {
            LiveEvent::Pull(pulls) => {
                // The figures change several times a second; the island that shows them updates itself.
                let now = PullsOverview::from(&**pulls);
                if self.pulls.borrow_mut().replace(now.clone()).is_none_or(|before| before == now) {
                    return;
                }
            }
            LiveEvent::Feeds { new_articles: new @ 1.. } => {
                *self.arrived.borrow_mut() += new;
                show_new_articles_link(*self.arrived.borrow());
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

/// Which models are being pulled, wait, and ended last: what other parts of the page depend on.
#[derive(Clone, PartialEq)]
struct PullsOverview {
    running_model: Option<ModelName>,
    queued: Vec<ModelName>,
    last: Option<FinishedPull>,
}

impl From<&PullStatus> for PullsOverview {
    fn from(pulls: &PullStatus) -> Self {
        let PullStatus { running_model, queued, last, .. } = pulls.clone();
        Self { running_model, queued, last }
    }
}

/// Shows a link to the new articles, which the list does not contain yet.
fn show_new_articles_link(count: i64) {
    let Some(place) = query_selector("#news") else { return };
    let Ok(link) = document().create_element("a") else { return };
    let noun = if count == 1 { "new article" } else { "new articles" };
    link.set_text_content(Some(&format!("{count} {noun}")));
    let search = window().and_then(|w| w.location().search().ok()).unwrap_or_default();
    let _ = link.set_attribute("href", &site_address(&format!("/{}", first_page_query(&search))));
    place.set_inner_html("");
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
    use super::{PullsOverview, first_page_query};
    use crate::domain::pull::{PullProgress, PullStatus};

    #[test]
    fn figures_of_a_pull_are_no_news_to_the_page() {
        let overview = |model: &str, completed: i64| {
            let progress = PullProgress { completed, ..PullProgress::default() };
            let pulls = PullStatus { running_model: Some(model.into()), progress, ..PullStatus::default() };
            PullsOverview::from(&pulls)
        };
        assert!(overview("qwen3:4b", 1) == overview("qwen3:4b", 2));
        assert!(overview("qwen3:4b", 1) != overview("qwen3:8b", 1));
    }

    #[test]
    fn new_articles_are_on_the_first_page_of_the_same_list() {
        for (search, top) in
            [("", ""), ("?view=all&cursor=1.2.3&recent=7", "?view=all"), ("?done=marked-read&n=3&undo=x", "")]
        {
            assert_eq!(first_page_query(search), top);
        }
    }
}
