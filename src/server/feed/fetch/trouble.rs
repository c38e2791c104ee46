//! From what went wrong on the way to a problem in words.

use super::{address, host, resolve::NoAddress};
use crate::domain::{
    feed_problem::{Problem, ProblemKind},
    url::FeedUrl,
};
use reqwest::StatusCode;
use std::{error::Error, io};

/// A status that is neither success nor redirect.
pub(super) fn of_status(status: StatusCode, host: &str) -> Problem {
    let (kind, message) = match status.as_u16() {
        401 | 403 => (ProblemKind::Denied, format!("{host} refuses to hand out the feed ({status}).")),
        404 => (ProblemKind::Missing, format!("{host} has no document at this address (404).")),
        410 => (ProblemKind::Gone, format!("{host} says that the feed is gone for good (410).")),
        429 => (ProblemKind::TooOften, format!("{host} asks to be left alone for a while (429).")),
        500..=599 => (ProblemKind::Server, format!("{host} reports trouble of its own ({status}).")),
        _ => (ProblemKind::Status, format!("{host} answered {status}, which is not a feed.")),
    };
    Problem::new(kind, message)
}

/// A request that failed before or within the answer.
pub(super) fn of_request(error: &reqwest::Error, url: &FeedUrl) -> Problem {
    let host = host(url);
    let causes = || std::iter::successors(error.source(), |e: &&(dyn Error + 'static)| (*e).source());
    match causes().find_map(|e| e.downcast_ref::<NoAddress>()) {
        Some(NoAddress::Private) => return address::refusal(&host),
        Some(NoAddress::Unknown(_)) => {
            return Problem::new(ProblemKind::Dns, format!("The name {host} leads nowhere."));
        }
        None => {}
    }
    let io = causes().find_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_timeout() || io == Some(io::ErrorKind::TimedOut) {
        return Problem::new(ProblemKind::Timeout, format!("{host} did not answer in time."));
    }
    if error.is_connect() {
        // TLS reports what it dislikes as data that is not valid; everything else at this point is the network.
        let encrypted = url.as_url().scheme() == "https";
        return match io {
            Some(io::ErrorKind::InvalidData | io::ErrorKind::Other) if encrypted => {
                Problem::new(ProblemKind::Tls, format!("No trusted encrypted connection to {host}."))
            }
            _ => Problem::new(ProblemKind::Unreachable, format!("Nothing answers at {host}.")),
        };
    }
    Problem::new(ProblemKind::Transfer, format!("The answer of {host} broke off or could not be read."))
}
