//! The routes, the checks before them, and the three kinds of error bodies.

use super::{
    answer_override::AnswerOverride,
    chat,
    endpoint::Endpoint,
    model_endpoints, pull,
    responses::{empty_response, error_response, json_response, text_response},
    state::SimulatorState,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};

const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// The endpoints of Ollama's native API over `shared`. A request may carry an [`AnswerOverride`] as an extension.
pub fn router(shared: Arc<SimulatorState>) -> Router {
    Router::new().fallback(move |request: Request| handle(shared.clone(), request))
}

async fn handle(shared: Arc<SimulatorState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let Ok(origin) = check_origin(&parts.headers) else { return empty_response(StatusCode::FORBIDDEN) };
    let mut response = match Endpoint::of(parts.method.as_str(), parts.uri.path()) {
        Some(call) => dispatch(&shared, call, &parts, &bytes).await,
        None => not_found(parts.uri.path()),
    };
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

async fn dispatch(shared: &Arc<SimulatorState>, call: Endpoint, parts: &Parts, bytes: &Bytes) -> Response {
    let response = match call {
        Endpoint::Root => text_response(StatusCode::OK, "text/plain; charset=utf-8", "Ollama is running"),
        Endpoint::Version => json_response(StatusCode::OK, &json!({ "version": shared.settings.version })),
        Endpoint::Tags => model_endpoints::tags(shared),
        Endpoint::Ps => model_endpoints::ps(shared),
        Endpoint::Show | Endpoint::Delete | Endpoint::Copy | Endpoint::Chat | Endpoint::Pull => {
            match parse_body(bytes, call) {
                Err(refusal) => *refusal,
                Ok(body) => match call {
                    Endpoint::Show => model_endpoints::show(shared, &body),
                    Endpoint::Delete => model_endpoints::delete(shared, &body),
                    Endpoint::Copy => model_endpoints::copy(shared, &body),
                    Endpoint::Chat => chat::answer(shared, body, parts.extensions.get::<AnswerOverride>()).await,
                    _ => pull::answer(shared, &body).await,
                },
            }
        }
    };
    if parts.method == Method::HEAD { response.map(|_| Body::empty()) } else { response }
}

/// The first value of the body, whatever its Content-Type claims.
fn parse_body(bytes: &Bytes, call: Endpoint) -> Result<Value, Box<Response>> {
    if bytes.is_empty() {
        return Err(Box::new(error_response(400, "missing request body")));
    }
    let first = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next();
    match first {
        Some(Ok(body @ Value::Object(_))) => Ok(body),
        Some(Ok(_)) => Err(Box::new(error_response(
            400,
            &format!("json: cannot unmarshal array into Go value of type api.{call:?}Request"),
        ))),
        Some(Err(e)) if e.is_eof() => Err(Box::new(error_response(400, "unexpected EOF"))),
        _ => Err(Box::new(error_response(400, "invalid character '\"' after object key:value pair"))),
    }
}

/// Refuses foreign hosts and origins, as a server on loopback does. Returns the origin to allow.
fn check_origin(headers: &HeaderMap) -> Result<Option<HeaderValue>, ()> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !is_local(host) {
        return Err(());
    }
    match headers.get(header::ORIGIN) {
        None => Ok(None),
        Some(origin) => {
            let local = origin.to_str().ok().and_then(|o| o.split_once("://")).is_some_and(|(_, host)| is_local(host));
            if local { Ok(Some(origin.clone())) } else { Err(()) }
        }
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Err(_) => {
            bare.is_empty()
                || bare == "localhost"
                || [".localhost", ".local", ".internal"].iter().any(|end| bare.ends_with(end))
        }
    }
}

/// Router errors are plain text; a slash too many is a redirect.
fn not_found(path: &str) -> Response {
    let bare = path.trim_end_matches('/');
    let allowed = ["GET", "POST", "DELETE"].into_iter().find(|m| Endpoint::of(m, path).is_some());
    if let Some(method) = allowed {
        let mut response = text_response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "405 method not allowed");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(method));
        return response;
    }
    if bare.len() < path.len() && ["GET", "POST", "DELETE"].into_iter().any(|m| Endpoint::of(m, bare).is_some()) {
        let page = format!("<a href=\"{bare}\">Moved Permanently</a>.\n\n");
        let mut response = text_response(StatusCode::MOVED_PERMANENTLY, "text/html; charset=utf-8", &page);
        if let Ok(location) = HeaderValue::from_str(bare) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        return response;
    }
    text_response(StatusCode::NOT_FOUND, "text/plain", "404 page not found")
}
