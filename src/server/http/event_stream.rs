//! Event streams of one answer, such as a chat or a pull.

use axum::response::sse::{Event, KeepAlive, KeepAliveStream, Sse};
use futures::Stream;
use std::{convert::Infallible, time::Duration};

/// Maximum time between two events, so that proxies keep the connection open and both ends notice a lost one.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// Answers with these events, and with a comment after each interval without one.
pub fn event_stream<S>(events: S) -> Sse<KeepAliveStream<S>>
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_INTERVAL).text("still here"))
}
