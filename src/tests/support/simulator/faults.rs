//! Scripted failures in the middle of an answer.

use super::{interception::error_response, request_log::InFlightRequest, script::ScriptedReply};
use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use gleaner::server::demo::simulator::{Endpoint, SimulatorState};
use serde_json::{Value, json};
use std::{future::pending, io, sync::Arc};

/// The characters of a piece of the simulated model.
const PIECE_CHARS: usize = 4;

/// Applies `act` to the answer, and marks the request as answered when its answer is complete.
pub(super) async fn apply(
    ollama: &Arc<SimulatorState>,
    call: Option<Endpoint>,
    body: &Value,
    act: Option<ScriptedReply>,
    response: Response,
    mut ticket: InFlightRequest,
) -> Response {
    let is_stream = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/x-ndjson");
    if is_stream {
        return break_stream(ollama.clone(), act, response, ticket);
    }
    let is_load = body["messages"].as_array().is_none_or(Vec::is_empty);
    let is_answer = match call {
        Some(Endpoint::Chat) => !is_load,
        Some(Endpoint::Pull) => true,
        _ => false,
    };
    if is_answer && response.status() == StatusCode::OK {
        match act {
            Some(ScriptedReply::Fail(_, words)) => {
                ticket.answered();
                return error_response(500, &words);
            }
            Some(ScriptedReply::Stall(_) | ScriptedReply::Cut(_)) => pending::<()>().await,
            Some(ScriptedReply::Stop(after)) => {
                ticket.answered();
                return unfinished_answer(response, after).await;
            }
            _ => {}
        }
    }
    ticket.answered();
    response
}

/// An answer in one piece with only its beginning.
async fn unfinished_answer(response: Response, pieces: usize) -> Response {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let whole: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let content = whole["message"]["content"].as_str().unwrap_or_default();
    let begun: String = content.chars().take(pieces * PIECE_CHARS).collect();
    let message = json!({ "role": "assistant", "content": begun });
    Json(json!({ "model": whole["model"], "created_at": whole["created_at"], "message": message, "done": false }))
        .into_response()
}

/// The lines of the answer until `act` interrupts them; pieces of a chat and lines about layers of a pull are counted.
fn break_stream(
    ollama: Arc<SimulatorState>,
    act: Option<ScriptedReply>,
    response: Response,
    mut ticket: InFlightRequest,
) -> Response {
    let (parts, body) = response.into_parts();
    let lines = async_stream::stream! {
        let mut lines = body.into_data_stream();
        let mut count = 0;
        while let Some(Ok(bytes)) = lines.next().await {
            let line: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let is_counted = line["done"] == false || line.get("digest").is_some();
            match &act {
                Some(ScriptedReply::Fail(after, words)) if is_counted && *after == count => {
                    ticket.answered();
                    yield Ok(Bytes::from(format!("{}\n", json!({ "error": words }))));
                    return;
                }
                Some(ScriptedReply::Stop(after)) if is_counted && *after == count => {
                    ticket.answered();
                    return;
                }
                Some(ScriptedReply::Cut(after)) if is_counted && *after == count => {
                    // What was said so far leaves before the connection breaks.
                    tokio::task::yield_now().await;
                    yield Err(io::Error::from(io::ErrorKind::ConnectionReset));
                    return;
                }
                Some(ScriptedReply::Stall(after)) if is_counted && *after == count => pending::<()>().await,
                _ => {}
            }
            if line["done"] == true || line["status"] == "success" || line.get("error").is_some() {
                ticket.answered();
            }
            yield Ok(bytes.clone());
            if is_counted {
                // Lines keep coming, bytes do not.
                if let Some(ScriptedReply::Dry(after, repeats)) = act && after == count {
                    for _ in 0..repeats {
                        ollama.pause(ollama.settings.pull_tick).await;
                        yield Ok(bytes.clone());
                    }
                }
                count += 1;
            }
        }
    };
    Response::from_parts(parts, Body::from_stream(lines))
}
