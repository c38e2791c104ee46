//! Pulls out of an imagined registry: one layer after the other, a line every tick whether or not bytes move.

use super::{
    lists::named,
    models::{Layer, ModelSpec},
    record::Ticket,
    routes::{error, sent, text},
    script::Act,
    state::Shared,
};
use crate::domain::model_name::{DEFAULT_HOST, ModelName};
use axum::{
    body::{Body, Bytes},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};
use std::sync::Arc;

type Line = Result<Bytes, std::io::Error>;

pub(super) async fn answer(shared: &Arc<Shared>, body: &Value, act: Option<Act>, ticket: Ticket) -> Response {
    let name = named(body).to_owned();
    let Ok(parsed) = ModelName::parse(&name) else { return sent(ticket, error(400, "invalid model name")) };
    let lines = lines(shared.clone(), parsed, act, ticket);
    if body.get("stream") == Some(&Value::Bool(false)) {
        return at_once(lines).await;
    }
    let mut response = text(StatusCode::OK, "application/x-ndjson", "");
    *response.body_mut() = Body::from_stream(lines);
    response
}

/// Without a stream only the end is told, with its own status.
async fn at_once(lines: impl futures::Stream<Item = Line>) -> Response {
    use futures::StreamExt as _;
    let mut last = Bytes::new();
    let mut lines = std::pin::pin!(lines);
    while let Some(Ok(line)) = lines.next().await {
        last = line;
    }
    let last = String::from_utf8_lossy(&last).trim().to_owned();
    let status = if last.contains("\"error\"") { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    text(status, "application/json", &last)
}

fn lines(
    shared: Arc<Shared>,
    name: ModelName,
    act: Option<Act>,
    mut ticket: Ticket,
) -> impl futures::Stream<Item = Line> + Send {
    async_stream::stream! {
        yield said(&json!({ "status": "pulling manifest" }));
        let model = match find(&shared, &name) {
            Ok(model) => model,
            Err(words) => {
                ticket.answered();
                yield said(&json!({ "error": words }));
                return;
            }
        };
        let mut count = 0;
        let mut dry = 0;
        let mut new_blobs = false;
        for layer in &model.layers {
            let status = format!("pulling {}", layer.digest.get(7..19).unwrap_or_default());
            loop {
                let done = on_disk(&shared, layer);
                match &act {
                    Some(Act::Fail(after, words)) if *after == count => {
                        ticket.answered();
                        yield said(&json!({ "error": words }));
                        return;
                    }
                    Some(Act::Stop(after)) if *after == count => {
                        ticket.answered();
                        return;
                    }
                    Some(Act::Cut(after)) if *after == count => {
                        // What was said so far leaves before the connection breaks.
                        tokio::task::yield_now().await;
                        yield Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
                        return;
                    }
                    Some(Act::Stall(after)) if *after == count => std::future::pending::<()>().await,
                    _ => {}
                }
                count += 1;
                let mut line = json!({ "status": status, "digest": layer.digest, "total": layer.size });
                if done > 0 {
                    line["completed"] = json!(done);
                }
                yield said(&line);
                if done >= layer.size {
                    break;
                }
                new_blobs = true;
                let (tick, _) = shared.state().pace;
                shared.pause(tick).await;
                // Dry: lines keep coming, bytes do not.
                if let Some(Act::Dry(after, ticks)) = act && count > after && dry < ticks {
                    dry += 1;
                } else {
                    fetch(&shared, layer);
                }
            }
        }
        yield said(&json!({ "status": "verifying sha256 digest" }));
        if new_blobs {
            let (tick, _) = shared.state().pace;
            shared.pause(tick).await;
        }
        yield said(&json!({ "status": "writing manifest" }));
        shared.state().install(ModelSpec { name: name.to_string(), modified_ms: shared.now_ms(), ..model });
        ticket.answered();
        yield said(&json!({ "status": "success" }));
    }
}

fn find(shared: &Shared, name: &ModelName) -> Result<ModelSpec, String> {
    let found = shared.state().in_library(&name.to_string()).cloned();
    if let Some(model) = found {
        return Ok(model);
    }
    if [DEFAULT_HOST, "hf.co", "huggingface.co"].iter().any(|host| host.eq_ignore_ascii_case(name.host())) {
        return Err("pull model manifest: file does not exist".into());
    }
    let url = format!("https://{}/v2/{}/{}/manifests/{}", name.host(), name.namespace(), name.model(), name.tag());
    Err(format!("pull model manifest: Get \"{url}\": dial tcp: lookup {}: no such host", name.host()))
}

/// Bytes of a layer that are there, whole or in part; a cancelled pull leaves its part behind.
fn on_disk(shared: &Shared, layer: &Layer) -> u64 {
    shared.state().blobs.get(&layer.digest).copied().unwrap_or(0)
}

fn fetch(shared: &Shared, layer: &Layer) {
    let mut state = shared.state();
    let (_, step) = state.pace;
    let done = state.blobs.entry(layer.digest.clone()).or_insert(0);
    *done = (*done + step).min(layer.size);
}

#[expect(clippy::unnecessary_wraps, reason = "an item of a body that may also break")]
fn said(line: &Value) -> Line {
    Ok(Bytes::from(format!("{line}\n")))
}
