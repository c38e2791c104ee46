//! The feeds at an address: the feed there, or those that a page there offers.

use super::document::{ParsedDocument, hash_body, parse_document};
use crate::{
    domain::{
        feed::FeedCandidate,
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_exchange::ExchangeRecord,
        feed_request_summary::FeedRequestInput,
        feed_url::FeedUrl,
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::{
            discover::{self, DiscoveredFeed},
            fetch::{FetchResponse, FetchedDocument, OriginRequest, ResponseMetadata},
            link_header,
            parse::charset,
        },
        services::feed_requests,
        state::App,
    },
};
use futures::{StreamExt, stream};
use std::{collections::HashSet, sync::Arc};

/// Maximum feeds of one page that are fetched at the same time.
const DISCOVERY_CONCURRENCY: usize = 4;

/// A feed that was fetched and read.
pub(super) struct FetchedFeed {
    pub(super) url: FeedUrl,
    pub(super) fetched: ResponseMetadata,
    pub(super) body_hash: Vec<u8>,
    pub(super) document: ParsedDocument,
    pub(super) exchange: Option<ExchangeRecord>,
}

/// The resource at an address.
pub(super) enum FetchedResource {
    Feed(Box<FetchedFeed>),
    /// A web page that may offer feeds.
    Page(Arc<FetchedDocument>),
}

/// The feeds at `address`: the feed there, or those that a page there offers. Nothing is stored. Errors: 422 with the reason when
/// nothing can be read there, or nothing is offered.
#[tracing::instrument(name = "subscriptions.discovery.discover_feeds", level = "debug", skip_all)]
pub async fn discover_feeds(app: &App, address: &str, input: FeedRequestInput) -> Result<Vec<FeedCandidate>, AppError> {
    let url = parse_address(address)?;
    let request = feed_requests::for_origin_of(&url, input)?;
    match fetch_address(app, address, &url, request.as_ref()).await? {
        FetchedResource::Feed(ready) => Ok(vec![candidate(String::new(), &ready)]),
        FetchedResource::Page(page) => {
            let found = find_offered_feeds(app, page, request.as_ref()).await?;
            Ok(found.into_iter().map(|(offer, ready)| candidate(offer.title, &ready)).collect())
        }
    }
}

pub(super) fn parse_address(address: &str) -> Result<FeedUrl, AppError> {
    FeedUrl::parse(address).map_err(|e| {
        AppError::invalid(e.to_string())
            .hint("A URL looks like https://example.org/feed or example.org.")
            .field("address")
    })
}

/// The resource at an address as typed; `url` is the parsed address.
pub(super) async fn fetch_address(
    app: &App,
    address: &str,
    url: &FeedUrl,
    request: Option<&OriginRequest>,
) -> Result<FetchedResource, AppError> {
    match fetch_resource(app, url, request).await {
        // Without a typed scheme, http is tried after https, without what only https may carry.
        Err(problem) if is_connection_problem(&problem) => match FeedUrl::parse_with_http(address) {
            Some(plain) => fetch_resource(app, &plain, None).await.map_err(|_| address_error(&problem)),
            None => Err(address_error(&problem)),
        },
        result => result.map_err(|problem| address_error(&problem)),
    }
}

pub(super) fn candidate(offered_title: String, ready: &FetchedFeed) -> FeedCandidate {
    let own = &ready.document.metadata.title;
    FeedCandidate {
        url: ready.url.clone(),
        items: i64::try_from(ready.document.item_count()).ok(),
        title: if own.is_empty() { offered_title } else { own.clone() },
    }
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

async fn fetch_resource(
    app: &App,
    url: &FeedUrl,
    request: Option<&OriginRequest>,
) -> Result<FetchedResource, FeedError> {
    let (answer, exchange) =
        app.feed_client.exchange(url, Some(&Validators::default()), app.clock.now(), request).await;
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

/// The feeds that a page offers; an error when there are none.
pub(super) async fn find_offered_feeds(
    app: &App,
    page: Arc<FetchedDocument>,
    request: Option<&OriginRequest>,
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
    let (mut found, problem) = fetch_discovered_feeds(app, offers, request).await;
    if let Some((url, problem)) =
        problem.filter(|(_, problem)| found.is_empty() && (is_declared || ends_search(problem)))
    {
        let message = format!("{page} names {url} as its feed. {problem}");
        return Err(address_error(&FeedError::new(problem.kind, message)));
    }
    if found.is_empty() {
        let common = fetch_common_paths(app, &page, request).await;
        found.extend(common.map_err(|problem| address_error(&problem))?);
    }
    if found.is_empty() {
        return Err(AppError::invalid(format!("{page} is a web page that offers no feed."))
            .hint("Look on the site for a link named RSS, Atom or Feed, and use its URL.")
            .field("address"));
    }
    Ok(found)
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
    request: Option<&OriginRequest>,
) -> (Vec<(DiscoveredFeed, FetchedFeed)>, Option<(FeedUrl, FeedError)>) {
    let resources: Vec<_> = stream::iter(offers)
        .map(|offer| async move {
            let resource = fetch_resource(app, &offer.url, request).await;
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
async fn fetch_common_paths(
    app: &App,
    page: &FeedUrl,
    request: Option<&OriginRequest>,
) -> Result<Option<(DiscoveredFeed, FetchedFeed)>, FeedError> {
    for url in discover::common_feed_urls(page) {
        match fetch_resource(app, &url, request).await {
            Ok(FetchedResource::Feed(ready)) => {
                return Ok(Some((DiscoveredFeed { url, title: String::new(), is_declared: false }, *ready)));
            }
            Err(problem) if ends_search(&problem) => return Err(problem),
            Ok(FetchedResource::Page(_)) | Err(_) => {}
        }
    }
    Ok(None)
}
