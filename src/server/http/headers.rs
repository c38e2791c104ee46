//! Security headers of all responses.

use super::request_host::request_host;
use crate::server::config::{Config, PublicUrl};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::{
    nonce::use_nonce,
    prelude::{expect_context, use_context},
};
use leptos_axum::ResponseOptions;

/// Headers of every response that does not set them itself.
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: without JavaScript, forms are answered with a redirect to the page they came from.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // For answers that are not pages: nothing in them may run.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
    ),
];

/// HSTS (RFC 6797): for one year, browsers use only TLS for this host, without its subdomains.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Tells nginx whether to buffer an answer.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Whether HSTS is sent: only when the public address is `https`.
#[derive(Clone, Debug)]
pub struct TransportSecurity(Option<PublicUrl>);

impl TransportSecurity {
    /// By `access.public_url`.
    pub fn new(config: &Config) -> Self {
        Self(config.access.public_url.clone().filter(PublicUrl::is_https))
    }

    fn covers(&self, request: &Request) -> bool {
        self.0.as_ref().is_some_and(|url| request_host(request.uri(), request.headers()).as_deref() == Some(url.host()))
    }
}

/// The layer that adds the headers.
pub async fn set_security_headers(
    State(transport_security): State<TransportSecurity>,
    request: Request,
    next: Next,
) -> Response {
    let is_covered = transport_security.covers(&request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_covered {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // nginx holds back what it proxies, unless the answer says otherwise:
    // https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    // Pages show what is true now; assets say their own.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    response
}

/// Gives the page being rendered its policy, with the nonce that its scripts carry. Called within leptos' context.
pub fn provide_page_csp() {
    let (Some(nonce), Some(_)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    if let Ok(policy) = HeaderValue::from_str(&page_csp(&nonce)) {
        expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// For pages without any script.
pub fn scriptless_csp() -> &'static str {
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
}

/// Scripts only with the nonce and what they load themselves; pictures from anywhere, since articles bring them; nothing framed.
fn page_csp(nonce: &str) -> String {
    // `cargo leptos watch` reloads the page over a socket on another port.
    let reload = if cfg!(debug_assertions) { " ws://127.0.0.1:3001 ws://localhost:3001" } else { "" };
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: https: http:; media-src 'self' https: http:; connect-src 'self'{reload}; object-src 'none'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::page_csp;

    #[test]
    fn scripts_need_the_nonce() {
        let policy = page_csp("abc");
        assert!(policy.contains("script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval';"), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
}
