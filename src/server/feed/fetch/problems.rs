//! Makes a [`FeedError`] of a status or of a failed request.

use super::resolve::ResolveError;
use crate::domain::{
    feed_error::{FeedError, FeedErrorKind},
    feed_url::FeedUrl,
};
use crate::server::{
    feed::fetch::ssrf,
    open_files::{are_exhausted_now, is_exhausted},
};
use reqwest::StatusCode;
use std::{error::Error, io};

/// The host of an address, as messages name it.
pub(super) fn host(url: &FeedUrl) -> String {
    url.as_url().host_str().unwrap_or_default().to_owned()
}

/// A status that is neither success nor redirect.
pub(super) fn from_status(status: StatusCode, host: &str) -> FeedError {
    let (kind, message) = match status.as_u16() {
        401 | 403 => (FeedErrorKind::Denied, format!("{host} denies access to the feed (HTTP {status}).")),
        404 => (FeedErrorKind::Missing, format!("{host} did not find the feed (HTTP 404).")),
        410 => (FeedErrorKind::Gone, format!("{host} says that the feed was removed permanently (HTTP 410).")),
        429 => (FeedErrorKind::TooOften, format!("{host} limits the rate of requests (HTTP 429).")),
        500..=599 => (FeedErrorKind::Server, format!("{host} reports a server error (HTTP {status}).")),
        _ => (FeedErrorKind::Status, format!("{host} responded with HTTP {status} instead of a feed.")),
    };
    FeedError::new(kind, message)
}

/// Whether a status refuses requests of any kind for a while, not only this one.
pub(super) fn is_about_host(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// A request that failed before or within the answer.
pub(super) fn from_request_error(error: &reqwest::Error, url: &FeedUrl) -> FeedError {
    let host = host(url);
    let causes = || std::iter::successors(error.source(), |e: &&(dyn Error + 'static)| (*e).source());
    let is_io_exhausted = |cause: &(dyn Error + 'static)| cause.downcast_ref::<io::Error>().is_some_and(is_exhausted);
    if causes().any(is_io_exhausted) || (error.is_connect() && are_exhausted_now()) {
        let message = format!("Gleaner has too many files and connections open, so {host} was not asked.");
        return FeedError::new(FeedErrorKind::TooManyOpenFiles, message);
    }
    match causes().find_map(|e| e.downcast_ref::<ResolveError>()) {
        Some(ResolveError::Private) => return ssrf::non_public_problem(&host),
        Some(ResolveError::Unknown(_)) => {
            return FeedError::new(FeedErrorKind::Dns, format!("The host name {host} cannot be resolved."));
        }
        None => {}
    }
    let io = causes().find_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_timeout() || io == Some(io::ErrorKind::TimedOut) {
        return FeedError::new(FeedErrorKind::Timeout, format!("The connection to {host} timed out."));
    }
    if error.is_connect() {
        // TLS reports its failures as invalid data; any other failure to connect is of the network.
        let encrypted = url.as_url().scheme() == "https";
        return match io {
            Some(io::ErrorKind::InvalidData | io::ErrorKind::Other) if encrypted => {
                FeedError::new(FeedErrorKind::Tls, format!("The TLS connection to {host} is not trusted."))
            }
            _ => FeedError::new(FeedErrorKind::Unreachable, format!("{host} does not accept connections.")),
        };
    }
    FeedError::new(FeedErrorKind::Transfer, format!("The response of {host} was incomplete or could not be read."))
}
