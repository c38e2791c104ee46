//! Refuses requests of other sites (CSRF) and under foreign host names (DNS rebinding).
//!
//! Server functions have no protection of their own against forms on other sites, and there is no login; this is it.

use crate::server::http::{
    access::routes::{RouteAccess, access_of},
    error_response::{is_api_path, negotiated_error_response},
    outgoing::hide_secret,
};
use crate::{
    error::{AppError, ErrorKind},
    server::config::Config,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use std::net::IpAddr;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardRejection {
    /// The Host is not an allowed name: a foreign name that points here (DNS rebinding), or a typing error.
    UnknownHost(String),
    /// No Host, or an invalid one.
    MissingHost,
    /// An unsafe request from a page of another site.
    CrossSite,
    /// An unsafe request from a page under another name than the one asked: another site's, or a proxy changed the Host.
    OtherOrigin {
        /// The name of the page.
        origin: String,
        /// The Host of the request.
        host: String,
    },
    /// An unsafe request without Origin, Sec-Fetch-Site and Referer that is not an API call of a program.
    MissingOrigin,
}

impl From<GuardRejection> for AppError {
    fn from(refusal: GuardRejection) -> Self {
        let forbidden = |message: String| Self::new(ErrorKind::Forbidden, message);
        match refusal {
            GuardRejection::UnknownHost(host) => forbidden(format!("The host name {host} is not allowed."))
                .hint(
                    "Use localhost, or add this host to `hosts` (GLEANER_HOSTS). If a proxy in front of Gleaner put this name \
                     into the Host header, let it pass on the browser's own: in nginx, `proxy_set_header Host $http_host;`.",
                ),
            GuardRejection::MissingHost => forbidden("The request has no valid Host header.".into()),
            GuardRejection::CrossSite => forbidden("A cross-site request was blocked; nothing was changed.".into())
                .hint("If this was you, use the pages of Gleaner."),
            GuardRejection::OtherOrigin { origin, host } => forbidden(format!(
                "The page is at {origin}, but the request came with the Host header {host}; nothing was changed."
            ))
            .hint(
                "If a proxy stands in front of Gleaner, let it pass on the browser's Host header (in nginx, `proxy_set_header \
                 Host $http_host;`) and add that name to `hosts` (GLEANER_HOSTS). If not, another site sent this request.",
            ),
            GuardRejection::MissingOrigin => {
                forbidden("The request has no Origin, Sec-Fetch-Site or Referer header; nothing was changed.".into())
                    .hint("Programs use the API under /api, without cookies. A browser has to say which page a form is on: let it send the referrer.")
            }
        }
    }
}

/// The allowed host names of requests.
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    bound_ip: IpAddr,
    host_names: Vec<String>,
}

impl AllowedHosts {
    /// Loopback names, the bound address, the names configured, and the host of the public address.
    pub fn new(config: &Config) -> Self {
        let public = config.access.public_url.as_ref().map(|url| url.host().to_owned());
        Self { bound_ip: config.addr.ip(), host_names: config.hosts.iter().cloned().chain(public).collect() }
    }

    /// Whether `host` (without port) is one of ours. Bound to every address, any address will do: a site that wants to
    /// reach us under its own name cannot use one.
    fn allows(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(ip) if ip.is_loopback() || ip == self.bound_ip || self.bound_ip.is_unspecified() => true,
            Err(_) if host == "localhost" || host.ends_with(".localhost") => true,
            _ => self.host_names.contains(&host),
        }
    }
}

/// Decides whether a request is allowed; without I/O.
///
/// An unsafe request passes when `Sec-Fetch-Site` says it is ours (or typed by the user); for browsers that do not send it, when
/// `Origin` is the host asked. Every browser with scripts sends one of the two with an unsafe request. Text browsers such as w3m and
/// Lynx send neither, but the page that the form is on (`Referer`), which no other site can choose: it must be of the host asked. A
/// request with none of the three comes from a program such as curl and passes under `/api` only, and only without cookie: that
/// would be a browser's. Routes of other readers pass: they know callers by secrets in the request, never by what a browser adds to it.
pub fn check_request(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    known: &AllowedHosts,
) -> Result<(), GuardRejection> {
    let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    let host =
        text(header::HOST).or_else(|| uri.authority().map(Authority::as_str)).ok_or(GuardRejection::MissingHost)?;
    let authority: Authority = host.parse().map_err(|_| GuardRejection::MissingHost)?;
    if !known.allows(authority.host()) || host.contains('@') {
        return Err(GuardRejection::UnknownHost(authority.host().to_owned()));
    }
    if method.is_safe() || access_of(uri.path()) == RouteAccess::ClientApi {
        return Ok(());
    }
    match (headers.get("sec-fetch-site").map(|value| value.as_bytes()), text(header::ORIGIN)) {
        (Some(b"same-origin" | b"none"), _) => Ok(()),
        (Some(_), _) => Err(GuardRejection::CrossSite),
        (None, Some(origin)) if is_same_origin(origin, &authority) => Ok(()),
        (None, Some(origin)) => Err(other_origin(origin, &authority)),
        (None, None) => match text(header::REFERER) {
            Some(page) if is_same_origin(origin_of(page), &authority) => Ok(()),
            Some(page) => Err(other_origin(origin_of(page), &authority)),
            None if is_api_path(uri.path()) && !headers.contains_key(header::COOKIE) => Ok(()),
            None => Err(GuardRejection::MissingOrigin),
        },
    }
}

/// Scheme and host of an address.
fn origin_of(page: &str) -> &str {
    let host_at = page.find("://").map_or(0, |at| at + 3);
    let end = page[host_at..].find(['/', '?', '#']).map_or(page.len(), |at| host_at + at);
    &page[..end]
}

/// An origin that names no host, such as `null`, is another site's.
fn other_origin(origin: &str, host: &Authority) -> GuardRejection {
    match origin.split_once("://") {
        Some((_, page_host)) => GuardRejection::OtherOrigin { origin: page_host.to_owned(), host: host.to_string() },
        None => GuardRejection::CrossSite,
    }
}

/// Whether `origin` is a page at `host`. The scheme may be either: a proxy in front may speak https.
fn is_same_origin(origin: &str, host: &Authority) -> bool {
    let (default_port, origin) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
        (Some(rest), _) => (80, rest),
        (_, Some(rest)) => (443, rest),
        _ => return false,
    };
    let Ok(origin) = origin.parse::<Authority>() else { return false };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default_port);
    origin.host().eq_ignore_ascii_case(host.host()) && port(&origin) == port(host)
}

/// The layer that refuses requests by [`check_request`].
pub async fn guard(State(known): State<AllowedHosts>, request: Request, next: Next) -> Response {
    match check_request(request.method(), request.uri(), request.headers(), &known) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let path = hide_secret(request.uri().path());
            tracing::warn!(method = %request.method(), path, reason = ?refusal, "refused");
            negotiated_error_response(&refusal.into(), request.uri().path(), request.headers())
        }
    }
}
