//! Checking a feed: ask its server, read what comes. Nothing is stored here.

use super::entries;
use crate::{
    domain::{
        feed_check::Validators,
        feed_problem::{Problem, ProblemKind},
        feed_schedule::Hints,
        time::Timestamp,
        url::FeedUrl,
    },
    server::{
        feed::{
            fetch::{Answer, Document, Failure, Fetched},
            parse,
        },
        state::App,
        storage::{checks::Source, entries::Entry},
    },
};
use sha2::{Digest, Sha256};

/// What a check came to.
#[derive(Debug)]
pub struct Finding {
    pub source: Source,
    pub at: Timestamp,
    pub result: Result<Found, Failure>,
}

/// A check that went well.
#[derive(Debug)]
pub struct Found {
    pub fetched: Fetched,
    pub news: News,
}

/// What it brought.
#[derive(Debug)]
pub enum News {
    /// The server said that nothing changed, or sent the same body again.
    None {
        validators: Validators,
    },
    Feed {
        body_hash: Vec<u8>,
        feed: ReadFeed,
    },
}

/// A feed read and cleaned, ready to be stored.
#[derive(Debug)]
pub struct ReadFeed {
    pub title: String,
    pub site_url: Option<String>,
    pub hints: Hints,
    pub entries: Vec<Entry>,
}

/// Asks a feed's server, conditionally, and reads the answer.
pub async fn check(app: &App, source: Source) -> Finding {
    let at = app.clock.now();
    let result = look(app, &source, at).await;
    app.meters.checked(match &result {
        Ok(Found { news: News::Feed { .. }, .. }) => "changed",
        Ok(_) => "unchanged",
        Err(_) => "failed",
    });
    Finding { source, at, result }
}

async fn look(app: &App, source: &Source, now: Timestamp) -> Result<Found, Failure> {
    let url = FeedUrl::parse(&source.url).map_err(|e| Problem::new(ProblemKind::BadAddress, e.to_string()))?;
    match app.fetch.get(&url, &source.validators, now).await? {
        Answer::Unchanged(fetched) => {
            let validators = source.validators.updated_by(fetched.validators.clone());
            Ok(Found { fetched, news: News::None { validators } })
        }
        Answer::Document(fetched, document) => {
            let body_hash = hash(&document.bytes);
            if source.body_hash.as_ref() == Some(&body_hash) {
                let validators = fetched.validators.clone();
                return Ok(Found { fetched, news: News::None { validators } });
            }
            let feed = read(document).await?;
            Ok(Found { fetched, news: News::Feed { body_hash, feed } })
        }
    }
}

/// sha256 of a decoded body.
pub(super) fn hash(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Parses and cleans on the pool for long computations, so that pages stay quick.
pub(super) async fn read(document: Document) -> Result<ReadFeed, Problem> {
    tokio::task::spawn_blocking(move || {
        let base = document.url.as_url();
        let feed = parse::parse(&document.bytes, document.content_type.as_deref(), base)?;
        if feed.is_empty() {
            return Err(Problem::new(ProblemKind::Empty, "The feed is empty: it has neither a title nor entries."));
        }
        Ok(ReadFeed {
            entries: entries::prepare(&feed, base),
            title: feed.title,
            site_url: feed.site.filter(|s| s.starts_with("http://") || s.starts_with("https://")),
            hints: feed.hints,
        })
    })
    .await
    .unwrap_or_else(|_| Err(Problem::new(ProblemKind::NotAFeed, "The feed could not be read.")))
}
