//! Subscribing: by the feed's own address, or by that of a site that offers one.

use super::{
    check::{self, FeedCheck, FeedUpdate, FetchedUpdate},
    document::{ParsedDocument, parse_document, plan_document},
    folders,
    store::{app_error_from, store_checks},
};
use crate::{
    domain::{
        feed::{FeedCandidate, FeedState, SubscribeOutcome},
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_schedule::FeedScheduleHints,
        feed_url::FeedUrl,
        ids::{FeedId, FolderId},
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::{
            discover::{self, DiscoveredFeed},
            fetch::{FetchResponse, FetchedDocument, ResponseMetadata},
            parse::charset,
        },
        state::App,
        storage::{self, checks::FeedSource},
    },
};
use futures::{StreamExt, stream};

/// Feeds of one page that are looked at together.
const DISCOVERY_CONCURRENCY: usize = 4;

/// A feed that was fetched and read.
struct FetchedFeed {
    url: FeedUrl,
    fetched: ResponseMetadata,
    body_hash: Vec<u8>,
    document: ParsedDocument,
}

/// What lies at an address.
enum FetchedResource {
    Feed(Box<FetchedFeed>),
    Page { url: FeedUrl, html: String },
}

/// Subscribes to the feed at `address`, or to the one a site at that address offers; several are offered for choice.
/// Errors: 422 with the reason when it is no feed, 409 when already subscribed, 404 for the folder.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe", level = "debug", skip_all)]
pub async fn subscribe(app: &App, address: &str, folder: Option<FolderId>) -> Result<SubscribeOutcome, AppError> {
    if let Some(folder) = folder {
        folders::load_folder(app, folder).await?;
    }
    let url = FeedUrl::parse(address).map_err(|e| {
        AppError::invalid(e.to_string())
            .hint("A URL looks like https://example.org/feed or example.org.")
            .field("address")
    })?;
    reject_if_subscribed(app, &url).await?;
    let lies = match fetch_resource(app, &url).await {
        // Nobody typed the s of https.
        Err(problem) if !address.contains("://") && is_connection_problem(&problem) => {
            let plain = FeedUrl::parse(&format!("http://{}", address.trim())).map_err(|_| address_error(&problem))?;
            fetch_resource(app, &plain).await.map_err(|_| address_error(&problem))?
        }
        lies => lies.map_err(|problem| address_error(&problem))?,
    };
    match lies {
        FetchedResource::Feed(ready) => add_subscription(app, *ready, folder).await,
        FetchedResource::Page { url, html } => subscribe_from_page(app, &url, html, folder).await,
    }
}

async fn reject_if_subscribed(app: &App, url: &FeedUrl) -> Result<(), AppError> {
    match storage::feeds::find_id(&app.db.read, url.as_str()).await? {
        Some(_) => Err(already_subscribed(url)),
        None => Ok(()),
    }
}

fn already_subscribed(url: &FeedUrl) -> AppError {
    AppError::conflict(format!("You are already subscribed to {url}."))
        .hint("Find it in the list of feeds.")
        .field("address")
}

fn address_error(problem: &FeedError) -> AppError {
    app_error_from(problem).field("address")
}

fn is_connection_problem(problem: &FeedError) -> bool {
    matches!(problem.kind, FeedErrorKind::Unreachable | FeedErrorKind::Tls | FeedErrorKind::Timeout)
}

async fn fetch_resource(app: &App, url: &FeedUrl) -> Result<FetchedResource, FeedError> {
    let answer = app.feed_client.get(url, &Validators::default(), app.clock.now()).await.map_err(|f| f.problem)?;
    let FetchResponse::Document(fetched, document) = answer else {
        return Err(FeedError::new(
            FeedErrorKind::Status,
            format!("{url} answered 304 (not modified) to an unconditional request."),
        ));
    };
    let FetchedDocument { url: landed, content_type, bytes } = document.clone();
    let body_hash = check::sha256(&bytes);
    match parse_document(app, document).await {
        Ok(document) => {
            let url = fetched.moved_to.clone().unwrap_or_else(|| url.clone());
            Ok(FetchedResource::Feed(Box::new(FetchedFeed { url, fetched, body_hash, document })))
        }
        Err(problem) if problem.kind == FeedErrorKind::WebPage => {
            let html = charset::decode(&bytes, content_type.as_deref()).into_owned();
            Ok(FetchedResource::Page { url: landed, html })
        }
        Err(problem) => Err(problem),
    }
}

async fn subscribe_from_page(
    app: &App,
    page: &FeedUrl,
    html: String,
    folder: Option<FolderId>,
) -> Result<SubscribeOutcome, AppError> {
    let offers = {
        let page = page.clone();
        app.parse_pool.run(ParseKind::Page, move || discover::discover_feeds(&html, &page)).await?
    };
    let mut found = fetch_discovered_feeds(app, offers).await;
    if found.is_empty() {
        found.extend(fetch_common_paths(app, page).await);
    }
    if found.len() > 1 {
        let candidates = found.into_iter().map(|(offer, ready)| FeedCandidate {
            url: ready.url.to_string(),
            items: i64::try_from(ready.document.item_count()).ok(),
            title: if ready.document.metadata.title.is_empty() { offer.title } else { ready.document.metadata.title },
        });
        return Ok(SubscribeOutcome::Candidates(candidates.collect()));
    }
    match found.pop() {
        Some((_, ready)) => add_subscription(app, ready, folder).await,
        None => Err(AppError::invalid(format!("{page} is a web page that offers no feed."))
            .hint("Look on the site for a link named RSS, Atom or Feed, and use its URL.")
            .field("address")),
    }
}

/// Subscribes to each of several feeds; how many that were. One that fails keeps no other from being tried.
///
/// # Errors
/// The kind and the way out of the first failure, with a sentence that tells how many there are and which the first is.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe_to_all", level = "debug", skip_all)]
pub async fn subscribe_to_all(app: &App, addresses: &[String], folder: Option<FolderId>) -> Result<i64, AppError> {
    let (mut added, mut failed) = (0_i64, Vec::new());
    for address in addresses {
        match subscribe(app, address, folder).await {
            Ok(_) => added += 1,
            Err(error) => failed.push((address, error)),
        }
    }
    let Some((address, first)) = failed.first() else { return Ok(added) };
    let message = format!("{} of {} feeds could not be added. {address}: {first}", failed.len(), addresses.len());
    let error = AppError { message, ..first.clone() };
    Err(if added > 0 { error.hint("The other feeds were added.") } else { error })
}

/// Those offers that are feeds, in the page's order.
async fn fetch_discovered_feeds(app: &App, offers: Vec<DiscoveredFeed>) -> Vec<(DiscoveredFeed, FetchedFeed)> {
    let looked = stream::iter(offers).map(|offer| async move {
        match fetch_resource(app, &offer.url).await {
            Ok(FetchedResource::Feed(ready)) => Some((offer, *ready)),
            Ok(FetchedResource::Page { .. }) | Err(_) => None,
        }
    });
    let mut found: Vec<(DiscoveredFeed, FetchedFeed)> =
        looked.buffered(DISCOVERY_CONCURRENCY).filter_map(std::future::ready).collect().await;
    // Two offers may lead to one feed.
    let mut seen = std::collections::HashSet::new();
    found.retain(|(_, ready)| seen.insert(ready.url.clone()));
    found
}

/// The first feed where feeds usually lie. One request after the other, and none once a host does not answer.
async fn fetch_common_paths(app: &App, page: &FeedUrl) -> Option<(DiscoveredFeed, FetchedFeed)> {
    for place in discover::COMMON_FEED_PATHS {
        let url = page.join(place).ok()?;
        match fetch_resource(app, &url).await {
            Ok(FetchedResource::Feed(ready)) => return Some((DiscoveredFeed { url, title: String::new() }, *ready)),
            Err(problem) if is_connection_problem(&problem) => return None,
            Ok(FetchedResource::Page { .. }) | Err(_) => {}
        }
    }
    None
}

async fn add_subscription(
    app: &App,
    ready: FetchedFeed,
    folder: Option<FolderId>,
) -> Result<SubscribeOutcome, AppError> {
    let now = app.clock.now();
    let id = insert_feed(app, &ready, folder).await?.ok_or_else(|| already_subscribed(&ready.url))?;
    let source = FeedSource {
        id,
        url: ready.url.to_string(),
        site_url: None,
        state: FeedState::New,
        validators: Validators::default(),
        body_hash: None,
        failures: 0,
        hints: FeedScheduleHints::default(),
        moved: None,
        not_before: None,
    };
    let plan = plan_document(app, id, ready.document).await;
    let found =
        FetchedUpdate { fetched: ready.fetched, news: FeedUpdate::Document { body_hash: ready.body_hash, plan } };
    store_checks(app, &[FeedCheck { source, at: now, result: Ok(found) }]).await?;
    Ok(SubscribeOutcome::Added(id))
}

async fn insert_feed(app: &App, ready: &FetchedFeed, folder: Option<FolderId>) -> Result<Option<FeedId>, AppError> {
    let feed = storage::feeds::NewFeed {
        url: ready.url.as_str(),
        title: &ready.document.metadata.title,
        folder,
        ..Default::default()
    };
    let mut tx = app.db.write().await?;
    let id = storage::feeds::insert(&mut tx, &feed, app.clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}
