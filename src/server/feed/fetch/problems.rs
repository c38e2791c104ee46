//! From what went wrong on the way to a problem in words.

use super::{host, resolve::ResolveError};
use crate::domain::{
    feed_error::{FeedError, FeedErrorKind},
    feed_url::FeedUrl,
};
use crate::server::feed::fetch::ssrf;
use reqwest::StatusCode;
use std::{error::Error, io};

/// A status that is neither success nor redirect.
pub(super) fn from_status(status: StatusCode, host: &str) -> FeedError {
    let (kind, message) = match status.as_u16() {
        401 | 403 => (FeedErrorKind::Denied, format!("{host} refuses to hand out the feed ({status}).")),
        404 => (FeedErrorKind::Missing, format!("{host} has no document at this address (404).")),
        410 => (FeedErrorKind::Gone, format!("{host} says that the feed is gone for good (410).")),
        429 => (FeedErrorKind::TooOften, format!("{host} asks to be left alone for a while (429).")),
        500..=599 => (FeedErrorKind::Server, format!("{host} reports trouble of its own ({status}).")),
        _ => (FeedErrorKind::Status, format!("{host} answered {status}, which is not a feed.")),
    };
    FeedError::new(kind, message)
}

/// A request that failed before or within the answer.
pub(super) fn from_request_error(error: &reqwest::Error, url: &FeedUrl) -> FeedError {
    let host = host(url);
    let causes = || std::iter::successors(error.source(), |e: &&(dyn Error + 'static)| (*e).source());
    match causes().find_map(|e| e.downcast_ref::<ResolveError>()) {
        Some(ResolveError::Private) => return ssrf::non_public_problem(&host),
        Some(ResolveError::Unknown(_)) => {
            return FeedError::new(FeedErrorKind::Dns, format!("The name {host} leads nowhere."));
        }
        None => {}
    }
    let io = causes().find_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_timeout() || io == Some(io::ErrorKind::TimedOut) {
        return FeedError::new(FeedErrorKind::Timeout, format!("{host} did not answer in time."));
    }
    if error.is_connect() {
        // TLS reports what it dislikes as data that is not valid; everything else at this point is the network.
        let encrypted = url.as_url().scheme() == "https";
        return match io {
            Some(io::ErrorKind::InvalidData | io::ErrorKind::Other) if encrypted => {
                FeedError::new(FeedErrorKind::Tls, format!("No trusted encrypted connection to {host}."))
            }
            _ => FeedError::new(FeedErrorKind::Unreachable, format!("Nothing answers at {host}.")),
        };
    }
    FeedError::new(FeedErrorKind::Transfer, format!("The answer of {host} broke off or could not be read."))
}
