//! One HTTP request to Ollama, and what its failure means.

use super::{body, connection::OllamaClient, private_resolver::PrivateResolver};
use crate::server::{
    config::OllamaConfig,
    models::ollama::{address, error::OllamaError},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::Serialize;
use std::{error::Error as _, io, sync::Arc, time::Duration};

/// Bodies of errors are read up to this size and for this long.
const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The path of the ping.
pub(super) const VERSION_PATH: &str = "api/version";

impl OllamaClient {
    /// Makes the request and waits so long for the first byte; the answer has status 200 and, when it has a body, claims to be JSON.
    pub(super) async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &'static str,
        body: Option<&B>,
        first_byte: Duration,
    ) -> Result<Response, OllamaError> {
        let clock = &self.0.clock;
        self.0.breaker.admit(path == VERSION_PATH, clock.monotonic_ms())?;
        let outcome = self.send_unguarded(method, path, body, first_byte).await;
        if let Some(event) = self.0.breaker.record_outcome(&outcome, clock.monotonic_ms()) {
            self.0.status.apply(event);
        }
        outcome
    }

    async fn send_unguarded<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
        first_byte: Duration,
    ) -> Result<Response, OllamaError> {
        let url = self.0.base.join(path).map_err(|error| OllamaError::BadRequest(error.to_string()))?;
        let https = url.scheme() == "https";
        let mut request = self.0.http.as_ref().map_err(Clone::clone)?.request(method, url);
        if let Some(body) = body {
            let body = serde_json::to_vec(body).map_err(|error| OllamaError::BadRequest(error.to_string()))?;
            // Sent with its length: with a chunked body Ollama would not notice a closed connection.
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = tokio::select! {
            answer = request.send() => answer.map_err(|error| classify_transport_error(error, https))?,
            () = self.0.clock.sleep(first_byte) => return Err(OllamaError::FirstByteTimeout),
        };
        let has_body = response.headers().contains_key(CONTENT_TYPE);
        match response.status() {
            StatusCode::OK if !has_body || is_json(&response) => Ok(response),
            StatusCode::OK => Err(OllamaError::NotOllama { status: 200 }),
            _ => Err(self.read_error(response).await),
        }
    }

    async fn read_error(&self, response: Response) -> OllamaError {
        let (status, json) = (response.status().as_u16(), is_json(&response));
        let retry_after = parse_retry_after(response.headers());
        let bytes = body::read_truncated(response, &self.0.clock, ERROR_BODY_TIMEOUT, MAX_ERROR_BODY_BYTES).await;
        OllamaError::from_response(status, json, &bytes, retry_after)
    }
}

/// The connections to a model server of either kind. With `private_only`, names that resolve to an address outside of private
/// networks are not connected to, and no proxy is used.
pub(in crate::server::models) fn build_http_client(
    config: &OllamaConfig,
    private_only: bool,
) -> Result<reqwest::Client, OllamaError> {
    let mut headers =
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json, application/x-ndjson"))]);
    let bearer = config.bearer_token.as_ref().map(|token| format!("Bearer {}", token.0));
    let basic = || config.basic_auth.as_ref().map(|pair| format!("Basic {}", BASE64_STANDARD.encode(&pair.0)));
    if let Some(value) = bearer.or_else(basic) {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            OllamaError::BadRequest("ollama.bearer_token holds a character that no header may hold".to_owned())
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("Gleaner/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .connect_timeout(config.connect_timeout)
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(30));
    if address::is_loopback(&config.host) {
        builder = builder.no_proxy();
    }
    if config.host.scheme() == "http" {
        // No TLS, so no certificates: saves reading the system's, and works where there are none.
        builder = builder.tls_certs_only(std::iter::empty());
    }
    if private_only {
        builder = builder.no_proxy().dns_resolver(Arc::new(PrivateResolver));
    }
    builder.build().map_err(|error| OllamaError::Tls(error.without_url().to_string()))
}

pub(super) fn is_json(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.to_ascii_lowercase().contains("json"))
}

/// `Retry-After` in seconds; dates are ignored.
pub(in crate::server::models) fn parse_retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Classifies a failed request by the types in its chain of causes.
pub(in crate::server::models) fn classify_transport_error(error: reqwest::Error, https: bool) -> OllamaError {
    let mut kind = None;
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            kind = Some(io.kind());
        }
        cause = inner.source();
    }
    if error.is_dns() {
        return OllamaError::Dns;
    }
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => OllamaError::Refused,
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::TimedOut) => {
            OllamaError::ConnectTimeout
        }
        _ if error.is_timeout() => OllamaError::ConnectTimeout,
        _ if https && error.is_connect() => OllamaError::Tls(error.without_url().to_string()),
        _ => OllamaError::Broken(error.without_url().to_string()),
    }
}
