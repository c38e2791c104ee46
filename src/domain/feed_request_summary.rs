//! What the reader lets requests for one feed carry, as far as it may be shown.

use serde::{Deserialize, Serialize};

/// Names of what is stored; no value that is secret.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedRequestSummary {
    /// Scheme, host and port that it is sent to; empty when nothing is stored.
    pub origin: String,
    /// In place of Gleaner's own.
    pub user_agent: Option<String>,
    /// Whether a user name and a password are stored.
    pub has_password: bool,
    /// Whether a cookie is stored.
    pub has_cookie: bool,
    /// Names of further headers.
    pub header_names: Vec<String>,
}

/// What the reader types; what is blank is not sent.
#[derive(Clone, Default)]
pub struct FeedRequestInput {
    /// In place of Gleaner's own.
    pub user_agent: String,
    /// Of HTTP basic authentication.
    pub username: String,
    /// Of HTTP basic authentication.
    pub password: String,
    /// The value of the header.
    pub cookie: String,
    /// A header a line, `Name: value`.
    pub headers: String,
}
