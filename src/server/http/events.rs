//! The event stream: one for every open page. Counts the open pages.

use super::event_stream::KEEP_ALIVE_INTERVAL;
use crate::{
    domain::live_event::LiveEvent,
    server::{
        services::{models, pulls, scoring},
        state::App,
    },
};
use axum::{
    extract::State,
    response::sse::{self, Sse},
};
use futures::Stream;
use std::{convert::Infallible, time::Duration};
use tokio::sync::broadcast::error::RecvError;

/// How long a browser waits before it connects again.
const RECONNECT_DELAY: Duration = Duration::from_secs(3);

/// Changes as they happen: `event:` is one of health, pull, scoring, article, feeds; `alive` after 15 s without one. Begins with the current state, and sends it
/// again to a page that fell behind. Ends when the server stops.
#[utoipa::path(
    get, path = "/api/events", tag = "live",
    responses((status = 200, description = "An event stream.", content_type = "text/event-stream", body = String)),
)]
pub async fn stream_events(State(app): State<App>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    Sse::new(event_stream(app))
}

fn event_stream(app: App) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    // Subscribed before the current state is read, so that no event is lost in between.
    let mut events = app.events.subscribe();
    let page = app.open_pages.open();
    let opened_at = app.clock.millis();
    async_stream::stream! {
        // Moved into the stream: the page is counted as long as it is connected.
        let _page = page;
        let mut number = 0_u64;
        let mut pending = initial_events(&app).await;
        loop {
            for event in pending.drain(..) {
                number += 1;
                // The time of opening makes an id different from those of the stream before a reconnect.
                yield Ok(sse_event(&event, format!("{opened_at}-{number}")));
            }
            let next = tokio::select! {
                () = app.lifecycle.soft_stop.cancelled() => break,
                next = events.recv() => next,
                () = app.clock.sleep(KEEP_ALIVE_INTERVAL) => {
                    // The page's script cannot see comments, and browsers drop events without data.
                    yield Ok(sse::Event::default().comment("still here").event("alive").data("{}"));
                    continue;
                }
            };
            match next {
                Ok(event) => pending.push(event),
                Err(RecvError::Lagged(_)) => pending = initial_events(&app).await,
                Err(RecvError::Closed) => break,
            }
        }
    }
}

/// The current state for a page that has just opened or missed events. A part that cannot be read is left out: its failure is
/// logged where it happened, and the next change publishes it.
async fn initial_events(app: &App) -> Vec<LiveEvent> {
    let mut events = Vec::new();
    if let Ok(status) = models::status(app).await {
        events.push(LiveEvent::Health(status));
    }
    if let Ok(status) = scoring::load_status(app).await {
        events.push(LiveEvent::Scoring(status));
    }
    if let Ok(pulls) = pulls::load_downloads(app).await {
        events.push(LiveEvent::Pull(Box::new(pulls)));
    }
    events.push(LiveEvent::Feeds { new_articles: 0 });
    events
}

fn sse_event(event: &LiveEvent, id: String) -> sse::Event {
    let data = event.data().unwrap_or_default();
    sse::Event::default().event(event.name()).id(id).retry(RECONNECT_DELAY).data(data)
}
