//! Redirects: which statuses are one, and where to.

use super::{header_text::utf8_text, problems};
use crate::domain::{
    feed_error::{FeedError, FeedErrorKind},
    feed_url::FeedUrl,
};
use reqwest::{Response, StatusCode, header};

/// Whether a status is a redirect, and whether a permanent one.
pub(super) fn redirect_permanence(status: StatusCode) -> Option<bool> {
    match status.as_u16() {
        301 | 308 => Some(true),
        302 | 303 | 307 => Some(false),
        _ => None,
    }
}

/// Where an answer redirects to.
pub(super) fn redirect_target(response: &Response, at: &FeedUrl) -> Result<FeedUrl, FeedError> {
    let Some(target) = response.headers().get(header::LOCATION).map(utf8_text) else {
        return Err(FeedError::new(
            FeedErrorKind::Redirects,
            format!("{} redirects without a target.", problems::host(at)),
        ));
    };
    at.join(&target).map_err(|e| {
        FeedError::new(FeedErrorKind::Redirects, format!("{} redirects to an unusable URL: {e}", problems::host(at)))
    })
}
