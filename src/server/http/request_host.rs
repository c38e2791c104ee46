//! The host name that a request asks for.

use axum::http::{HeaderMap, Uri, header, uri::Authority};

/// The requested host name, in lower case and without a port: of the Host header, or of the URI in HTTP/2. Never of
/// `X-Forwarded-Host`: proxies that do not set it pass on what the client sent.
pub fn request_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| Some(uri.authority()?.as_str()))?;
    Some(host.parse::<Authority>().ok()?.host().trim_end_matches('.').to_ascii_lowercase())
}
