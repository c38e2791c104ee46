//! Checking a feed: fetches its document and plans what to store of it. Nothing is stored here.

use super::{
    document::{DocumentPlan, hash_body, parse_document, plan_document},
    reading_record::ReadingRecord,
};
use crate::{
    domain::{
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_exchange::ExchangeRecord,
        time::Timestamp,
    },
    error::AppError,
    server::{
        feed::fetch::{FetchError, FetchResponse, FetchedDocument, ResponseMetadata},
        services::feed_requests,
        state::App,
        storage::checks::FeedSource,
    },
};
use std::sync::Arc;

/// The result of a check.
#[derive(Debug)]
pub struct FeedCheck {
    /// The feed as it was before.
    pub source: FeedSource,
    /// When it was checked.
    pub at: Timestamp,
    /// What the server sent, or why the check failed.
    pub result: Result<FetchedUpdate, FetchError>,
    /// What was sent and answered; `None`: nothing was sent.
    pub exchange: Option<ExchangeRecord>,
}

impl FeedCheck {
    /// Whether the host asked for a pause.
    pub fn asks_for_pause(&self) -> bool {
        self.result.as_ref().is_err_and(|error| error.host_paused_until.is_some() || error.retry_after.is_some())
    }
}

/// The result of a successful check.
#[derive(Debug)]
pub struct FetchedUpdate {
    pub fetched: ResponseMetadata,
    pub news: FeedUpdate,
}

/// What is new of a feed.
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

/// How a feed is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMode {
    /// Conditionally, and not during a pause that its server asked for.
    Conditional,
    /// Unconditionally, also during such a pause.
    Forced,
}

/// Fetches a feed conditionally and plans what to store of it.
pub async fn check_feed(app: &App, source: FeedSource) -> FeedCheck {
    check_feed_as(app, source, CheckMode::Conditional).await
}

/// Fetches a feed in the given mode and plans what to store of it.
#[tracing::instrument(name = "subscriptions.check.check_feed_as", level = "debug", skip_all, fields(feed = %source.id, ?mode))]
pub async fn check_feed_as(app: &App, source: FeedSource, mode: CheckMode) -> FeedCheck {
    let mut exchange = None;
    let result = fetch_and_parse(app, &source, mode, &mut exchange).await;
    let at = app.clock.now();
    if let Err(FetchError { host_paused_until: Some(_), .. }) = &result {
        return FeedCheck { source, at, result, exchange };
    }
    app.metrics.record_feed_check(match &result {
        Ok(FetchedUpdate { news: FeedUpdate::Document { .. }, .. }) => "changed",
        Ok(_) => "unchanged",
        Err(_) => "failed",
    });
    FeedCheck { source, at, result, exchange }
}

async fn fetch_and_parse(
    app: &App,
    source: &FeedSource,
    mode: CheckMode,
    exchange: &mut Option<ExchangeRecord>,
) -> Result<FetchedUpdate, FetchError> {
    let now = app.clock.now();
    let url = &source.url;
    if url.is_unreadable() {
        return Err(
            FeedError::new(FeedErrorKind::BadAddress, "The stored address of this feed is not a valid URL.").into()
        );
    }
    // Without what it carries a request would be refused, and the refusal taken for a failure of the feed.
    let request = feed_requests::load_request(app, source.id).await.map_err(|error| {
        FeedError::new(
            FeedErrorKind::Transfer,
            format!("What is stored for requests of this feed could not be read: {error}"),
        )
    })?;
    let validators = (mode == CheckMode::Conditional).then_some(&source.validators);
    let (response, record) = app.feed_client.exchange(url, validators, now, request.as_ref()).await;
    *exchange = record;
    match response? {
        FetchResponse::Unchanged(fetched) => {
            let validators = source.validators.updated_by(fetched.validators.clone());
            Ok(FetchedUpdate { fetched, news: FeedUpdate::None { validators } })
        }
        FetchResponse::Document(fetched, document) => {
            let document = Arc::new(document);
            let body_hash = hash_body(app, &document).await?;
            if mode == CheckMode::Conditional && source.body_hash.as_ref() == Some(&body_hash) {
                let validators = fetched.validators.clone();
                return Ok(FetchedUpdate { fetched, news: FeedUpdate::None { validators } });
            }
            let plan = read_document(app, source, document).await?;
            Ok(FetchedUpdate { fetched, news: FeedUpdate::Document { body_hash, plan } })
        }
    }
}

/// Parses a document and plans what to store of it. Meanwhile the feed is recorded in the database, so that a document that crashes
/// the process can be identified; a feed that crashed it before is parsed with no other at the same time.
async fn read_document(
    app: &App,
    source: &FeedSource,
    document: Arc<FetchedDocument>,
) -> Result<Result<DocumentPlan, AppError>, FeedError> {
    let record = match ReadingRecord::begin(app, source).await {
        Ok(record) => record,
        Err(error) => return Ok(Err(error)),
    };
    let plan = match parse_document(app, document).await {
        Ok(document) => Ok(plan_document(app, source, document).await),
        Err(problem) => Err(problem),
    };
    record.end().await;
    plan
}
