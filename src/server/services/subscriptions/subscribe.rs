//! Subscribing: by the feed's own address, or by that of a site that offers one.

use super::{
    check::{FeedCheck, FeedUpdate, FetchedUpdate},
    discovery::{FetchedFeed, FetchedResource, candidate, fetch_address, find_offered_feeds, parse_address},
    document::plan_document,
    folders,
    store::store_checks,
};
use crate::{
    domain::{
        feed::{FeedCandidate, FeedState, SubscribeOutcome},
        feed_check::Validators,
        feed_request_summary::FeedRequestInput,
        feed_schedule::FeedScheduleHints,
        feed_url::FeedUrl,
        full_text::FullTextChoice,
        ids::{FeedId, FolderId},
    },
    error::AppError,
    server::{
        feed::fetch::{FetchedDocument, OriginRequest, origin},
        services::feed_requests,
        state::App,
        storage::{self, checks::FeedSource},
    },
};
use std::sync::Arc;

/// What a request to subscribe led to.
enum Subscription {
    New(FeedId),
    Known(FeedId, FeedUrl),
    Candidates(Vec<FeedCandidate>),
}

/// As [`subscribe_with`], with requests that carry nothing of the reader's.
pub async fn subscribe(app: &App, address: &str, folder: Option<FolderId>) -> Result<SubscribeOutcome, AppError> {
    subscribe_with(app, address, folder, FeedRequestInput::default()).await
}

/// Subscribes to the feed at `address`, or to the one a site at that address offers; several are offered for choice. `input` is sent
/// to the origin of the address only, and stored with a feed of that origin.
/// Errors: 422 with the reason when it is no feed, 409 when already subscribed, 404 for the folder.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe", level = "debug", skip_all)]
pub async fn subscribe_with(
    app: &App,
    address: &str,
    folder: Option<FolderId>,
    input: FeedRequestInput,
) -> Result<SubscribeOutcome, AppError> {
    match find_or_subscribe(app, address, folder, input).await? {
        Subscription::New(id) => Ok(SubscribeOutcome::Added(id)),
        Subscription::Known(_, url) => Err(already_subscribed(&url)),
        Subscription::Candidates(candidates) => Ok(SubscribeOutcome::Candidates(candidates)),
    }
}

/// As [`subscribe`], for readers that cannot choose: of several feeds that a page offers the first, and a feed that is subscribed
/// already as it is.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe_to_first", level = "debug", skip_all)]
pub async fn subscribe_to_first(app: &App, address: &str, folder: Option<FolderId>) -> Result<FeedId, AppError> {
    let none = FeedRequestInput::default;
    let candidates = match find_or_subscribe(app, address, folder, none()).await? {
        Subscription::New(id) | Subscription::Known(id, _) => return Ok(id),
        Subscription::Candidates(candidates) => candidates,
    };
    let first = candidates.first().ok_or_else(AppError::internal)?;
    match find_or_subscribe(app, first.url.as_str(), folder, none()).await? {
        Subscription::New(id) | Subscription::Known(id, _) => Ok(id),
        Subscription::Candidates(_) => Err(AppError::invalid("The page offers feeds that are pages themselves.")),
    }
}

async fn find_or_subscribe(
    app: &App,
    address: &str,
    folder: Option<FolderId>,
    input: FeedRequestInput,
) -> Result<Subscription, AppError> {
    if let Some(folder) = folder {
        folders::load_folder(app, folder).await?;
    }
    let url = parse_address(address)?;
    if let Some(known) = storage::feeds::find_id(&app.db.read, &url).await? {
        return Ok(Subscription::Known(known, url));
    }
    let request = feed_requests::for_origin_of(&url, input)?;
    let request = request.as_ref();
    match fetch_address(app, address, &url, request).await? {
        FetchedResource::Feed(ready) => add_subscription(app, *ready, folder, request).await,
        FetchedResource::Page(page) => subscribe_from_page(app, page, folder, request).await,
    }
}

fn already_subscribed(url: &FeedUrl) -> AppError {
    AppError::conflict(format!("You are already subscribed to {url}."))
        .hint("Find it in the list of feeds.")
        .field("address")
}

async fn subscribe_from_page(
    app: &App,
    page: Arc<FetchedDocument>,
    folder: Option<FolderId>,
    request: Option<&OriginRequest>,
) -> Result<Subscription, AppError> {
    let mut found = find_offered_feeds(app, page, request).await?;
    if found.len() > 1 {
        let candidates = found.into_iter().map(|(offer, ready)| candidate(offer.title, &ready));
        return Ok(Subscription::Candidates(candidates.collect()));
    }
    let (_, ready) = found.pop().ok_or_else(AppError::internal)?;
    add_subscription(app, ready, folder, request).await
}

/// Subscribes to each of several feeds that a site offers; how many that were. One that fails keeps no other from being tried. `input`
/// is sent to the origin of `site` only.
///
/// # Errors
/// The kind and the way out of the first failure, with a sentence that tells how many there are and which the first is.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe_to_all", level = "debug", skip_all)]
pub async fn subscribe_to_all(
    app: &App,
    addresses: &[String],
    folder: Option<FolderId>,
    (site, input): (&str, &FeedRequestInput),
) -> Result<i64, AppError> {
    let (mut added, mut failed) = (0_i64, Vec::new());
    let origin_of = |address: &str| FeedUrl::parse(address).ok().map(|url| origin(&url));
    let site = origin_of(site);
    for address in addresses {
        let is_of_site = site.is_some() && origin_of(address) == site;
        let input = if is_of_site { input.clone() } else { FeedRequestInput::default() };
        match subscribe_with(app, address, folder, input).await {
            Ok(_) => added += 1,
            Err(error) => failed.push((address, error)),
        }
    }
    let Some((address, first)) = failed.first() else { return Ok(added) };
    let message = format!("{} of {} feeds could not be added. {address}: {first}", failed.len(), addresses.len());
    let error = AppError { message, ..first.clone() };
    Err(if added > 0 { error.hint("The other feeds were added.") } else { error })
}

async fn add_subscription(
    app: &App,
    ready: FetchedFeed,
    folder: Option<FolderId>,
    request: Option<&OriginRequest>,
) -> Result<Subscription, AppError> {
    let now = app.clock.now();
    let Some(id) = insert_feed(app, &ready, folder, request).await? else {
        let known = storage::feeds::find_id(&app.db.read, &ready.url).await?;
        return Ok(Subscription::Known(known.ok_or_else(|| already_subscribed(&ready.url))?, ready.url));
    };
    let source = FeedSource {
        id,
        url: ready.url.clone(),
        site_url: None,
        state: FeedState::New,
        validators: Validators::default(),
        body_hash: None,
        failures: 0,
        hints: FeedScheduleHints::default(),
        moved: None,
        not_before: None,
        crashes: 0,
        full_text: FullTextChoice::default(),
        own_interval: None,
    };
    let plan = plan_document(app, &source, ready.document).await;
    let found =
        FetchedUpdate { fetched: ready.fetched, news: FeedUpdate::Document { body_hash: ready.body_hash, plan } };
    store_checks(app, &[FeedCheck { source, at: now, result: Ok(found), exchange: ready.exchange }]).await?;
    Ok(Subscription::New(id))
}

/// Stores a feed with what its requests carry, if that is for its origin. `None`: its address is subscribed already.
async fn insert_feed(
    app: &App,
    ready: &FetchedFeed,
    folder: Option<FolderId>,
    request: Option<&OriginRequest>,
) -> Result<Option<FeedId>, AppError> {
    let feed = storage::feeds::NewFeed {
        url: &ready.url,
        site_url: None,
        title: &ready.document.metadata.title,
        custom_title: None,
        folder,
    };
    let mut tx = app.db.write().await?;
    let id = storage::feeds::insert(&mut tx, &feed, app.clock.now()).await?;
    if let (Some(id), Some(request)) = (id, request.filter(|(for_origin, _)| *for_origin == origin(&ready.url))) {
        feed_requests::store_request(&mut tx, id, request).await?;
    }
    tx.commit().await?;
    Ok(id)
}
