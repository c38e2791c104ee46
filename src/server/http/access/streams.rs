//! Ends event streams when their caller loses access.

use crate::server::{
    services::access::{self, Caller},
    state::App,
};
use axum::{body::Body, http::header, response::Response};
use futures::StreamExt;
use std::time::Duration;

/// How often revocation by a command is checked, with one lookup by a key; changes by this process are noticed at once.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The response; when it is an event stream, it ends once its caller is no longer let in.
pub(super) fn end_with_access(app: App, caller: Caller, response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let mut changes = app.access.changes.subscribe();
    let stream = async_stream::stream! {
        let mut frames = body.into_data_stream();
        // Not begun anew with each frame: a stream with many of them is checked too.
        let mut check = Box::pin(app.clock.sleep(CHECK_INTERVAL));
        loop {
            tokio::select! {
                frame = frames.next() => match frame {
                    Some(frame) => {
                        yield frame;
                        continue;
                    }
                    None => break,
                },
                // The sender lives as long as the app.
                _ = changes.changed() => {}
                () = &mut check => {}
            }
            check = Box::pin(app.clock.sleep(CHECK_INTERVAL));
            if !access::is_still_let_in(&app, &caller).await.unwrap_or(true) {
                break;
            }
        }
    };
    Response::from_parts(parts, Body::from_stream(stream))
}
