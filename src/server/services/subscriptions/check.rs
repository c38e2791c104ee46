//! Checking a feed: ask its server, read what comes. Nothing is stored here.

use crate::server::services::subscriptions::articles;
use crate::{
    domain::{
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_schedule::FeedScheduleHints,
        feed_url::FeedUrl,
        time::Timestamp,
    },
    server::{
        feed::{
            fetch::{FetchError, FetchResponse, FetchedDocument, ResponseMetadata},
            parse,
        },
        state::App,
        storage::{checks::FeedSource, ingest::PreparedArticle},
    },
};
use sha2::{Digest, Sha256};

/// What a check came to.
#[derive(Debug)]
pub struct FeedCheck {
    /// The feed as it was before.
    pub source: FeedSource,
    /// When it was checked.
    pub at: Timestamp,
    /// What the server gave, or why nothing.
    pub result: Result<FetchedUpdate, FetchError>,
}

/// A check that went well.
#[derive(Debug)]
pub struct FetchedUpdate {
    pub fetched: ResponseMetadata,
    pub news: FeedUpdate,
}

/// What it brought.
#[derive(Debug)]
pub enum FeedUpdate {
    /// The server said that nothing changed, or sent the same body again.
    None {
        validators: Validators,
    },
    Feed {
        body_hash: Vec<u8>,
        feed: PreparedFeed,
    },
}

/// A feed read and cleaned, ready to be stored.
#[derive(Debug)]
pub struct PreparedFeed {
    pub title: String,
    pub site_url: Option<String>,
    pub hints: FeedScheduleHints,
    pub entries: Vec<PreparedArticle>,
}

/// Asks a feed's server, conditionally, and reads the answer.
pub async fn check_feed(app: &App, source: FeedSource) -> FeedCheck {
    let at = app.clock.now();
    let result = fetch_and_parse(app, &source, at).await;
    app.metrics.record_feed_check(match &result {
        Ok(FetchedUpdate { news: FeedUpdate::Feed { .. }, .. }) => "changed",
        Ok(_) => "unchanged",
        Err(_) => "failed",
    });
    FeedCheck { source, at, result }
}

async fn fetch_and_parse(app: &App, source: &FeedSource, now: Timestamp) -> Result<FetchedUpdate, FetchError> {
    let url = FeedUrl::parse(&source.url).map_err(|e| FeedError::new(FeedErrorKind::BadAddress, e.to_string()))?;
    match app.feed_client.get(&url, &source.validators, now).await? {
        FetchResponse::Unchanged(fetched) => {
            let validators = source.validators.updated_by(fetched.validators.clone());
            Ok(FetchedUpdate { fetched, news: FeedUpdate::None { validators } })
        }
        FetchResponse::Document(fetched, document) => {
            let body_hash = sha256(&document.bytes);
            if source.body_hash.as_ref() == Some(&body_hash) {
                let validators = fetched.validators.clone();
                return Ok(FetchedUpdate { fetched, news: FeedUpdate::None { validators } });
            }
            let feed = parse_document(document).await?;
            Ok(FetchedUpdate { fetched, news: FeedUpdate::Feed { body_hash, feed } })
        }
    }
}

/// sha256 of a decoded body.
pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Parses and cleans on the pool for long computations, so that pages stay quick.
pub(super) async fn parse_document(document: FetchedDocument) -> Result<PreparedFeed, FeedError> {
    tokio::task::spawn_blocking(move || {
        let base = document.url.as_url();
        let feed = parse::parse(&document.bytes, document.content_type.as_deref(), base)?;
        if feed.is_empty() {
            return Err(FeedError::new(FeedErrorKind::Empty, "The feed is empty: it has neither a title nor entries."));
        }
        Ok(PreparedFeed {
            entries: articles::prepare_articles(&feed, base),
            title: feed.title,
            site_url: feed.site.filter(|s| s.starts_with("http://") || s.starts_with("https://")),
            hints: feed.hints,
        })
    })
    .await
    .unwrap_or_else(|_| Err(FeedError::new(FeedErrorKind::NotAFeed, "The feed could not be read.")))
}
