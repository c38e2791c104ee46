//! Whether feeds can be fetched: a few of them, from different servers, requested conditionally. Nothing is stored.

use crate::{
    domain::{
        diagnostics::{DiagnosticCheck, DiagnosticResult},
        humanize::format_count,
        time::Timestamp,
    },
    server::{
        services::subscriptions,
        state::App,
        storage::checks::{self, FeedSource},
    },
};
use std::collections::BTreeSet;

/// Maximum feeds that are checked: enough to tell a failure of the network from that of one feed.
const FEED_SAMPLE_SIZE: usize = 5;

/// Checks a sample of the feeds. `database_opens`: whether the list of feeds can be read.
pub(super) async fn check_feeds(app: &App, database_opens: bool) -> DiagnosticResult {
    if !database_opens {
        return DiagnosticResult::skipped(DiagnosticCheck::Feeds, "Skipped: the database cannot be opened.");
    }
    let all = match checks::list_due(&app.db.read, Timestamp(i64::MAX)).await {
        Ok(all) => all,
        Err(cause) => {
            tracing::error!(%cause, "the feeds cannot be read");
            return DiagnosticResult::fail(
                DiagnosticCheck::Feeds,
                "The list of feeds cannot be read.",
                "`gleaner db check` examines the file.",
            );
        }
    };
    if all.is_empty() {
        return DiagnosticResult::ok(DiagnosticCheck::Feeds, "No feeds yet.");
    }
    let chosen = select_sample(all, app.clock.now());
    if chosen.is_empty() {
        return DiagnosticResult::ok(
            DiagnosticCheck::Feeds,
            "All feed servers asked for a longer pause; no feed was checked.",
        );
    }
    let checked = chosen.len();
    let findings =
        futures::future::join_all(chosen.into_iter().map(|source| subscriptions::check_feed(app, source))).await;
    let problems: Vec<String> = findings
        .iter()
        .filter_map(|f| f.result.as_ref().err().map(|failure| failure.problem.message.clone()))
        .collect();
    classify_failures(checked, &problems)
}

/// The first that are due, one for each server, without those that asked for a pause.
fn select_sample(all: Vec<FeedSource>, now: Timestamp) -> Vec<FeedSource> {
    let mut servers = BTreeSet::new();
    let is_allowed = |source: &FeedSource| source.not_before.is_none_or(|moment| moment <= now);
    all.into_iter()
        .filter(is_allowed)
        .filter(|source| servers.insert(source.url.authority()))
        .take(FEED_SAMPLE_SIZE)
        .collect()
}

/// Some failures are a warning; when all feeds fail, the cause is likely on this machine.
fn classify_failures(checked: usize, problems: &[String]) -> DiagnosticResult {
    let of = format_count(i64::try_from(checked).unwrap_or(i64::MAX), "feed", "feeds");
    let Some(first) = problems.first() else {
        return DiagnosticResult::ok(DiagnosticCheck::Feeds, format!("{of} checked, all responded."));
    };
    if problems.len() < checked {
        return DiagnosticResult::warn(
            DiagnosticCheck::Feeds,
            format!("{of} checked, {} failed: {first}", problems.len()),
            "See `gleaner feeds list` and the page of the feed. Gleaner retries automatically.",
        );
    }
    DiagnosticResult::fail(
        DiagnosticCheck::Feeds,
        format!("{of} checked, none responded: {first}"),
        "Is this machine connected, can it resolve names, does a firewall let it out? Feeds at private addresses need \
         fetch.allow_networks.",
    )
}

#[cfg(test)]
mod tests {
    use super::classify_failures;
    use crate::domain::diagnostics::DiagnosticOutcome;

    #[test]
    fn one_feed_is_not_the_network() {
        let bad = |count: usize| vec!["Nothing answers.".to_owned(); count];
        for (asked, failed, outcome) in [
            (1, 0, DiagnosticOutcome::Ok),
            (5, 1, DiagnosticOutcome::Warn),
            (5, 4, DiagnosticOutcome::Warn),
            (5, 5, DiagnosticOutcome::Fail),
            (1, 1, DiagnosticOutcome::Fail),
        ] {
            assert_eq!(classify_failures(asked, &bad(failed)).outcome, outcome, "{failed} of {asked}");
        }
    }
}
