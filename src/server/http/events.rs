//! The event stream: one for every open page.

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

/// A comment at least this often, so that proxies keep the connection and both ends notice when it is gone.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again.
const RECONNECT_DELAY: Duration = Duration::from_secs(3);

/// What happens, as it happens: `event:` is one of health, pull, scoring, article, feeds. Begins with the state of things, and
/// tells it again to a reader that fell behind. Ends when the server stops.
#[utoipa::path(
    get, path = "/api/events", tag = "live",
    responses((status = 200, description = "An event stream.", content_type = "text/event-stream", body = String)),
)]
pub async fn stream_events(State(app): State<App>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    Sse::new(event_stream(app))
}

fn event_stream(app: App) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    // Subscribed before the snapshot is taken, so that nothing falls between the two.
    let mut news = app.events.subscribe();
    let opened_at = app.clock.millis();
    async_stream::stream! {
        let mut number = 0_u64;
        let mut told = initial_events(&app).await;
        loop {
            for event in told.drain(..) {
                number += 1;
                // The time of opening makes an id different from those of the stream before a reconnect.
                yield Ok(sse_event(&event, format!("{opened_at}-{number}")));
            }
            let next = tokio::select! {
                () = app.lifecycle.soft_stop.cancelled() => break,
                next = news.recv() => next,
                () = app.clock.sleep(KEEP_ALIVE_INTERVAL) => {
                    yield Ok(sse::Event::default().comment("still here"));
                    continue;
                }
            };
            match next {
                Ok(event) => told.push(event),
                Err(RecvError::Lagged(_)) => told = initial_events(&app).await,
                Err(RecvError::Closed) => break,
            }
        }
    }
}

/// The state of things for a page that knows nothing yet, or missed something. A part that cannot be read is left out: its
/// failure is logged where it happened, and the next change tells it.
async fn initial_events(app: &App) -> Vec<LiveEvent> {
    let mut told = Vec::new();
    if let Ok(standing) = models::status(app).await
        && let Ok(standing) = serde_json::to_value(standing)
    {
        told.push(LiveEvent::Health(standing));
    }
    if let Ok(status) = scoring::load_status(app).await {
        told.push(LiveEvent::Scoring(status));
    }
    if let Ok(downloads) = pulls::load_downloads(app).await {
        told.push(LiveEvent::Pull(downloads.to_json()));
    }
    told.push(LiveEvent::Feeds { new_articles: 0 });
    told
}

fn sse_event(event: &LiveEvent, id: String) -> sse::Event {
    let data =
        serde_json::to_value(event).ok().and_then(|mut tagged| tagged.get_mut("data").map(serde_json::Value::take));
    sse::Event::default().event(event.name()).id(id).retry(RECONNECT_DELAY).data(data.unwrap_or_default().to_string())
}
