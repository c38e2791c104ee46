//! Records what was sent and answered: bounded, and without anything secret.

use super::feed_request::FeedRequest;
use crate::domain::{feed_exchange::ExchangeRecord, feed_url::FeedUrl};
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue, USER_AGENT},
};
use std::time::Duration;

/// Headers of one side that are kept.
const MAX_HEADERS: usize = 32;
/// Characters of a name, of a value and of an address that are kept.
const MAX_CHARS: usize = 200;
/// In place of a value that may be secret.
const NOT_KEPT: &str = "(not kept)";
/// Headers whose values are secrets, of requests and answers.
const SECRET_HEADERS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2"];
/// Bytes of a secret from which on it is looked for in the values of an answer.
const MIN_SECRET_BYTES: usize = 4;

/// A record that is being made.
#[derive(Default)]
pub(super) struct ExchangeRecorder {
    record: ExchangeRecord,
    /// What the answer must not repeat.
    secrets: Vec<String>,
}

impl ExchangeRecorder {
    /// Notes a request before it is sent. `user_agent`: the client's, which it adds itself.
    pub fn begin(&mut self, url: &FeedUrl, headers: &HeaderMap, user_agent: &str, own: Option<&FeedRequest>) {
        self.secrets = own.map(FeedRequest::secrets).unwrap_or_default();
        self.secrets.retain(|secret| secret.len() >= MIN_SECRET_BYTES);
        let mut sent = self.keep(headers);
        if !headers.contains_key(USER_AGENT) {
            sent.push((USER_AGENT.as_str().to_owned(), shorten(user_agent)));
        }
        let redirects = std::mem::take(&mut self.record.redirects);
        let milliseconds = self.record.milliseconds;
        let url = shorten(url.as_str());
        self.record =
            ExchangeRecord { url, redirects, request_headers: sent, milliseconds, ..ExchangeRecord::default() };
    }

    /// Notes the head of the answer.
    pub fn answer(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.record.status = Some(status.as_u16());
        self.record.response_headers = self.keep(headers);
    }

    /// Notes a redirect that is followed.
    pub fn redirect(&mut self, target: &FeedUrl) {
        let status = self.record.status.map(|status| status.to_string()).unwrap_or_default();
        self.record.redirects.push(format!("{status} {}", shorten(target.as_str())));
    }

    /// Notes the length of the decompressed body.
    pub fn body(&mut self, bytes: usize) {
        self.record.body_bytes = i64::try_from(bytes).ok();
    }

    /// Adds the time of a request.
    pub fn add_time(&mut self, time: Duration) {
        let spent = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.record.milliseconds = self.record.milliseconds.saturating_add(spent);
    }

    /// What was recorded; `None` when nothing was sent.
    pub fn finish(self) -> Option<ExchangeRecord> {
        Some(self.record).filter(|record| !record.url.is_empty())
    }

    fn keep(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let kept = headers.iter().take(MAX_HEADERS).map(|(name, value)| {
            let is_secret = value.is_sensitive() || SECRET_HEADERS.contains(&name.as_str());
            let value = if is_secret { NOT_KEPT.to_owned() } else { self.keep_value(value) };
            (shorten(name.as_str()), value)
        });
        kept.collect()
    }

    /// A value that repeats a secret is not kept either.
    fn keep_value(&self, value: &HeaderValue) -> String {
        let text = String::from_utf8_lossy(value.as_bytes());
        let repeats = self.secrets.iter().any(|secret| text.contains(secret.as_str()));
        if repeats { NOT_KEPT.to_owned() } else { shorten(&text) }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
