//! What requests for one feed carry beside the usual headers: sent to the origin it was saved for, never to another.

use crate::domain::feed_url::FeedUrl;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    RequestBuilder,
    header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, USER_AGENT},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Headers that Gleaner makes itself, or that would change how an answer is read.
const OWN_HEADERS: [&str; 12] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-modified-since",
    "if-none-match",
    "range",
    "te",
    "transfer-encoding",
    "user-agent",
];
/// Headers at most.
const MAX_HEADERS: usize = 20;
/// Bytes of the value of a header.
pub const MAX_HEADER_VALUE_BYTES: usize = 8 << 10;

/// See the module. Sealed where it is stored.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRequest {
    /// In place of Gleaner's own.
    pub user_agent: Option<String>,
    /// Name and password (RFC 7617).
    pub basic_auth: Option<(String, String)>,
    /// The value of the `Cookie` header.
    pub cookie: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

/// Tells nothing that is secret.
impl fmt::Debug for FeedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedRequest").finish_non_exhaustive()
    }
}

impl FeedRequest {
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The first field that no request can carry, with the reason.
    ///
    /// # Errors
    /// The field and a sentence.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        for (field, value) in [("user_agent", &self.user_agent), ("cookie", &self.cookie)] {
            if value.as_deref().is_some_and(|value| !is_value(value)) {
                return Err((field, "The value has a line break, or is too long.".to_owned()));
            }
        }
        if self.basic_auth.as_ref().is_some_and(|(name, password)| {
            name.is_empty() || name.contains(':') || name.len() + password.len() > MAX_HEADER_VALUE_BYTES
        }) {
            return Err(("username", "A user name is not empty and has no colon.".to_owned()));
        }
        if self.headers.len() > MAX_HEADERS {
            return Err(("headers", format!("At most {MAX_HEADERS} headers can be sent.")));
        }
        for (name, value) in &self.headers {
            let is_name = HeaderName::from_bytes(name.as_bytes()).is_ok();
            if !is_name || OWN_HEADERS.contains(&&*name.to_ascii_lowercase()) {
                return Err(("headers", format!("“{}” cannot be set as a header.", name.escape_debug())));
            }
            if !is_value(value) {
                return Err(("headers", format!("The value of {name} has a line break, or is too long.")));
            }
        }
        Ok(())
    }

    /// What an answer must not repeat where it is kept.
    pub(super) fn secrets(&self) -> Vec<String> {
        let (mut secrets, encoded) = (Vec::new(), self.encoded_basic_auth());
        secrets.extend(encoded);
        secrets.extend(self.basic_auth.iter().map(|(_, password)| password.clone()));
        secrets
            .extend(self.cookie.iter().flat_map(|cookie| cookie.split(['=', ';'])).map(|part| part.trim().to_owned()));
        secrets.extend(self.headers.iter().map(|(_, value)| value.clone()));
        secrets
    }

    fn encoded_basic_auth(&self) -> Option<String> {
        self.basic_auth.as_ref().map(|(name, password)| STANDARD.encode(format!("{name}:{password}")))
    }

    /// Adds all of it to a request.
    pub(super) fn add_to(&self, mut request: RequestBuilder) -> RequestBuilder {
        let named = [
            (USER_AGENT, self.user_agent.clone()),
            (AUTHORIZATION, self.encoded_basic_auth().map(|encoded| format!("Basic {encoded}"))),
            (COOKIE, self.cookie.clone()),
        ];
        let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let others = self.headers.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.clone())));
        for (name, value) in named.chain(others) {
            if let Ok(mut value) = HeaderValue::from_str(&value) {
                value.set_sensitive(true);
                request = request.header(name, value);
            }
        }
        request
    }
}

/// Scheme, host and port.
pub fn origin(url: &FeedUrl) -> String {
    url.as_url().origin().ascii_serialization()
}

fn is_value(value: &str) -> bool {
    value.len() <= MAX_HEADER_VALUE_BYTES && HeaderValue::from_str(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::FeedRequest;

    #[test]
    fn what_no_request_can_carry_is_refused() {
        let headers = |name: &str, value: &str| FeedRequest {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..FeedRequest::default()
        };
        let basic = |name: &str| FeedRequest {
            basic_auth: Some((name.to_owned(), "secret".to_owned())),
            ..FeedRequest::default()
        };
        for (request, field) in [
            (headers("X-Token", "a b"), None),
            (headers("Host", "example.org"), Some("headers")),
            (headers("if-none-match", "x"), Some("headers")),
            (headers("X Token", "x"), Some("headers")),
            (headers("X-Token", "a\nX-B: b"), Some("headers")),
            (basic("me"), None),
            (basic("m:e"), Some("username")),
            (FeedRequest { cookie: Some("a=b\r\nc: d".into()), ..FeedRequest::default() }, Some("cookie")),
            (FeedRequest { user_agent: Some("x\n".into()), ..FeedRequest::default() }, Some("user_agent")),
        ] {
            assert_eq!(request.validate().err().map(|(field, _)| field), field, "{}", request.headers.len());
        }
        assert!(!format!("{:?}", basic("me")).contains("secret"), "nothing secret is logged");
    }
}
