//! Pulls from a simulated registry: one layer after the other, a line at every tick whether or not bytes arrive.

use super::{
    model_endpoints::requested_model,
    models::{LayerSpec, ModelSpec},
    responses::{StreamLine, error_response, ndjson_line, stream_response, text_response},
    state::SimulatorState,
};
use crate::domain::model_name::{DEFAULT_REGISTRY_HOST, ModelName};
use axum::{body::Bytes, http::StatusCode, response::Response};
use futures::{Stream, StreamExt as _};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn answer(shared: &Arc<SimulatorState>, body: &Value) -> Response {
    let Ok(name) = ModelName::parse(requested_model(body)) else { return error_response(400, "invalid model name") };
    let lines = pull_lines(shared.clone(), name);
    if body.get("stream") == Some(&Value::Bool(false)) { await_last_line(lines).await } else { stream_response(lines) }
}

/// The answer without a stream: the last line, with its status.
async fn await_last_line(lines: impl Stream<Item = StreamLine>) -> Response {
    let mut last = Bytes::new();
    let mut lines = std::pin::pin!(lines);
    while let Some(Ok(line)) = lines.next().await {
        last = line;
    }
    let last = String::from_utf8_lossy(&last).trim().to_owned();
    let status = if last.contains("\"error\"") { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    text_response(status, "application/json", &last)
}

fn pull_lines(shared: Arc<SimulatorState>, name: ModelName) -> impl Stream<Item = StreamLine> + Send {
    async_stream::stream! {
        yield ndjson_line(&json!({ "status": "pulling manifest" }));
        let model = match find_model(&shared, &name) {
            Ok(model) => model,
            Err(words) => {
                yield ndjson_line(&json!({ "error": words }));
                return;
            }
        };
        let mut new_blobs = false;
        for layer in &model.layers {
            let status = format!("pulling {}", layer.digest.get(7..19).unwrap_or_default());
            loop {
                let done = downloaded_bytes(&shared, layer);
                let mut line = json!({ "status": status, "digest": layer.digest, "total": layer.size });
                if done > 0 {
                    line["completed"] = json!(done);
                }
                yield ndjson_line(&line);
                if done >= layer.size {
                    break;
                }
                new_blobs = true;
                let (tick, _) = shared.state().pace;
                shared.pause(tick).await;
                download_step(&shared, layer);
            }
        }
        yield ndjson_line(&json!({ "status": "verifying sha256 digest" }));
        if new_blobs {
            let (tick, _) = shared.state().pace;
            shared.pause(tick).await;
        }
        yield ndjson_line(&json!({ "status": "writing manifest" }));
        shared.state().install(ModelSpec { name: name.to_string(), modified_ms: shared.now_ms(), ..model });
        yield ndjson_line(&json!({ "status": "success" }));
    }
}

fn find_model(shared: &SimulatorState, name: &ModelName) -> Result<ModelSpec, String> {
    let found = shared.state().find_in_library(&name.to_string()).cloned();
    if let Some(model) = found {
        return Ok(model);
    }
    if [DEFAULT_REGISTRY_HOST, "hf.co", "huggingface.co"].iter().any(|host| host.eq_ignore_ascii_case(name.host())) {
        return Err("pull model manifest: file does not exist".into());
    }
    let url = format!("https://{}/v2/{}/{}/manifests/{}", name.host(), name.namespace(), name.model(), name.tag());
    Err(format!("pull model manifest: Get \"{url}\": dial tcp: lookup {}: no such host", name.host()))
}

/// Downloaded bytes of a layer; a cancelled pull keeps its part.
fn downloaded_bytes(shared: &SimulatorState, layer: &LayerSpec) -> u64 {
    shared.state().blobs.get(&layer.digest).copied().unwrap_or(0)
}

fn download_step(shared: &SimulatorState, layer: &LayerSpec) {
    let mut state = shared.state();
    let (_, step) = state.pace;
    let done = state.blobs.entry(layer.digest.clone()).or_insert(0);
    *done = (*done + step).min(layer.size);
}
