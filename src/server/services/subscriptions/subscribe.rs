//! Subscribing: by the feed's own address, or by that of a site that offers one.

use super::{
    check::{FeedCheck, FeedUpdate, FetchedUpdate},
    document::{ParsedDocument, hash_body, parse_document, plan_document},
    folders,
    store::store_checks,
};
use crate::{
    domain::{
        feed::{FeedCandidate, FeedState, SubscribeOutcome},
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_exchange::ExchangeRecord,
        feed_schedule::FeedScheduleHints,
        feed_url::FeedUrl,
        full_text::FullTextChoice,
        ids::{FeedId, FolderId},
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::{
            discover::{self, DiscoveredFeed},
            fetch::{FetchResponse, FetchedDocument, ResponseMetadata},
            link_header,
            parse::charset,
        },
        state::App,
        storage::{self, checks::FeedSource},
    },
};
use futures::{StreamExt, stream};
use std::{collections::HashSet, sync::Arc};

/// Maximum feeds of one page that are fetched at the same time.
const DISCOVERY_CONCURRENCY: usize = 4;

/// A feed that was fetched and read.
struct FetchedFeed {
    url: FeedUrl,
    fetched: ResponseMetadata,
    body_hash: Vec<u8>,
    document: ParsedDocument,
    exchange: Option<ExchangeRecord>,
}

/// The resource at an address.
enum FetchedResource {
    Feed(Box<FetchedFeed>),
    /// A web page that may offer feeds.
    Page(Arc<FetchedDocument>),
}

/// What a request to subscribe led to.
enum Subscription {
    New(FeedId),
    Known(FeedId, FeedUrl),
    Candidates(Vec<FeedCandidate>),
}

/// Subscribes to the feed at `address`, or to the one a site at that address offers; several are offered for choice.
/// Errors: 422 with the reason when it is no feed, 409 when already subscribed, 404 for the folder.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe", level = "debug", skip_all)]
pub async fn subscribe(app: &App, address: &str, folder: Option<FolderId>) -> Result<SubscribeOutcome, AppError> {
    match find_or_subscribe(app, address, folder).await? {
        Subscription::New(id) => Ok(SubscribeOutcome::Added(id)),
        Subscription::Known(_, url) => Err(already_subscribed(&url)),
        Subscription::Candidates(candidates) => Ok(SubscribeOutcome::Candidates(candidates)),
    }
}

/// As [`subscribe`], for readers that cannot choose: of several feeds that a page offers the first, and a feed that is subscribed
/// already as it is.
#[tracing::instrument(name = "subscriptions.subscribe.subscribe_to_first", level = "debug", skip_all)]
pub async fn subscribe_to_first(app: &App, address: &str, folder: Option<FolderId>) -> Result<FeedId, AppError> {
    let candidates = match find_or_subscribe(app, address, folder).await? {
        Subscription::New(id) | Subscription::Known(id, _) => return Ok(id),
        Subscription::Candidates(candidates) => candidates,
    };
    let first = candidates.first().ok_or_else(AppError::internal)?;
    match find_or_subscribe(app, first.url.as_str(), folder).await? {
        Subscription::New(id) | Subscription::Known(id, _) => Ok(id),
        Subscription::Candidates(_) => Err(AppError::invalid("The page offers feeds that are pages themselves.")),
    }
}

async fn find_or_subscribe(app: &App, address: &str, folder: Option<FolderId>) -> Result<Subscription, AppError> {
    if let Some(folder) = folder {
        folders::load_folder(app, folder).await?;
    }
    let url = parse_address(address)?;
    if let Some(known) = storage::feeds::find_id(&app.db.read, &url).await? {
        return Ok(Subscription::Known(known, url));
    }
    match fetch_address(app, address, &url).await? {
        FetchedResource::Feed(ready) => add_subscription(app, *ready, folder).await,
        FetchedResource::Page(page) => subscribe_from_page(app, page, folder).await,
    }
}

/// The feeds at `address`: the feed there, or those that a page there offers. Nothing is stored. Errors: 422 with the reason when
/// nothing can be read there, or nothing is offered.
#[tracing::instrument(name = "subscriptions.subscribe.discover_feeds", level = "debug", skip_all)]
pub async fn discover_feeds(app: &App, address: &str) -> Result<Vec<FeedCandidate>, AppError> {
    match fetch_address(app, address, &parse_address(address)?).await? {
        FetchedResource::Feed(ready) => Ok(vec![candidate(String::new(), &ready)]),
        FetchedResource::Page(page) => {
            let found = find_offered_feeds(app, page).await?;
            Ok(found.into_iter().map(|(offer, ready)| candidate(offer.title, &ready)).collect())
        }
    }
}

fn parse_address(address: &str) -> Result<FeedUrl, AppError> {
    FeedUrl::parse(address).map_err(|e| {
        AppError::invalid(e.to_string())
            .hint("A URL looks like https://example.org/feed or example.org.")
            .field("address")
    })
}

/// The resource at an address as typed; `url` is the parsed address.
async fn fetch_address(app: &App, address: &str, url: &FeedUrl) -> Result<FetchedResource, AppError> {
    match fetch_resource(app, url).await {
        // Without a typed scheme, http is tried after https.
        Err(problem) if is_connection_problem(&problem) => match FeedUrl::parse_with_http(address) {
            Some(plain) => fetch_resource(app, &plain).await.map_err(|_| address_error(&problem)),
            None => Err(address_error(&problem)),
        },
        result => result.map_err(|problem| address_error(&problem)),
    }
}

fn candidate(offered_title: String, ready: &FetchedFeed) -> FeedCandidate {
    let own = &ready.document.metadata.title;
    FeedCandidate {
        url: ready.url.clone(),
        items: i64::try_from(ready.document.item_count()).ok(),
        title: if own.is_empty() { offered_title } else { own.clone() },
    }
}

fn already_subscribed(url: &FeedUrl) -> AppError {
    AppError::conflict(format!("You are already subscribed to {url}."))
        .hint("Find it in the list of feeds.")
        .field("address")
}

fn address_error(problem: &FeedError) -> AppError {
    AppError::invalid(problem.message.clone()).hint(problem.kind.hint_before_subscribing()).field("address")
}

fn is_connection_problem(problem: &FeedError) -> bool {
    matches!(problem.kind, FeedErrorKind::Unreachable | FeedErrorKind::Tls | FeedErrorKind::Timeout)
}

/// Whether the search on a site ends: it cannot be reached, it limits requests, or no connection can be opened.
fn ends_search(problem: &FeedError) -> bool {
    is_connection_problem(problem) || matches!(problem.kind, FeedErrorKind::TooOften | FeedErrorKind::TooManyOpenFiles)
}

async fn fetch_resource(app: &App, url: &FeedUrl) -> Result<FetchedResource, FeedError> {
    let (answer, exchange) = app.feed_client.exchange(url, Some(&Validators::default()), app.clock.now(), None).await;
    let FetchResponse::Document(fetched, document) = answer.map_err(|f| f.problem)? else {
        return Err(FeedError::new(
            FeedErrorKind::Status,
            format!("{url} answered 304 (not modified) to an unconditional request."),
        ));
    };
    let document = Arc::new(document);
    let body_hash = hash_body(app, &document).await?;
    match parse_document(app, document.clone()).await {
        Ok(document) => {
            let url = fetched.moved_to.clone().unwrap_or_else(|| url.clone());
            Ok(FetchedResource::Feed(Box::new(FetchedFeed { url, fetched, body_hash, document, exchange })))
        }
        Err(problem) if problem.kind == FeedErrorKind::WebPage => Ok(FetchedResource::Page(document)),
        Err(problem) => Err(problem),
    }
}

async fn subscribe_from_page(
    app: &App,
    page: Arc<FetchedDocument>,
    folder: Option<FolderId>,
) -> Result<Subscription, AppError> {
    let mut found = find_offered_feeds(app, page).await?;
    if found.len() > 1 {
        let candidates = found.into_iter().map(|(offer, ready)| candidate(offer.title, &ready));
        return Ok(Subscription::Candidates(candidates.collect()));
    }
    let (_, ready) = found.pop().ok_or_else(AppError::internal)?;
    add_subscription(app, ready, folder).await
}

/// The feeds that a page offers; an error when there are none.
async fn find_offered_feeds(
    app: &App,
    page: Arc<FetchedDocument>,
) -> Result<Vec<(DiscoveredFeed, FetchedFeed)>, AppError> {
    let document = page.clone();
    let in_html = app.parse_pool.run(ParseKind::Page, move |limit| {
        let html = charset::decode(&document.bytes, document.content_type.as_deref());
        discover::discover_feeds(&html, &document.url, limit)
    });
    let in_html = in_html.await?;
    let offers = prefer_declared(link_header::discover_in_headers(&page.link_headers, &page.url), in_html);
    let page = page.url.clone();
    let is_declared = offers.iter().any(|offer| offer.is_declared);
    let (mut found, problem) = fetch_discovered_feeds(app, offers).await;
    if let Some((url, problem)) =
        problem.filter(|(_, problem)| found.is_empty() && (is_declared || ends_search(problem)))
    {
        let message = format!("{page} names {url} as its feed. {problem}");
        return Err(address_error(&FeedError::new(problem.kind, message)));
    }
    if found.is_empty() {
        found.extend(fetch_common_paths(app, &page).await.map_err(|problem| address_error(&problem))?);
    }
    if found.is_empty() {
        return Err(AppError::invalid(format!("{page} is a web page that offers no feed."))
            .hint("Look on the site for a link named RSS, Atom or Feed, and use its URL.")
            .field("address"));
    }
    Ok(found)
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

/// The feeds that a page names in HTTP and HTML; without any, those that it seems to link.
fn prefer_declared(in_headers: Vec<DiscoveredFeed>, in_html: Vec<DiscoveredFeed>) -> Vec<DiscoveredFeed> {
    let has_declared = !in_headers.is_empty();
    let mut seen = HashSet::new();
    let offers = in_headers.into_iter().chain(in_html).filter(|offer| offer.is_declared || !has_declared);
    offers.filter(|offer| seen.insert(offer.url.clone())).collect()
}

/// Those offers that are feeds, in the page's order, and why the first of the others is not a feed.
async fn fetch_discovered_feeds(
    app: &App,
    offers: Vec<DiscoveredFeed>,
) -> (Vec<(DiscoveredFeed, FetchedFeed)>, Option<(FeedUrl, FeedError)>) {
    let resources: Vec<_> = stream::iter(offers)
        .map(|offer| async move {
            let resource = fetch_resource(app, &offer.url).await;
            (offer, resource)
        })
        .buffered(DISCOVERY_CONCURRENCY)
        .collect()
        .await;
    let (mut found, mut problem) = (Vec::new(), None);
    for (offer, resource) in resources {
        let failure = match resource {
            Ok(FetchedResource::Feed(ready)) => {
                found.push((offer, *ready));
                continue;
            }
            Ok(FetchedResource::Page(_)) => FeedError::new(FeedErrorKind::WebPage, "That is a web page, not a feed."),
            Err(failure) => failure,
        };
        problem.get_or_insert((offer.url, failure));
    }
    // Two offers may lead to one feed.
    let mut seen = HashSet::new();
    found.retain(|(_, ready)| seen.insert(ready.url.clone()));
    (found, problem)
}

/// The first feed at a common path, requested one after the other; an error when the search on the site ends.
async fn fetch_common_paths(app: &App, page: &FeedUrl) -> Result<Option<(DiscoveredFeed, FetchedFeed)>, FeedError> {
    for url in discover::common_feed_urls(page) {
        match fetch_resource(app, &url).await {
            Ok(FetchedResource::Feed(ready)) => {
                return Ok(Some((DiscoveredFeed { url, title: String::new(), is_declared: false }, *ready)));
            }
            Err(problem) if ends_search(&problem) => return Err(problem),
            Ok(FetchedResource::Page(_)) | Err(_) => {}
        }
    }
    Ok(None)
}

async fn add_subscription(app: &App, ready: FetchedFeed, folder: Option<FolderId>) -> Result<Subscription, AppError> {
    let now = app.clock.now();
    let Some(id) = insert_feed(app, &ready, folder).await? else {
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

async fn insert_feed(app: &App, ready: &FetchedFeed, folder: Option<FolderId>) -> Result<Option<FeedId>, AppError> {
    let feed = storage::feeds::NewFeed {
        url: &ready.url,
        site_url: None,
        title: &ready.document.metadata.title,
        custom_title: None,
        folder,
    };
    let mut tx = app.db.write().await?;
    let id = storage::feeds::insert(&mut tx, &feed, app.clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}
