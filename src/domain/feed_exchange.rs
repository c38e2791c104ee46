//! The last checks of a feed as they went over the network: what was sent, answered and decided.

use super::{
    feed_schedule::{CheckReason, ScheduledCheck},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Exchanges that are kept of a feed.
pub const MAX_FEED_EXCHANGES: i64 = 5;

/// What was sent and answered, without anything secret; bounded.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// The address of the last request.
    pub url: String,
    /// The redirects before it: status and target.
    pub redirects: Vec<String>,
    /// Headers that were sent; of secret ones only the names.
    pub request_headers: Vec<(String, String)>,
    /// The status of the answer; `None`: none came.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub response_headers: Vec<(String, String)>,
    /// Bytes of the body, decompressed.
    pub body_bytes: Option<i64>,
    /// Time of the requests, without the wait for the host's turn.
    pub milliseconds: i64,
}

/// A check of a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedExchange {
    /// When.
    pub at: Timestamp,
    /// What was sent and answered.
    pub record: ExchangeRecord,
    /// What came of it, as sentences.
    pub decision: String,
    /// The check that was planned then; `None`: none.
    pub next: Option<ScheduledCheck>,
}

impl ExchangeRecord {
    /// The first header of the answer with one of these names (in lower case), as `name: value`.
    fn find_header(&self, names: &[&str]) -> Option<String> {
        let found = names.iter().find_map(|name| self.response_headers.iter().find(|(known, _)| known == name));
        found.map(|(name, value)| format!("{name}: {value}"))
    }
}

impl FeedExchange {
    /// Status, size and time: `200 · 4.2 kB · 130 ms`.
    pub fn facts(&self) -> String {
        let status = self.record.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let bytes = self.record.body_bytes.map(|bytes| format!(" · {}", super::humanize::format_bytes(bytes)));
        format!("{status}{} · {} ms", bytes.unwrap_or_default(), self.record.milliseconds)
    }

    /// Why the next check comes when it comes, as the end of a sentence; it names the header that decided.
    pub fn next_reason(&self) -> String {
        let Some(next) = self.next else {
            return "the feed is gone, so it is not checked by itself any more".to_owned();
        };
        let header = match next.reason {
            CheckReason::Freshness => self.record.find_header(&["cache-control", "expires"]),
            CheckReason::RetryAfter => self.record.find_header(&["retry-after"]),
            _ => None,
        };
        header.map_or_else(
            || next.reason.describe(next.interval),
            |header| format!("because the publisher sent {header}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{ExchangeRecord, FeedExchange};
    use crate::domain::{
        feed_schedule::{CheckReason, ScheduledCheck},
        time::Timestamp,
    };

    #[test]
    fn reasons_name_the_header_that_decided() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let headers = [("etag", "x"), ("cache-control", "max-age=7200"), ("retry-after", "120")];
        for (reason, response_headers, expected) in [
            (
                CheckReason::Freshness,
                headers.map(pair).to_vec(),
                "because the publisher sent cache-control: max-age=7200",
            ),
            (CheckReason::RetryAfter, headers.map(pair).to_vec(), "because the publisher sent retry-after: 120"),
            (CheckReason::Settings, headers.map(pair).to_vec(), "every 2 hours, as set in the settings"),
            (CheckReason::RetryAfter, Vec::new(), "after 2 hours, because the server asked for this pause"),
        ] {
            let record = ExchangeRecord { response_headers, ..ExchangeRecord::default() };
            let next = Some(ScheduledCheck { at: Timestamp(7_200), interval: 7_200, reason });
            let exchange = FeedExchange { at: Timestamp(0), record, decision: String::new(), next };
            assert_eq!(exchange.next_reason(), expected);
        }
    }
}
