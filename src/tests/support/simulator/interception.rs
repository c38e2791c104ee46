//! The layer in front of the simulated server, which records each request and applies scripts.

use super::{
    connection::PeerConnection,
    faults,
    request_log::{InFlightRequest, RecordedRequest, RequestLog, RequestOutcome},
    script::{ReplyScripts, ScriptedReply},
};
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use gleaner::server::demo::simulator::{Endpoint, SimulatorState};
use serde_json::{Value, json};
use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// The state of the layer.
#[derive(Debug)]
pub(super) struct Interception {
    /// The server behind it.
    pub(super) ollama: Arc<SimulatorState>,
    pub(super) records: Arc<RequestLog>,
    scripts: Mutex<ReplyScripts>,
}

impl Interception {
    pub(super) fn new(ollama: Arc<SimulatorState>) -> Self {
        Self { ollama, records: Arc::default(), scripts: Mutex::default() }
    }

    pub(super) fn scripts(&self) -> MutexGuard<'_, ReplyScripts> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn intercept(
    State(shared): State<Arc<Interception>>,
    ConnectInfo(peer): ConnectInfo<PeerConnection>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut ticket = InFlightRequest::new(
        &shared.records,
        &shared.ollama.settings.clock,
        RecordedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            headers: parts.headers.clone(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            body: body.clone(),
            at_ms: shared.ollama.now_ms(),
            ended_ms: None,
            outcome: RequestOutcome::Running,
        },
    );
    let call = Endpoint::of(parts.method.as_str(), parts.uri.path());
    let take = || call.and_then(|call| shared.scripts().take(call, &body));
    let mut act = take();
    if let Some(ScriptedReply::Delay(time)) = act {
        shared.ollama.pause(time).await;
        act = take().filter(|next| !matches!(next, ScriptedReply::Delay(_)));
    }
    match &act {
        Some(ScriptedReply::Hang) => pending::<()>().await,
        Some(ScriptedReply::Reset) => {
            peer.disconnect();
            pending::<()>().await;
        }
        Some(ScriptedReply::Status(status, text)) => {
            ticket.answered();
            return error_response(*status, text);
        }
        Some(ScriptedReply::Raw { status, content_type, body, retry_after }) => {
            ticket.answered();
            return raw_response(*status, content_type, body, *retry_after);
        }
        _ => {}
    }
    let answer = shared.scripts().answer_override(act.as_ref());
    parts.extensions.insert(answer);
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    faults::apply(&shared.ollama, call, &body, act, response, ticket).await
}

/// `{"error": text}`.
pub(super) fn error_response(status: u16, message: &str) -> Response {
    (status_code(status), Json(json!({ "error": message }))).into_response()
}

fn raw_response(status: u16, content_type: &str, body: &str, retry_after: Option<u64>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status_code(status);
    if !content_type.is_empty() {
        *response.body_mut() = Body::from(body.to_owned());
        if let Ok(value) = HeaderValue::from_str(content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
    }
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
