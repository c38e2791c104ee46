//! Whether feeds can be fetched: a few of them, from different servers, asked conditionally. Nothing is stored.

use crate::{
    domain::{
        checkup::{Finding, Topic},
        phrase::counted,
        time::Timestamp,
        url::FeedUrl,
    },
    server::{
        services::subscriptions,
        state::App,
        storage::checks::{self, Source},
    },
};
use std::collections::BTreeSet;

/// Enough to tell a dead network from a dead feed, and no burden to anybody.
const SAMPLE: usize = 5;

/// Asks a sample. `database_opens`: whether it is known which feeds there are.
pub(super) async fn sample(app: &App, database_opens: bool) -> Finding {
    if !database_opens {
        return Finding::skipped(Topic::Feeds, "Not looked at: the database cannot be opened.");
    }
    let all = match checks::due(&app.db.read, Timestamp(i64::MAX)).await {
        Ok(all) => all,
        Err(cause) => {
            tracing::error!(%cause, "the feeds cannot be read");
            return Finding::fail(
                Topic::Feeds,
                "The list of feeds cannot be read.",
                "`gleaner db check` examines the file.",
            );
        }
    };
    if all.is_empty() {
        return Finding::ok(Topic::Feeds, "No feeds yet.");
    }
    let chosen = choose(all, app.clock.now());
    if chosen.is_empty() {
        return Finding::ok(Topic::Feeds, "All servers of feeds asked to be left alone for a while; none was asked.");
    }
    let asked = chosen.len();
    let findings = futures::future::join_all(chosen.into_iter().map(|source| subscriptions::check(app, source))).await;
    let problems: Vec<String> = findings
        .iter()
        .filter_map(|f| f.result.as_ref().err().map(|failure| failure.problem.message.clone()))
        .collect();
    judge(asked, &problems)
}

/// The first that are due, one for each server, without those that asked for a pause.
fn choose(all: Vec<Source>, now: Timestamp) -> Vec<Source> {
    let mut servers = BTreeSet::new();
    let free = |source: &Source| source.not_before.is_none_or(|moment| moment <= now);
    all.into_iter().filter(free).filter(|source| servers.insert(server(source))).take(SAMPLE).collect()
}

/// Host and port; `None` for an address that cannot be read, which its check then says.
fn server(source: &Source) -> Option<(String, Option<u16>)> {
    let url = FeedUrl::parse(&source.url).ok()?;
    Some((url.as_url().host_str()?.to_owned(), url.as_url().port_or_known_default()))
}

/// One feed that fails is the feed's trouble; all of them are ours.
fn judge(asked: usize, problems: &[String]) -> Finding {
    let of = counted(i64::try_from(asked).unwrap_or(i64::MAX), "feed", "feeds");
    let Some(first) = problems.first() else {
        return Finding::ok(Topic::Feeds, format!("{of} asked, all answered."));
    };
    if problems.len() < asked {
        return Finding::warn(
            Topic::Feeds,
            format!("{of} asked, {} failed: {first}", problems.len()),
            "`gleaner feeds list` and the page of the feed tell more. Feeds come and go; it is tried again by itself.",
        );
    }
    Finding::fail(
        Topic::Feeds,
        format!("{of} asked, none answered: {first}"),
        "Is this machine connected, can it resolve names, does a firewall let it out? Feeds at private addresses need \
         fetch.allow_networks.",
    )
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::domain::checkup::Outcome;

    #[test]
    fn one_feed_is_not_the_network() {
        let bad = |count: usize| vec!["Nothing answers.".to_owned(); count];
        for (asked, failed, outcome) in [
            (1, 0, Outcome::Ok),
            (5, 1, Outcome::Warn),
            (5, 4, Outcome::Warn),
            (5, 5, Outcome::Fail),
            (1, 1, Outcome::Fail),
        ] {
            assert_eq!(judge(asked, &bad(failed)).outcome, outcome, "{failed} of {asked}");
        }
    }
}
