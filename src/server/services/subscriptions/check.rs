//! Checking a feed: fetches its document and plans what to store of it. Nothing is stored here.

use super::document::{DocumentPlan, parse_document, plan_document};
use crate::{
    domain::{
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_url::FeedUrl,
        time::Timestamp,
    },
    error::AppError,
    server::{
        feed::fetch::{FetchError, FetchResponse, ResponseMetadata},
        state::App,
        storage::checks::FeedSource,
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
    None { validators: Validators },
    Document {
        body_hash: Vec<u8>,
        /// What is to be stored of it; an error when the database could not be read.
        plan: Result<DocumentPlan, AppError>,
    },
}

/// Asks a feed's server, conditionally, and reads the answer.
#[tracing::instrument(name = "subscriptions.check.check_feed", level = "debug", skip_all, fields(feed = %source.id))]
pub async fn check_feed(app: &App, source: FeedSource) -> FeedCheck {
    let at = app.clock.now();
    let result = fetch_and_parse(app, &source, at).await;
    app.metrics.record_feed_check(match &result {
        Ok(FetchedUpdate { news: FeedUpdate::Document { .. }, .. }) => "changed",
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
            let document = parse_document(app, document).await?;
            let plan = plan_document(app, source.id, document).await;
            Ok(FetchedUpdate { fetched, news: FeedUpdate::Document { body_hash, plan } })
        }
    }
}

/// sha256 of a decoded body.
pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}
