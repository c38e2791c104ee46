//! Subscribing: by the feed's own address, or by that of a site that offers one.

use super::{
    check::{self, Finding, Found, News},
    folders,
    store::{refused, store},
};
use crate::{
    domain::{
        feed::{FeedCandidate, FeedState, Subscribed},
        feed_check::Validators,
        feed_problem::{Problem, ProblemKind},
        feed_schedule::Hints,
        ids::{FeedId, FolderId},
        url::FeedUrl,
    },
    error::AppError,
    server::{
        feed::{
            decode,
            discover::{self, Offer},
            fetch::{Answer, Document, Fetched},
        },
        state::App,
        storage::{self, checks::Source},
    },
};
use futures::{StreamExt, stream};

/// Feeds of one page that are looked at together.
const AT_ONCE: usize = 4;

/// A feed that was fetched and read.
struct Ready {
    url: FeedUrl,
    fetched: Fetched,
    body_hash: Vec<u8>,
    feed: check::ReadFeed,
}

/// What lies at an address.
enum Lies {
    Feed(Box<Ready>),
    Page { url: FeedUrl, html: String },
}

/// Subscribes to the feed at `address`, or to the one a site at that address offers; several are offered for choice.
/// Errors: 422 with the reason when it is no feed, 409 when already subscribed, 404 for the folder.
pub async fn subscribe(app: &App, address: &str, folder: Option<FolderId>) -> Result<Subscribed, AppError> {
    if let Some(folder) = folder {
        folders::folder(app, folder).await?;
    }
    let url = FeedUrl::parse(address).map_err(|e| {
        AppError::invalid(e.to_string()).hint("An address looks like https://example.org/feed or example.org.")
    })?;
    refuse_known(app, &url).await?;
    let lies = match look(app, &url).await {
        // Nobody typed the s of https.
        Err(problem) if !address.contains("://") && is_about_the_connection(&problem) => {
            let plain = FeedUrl::parse(&format!("http://{}", address.trim())).map_err(|_| refused(&problem))?;
            look(app, &plain).await.map_err(|_| refused(&problem))?
        }
        lies => lies.map_err(|problem| refused(&problem))?,
    };
    match lies {
        Lies::Feed(ready) => add(app, *ready, folder).await,
        Lies::Page { url, html } => from_page(app, &url, html, folder).await,
    }
}

async fn refuse_known(app: &App, url: &FeedUrl) -> Result<(), AppError> {
    match storage::feeds::id_of(&app.db.read, url.as_str()).await? {
        Some(_) => Err(already(url)),
        None => Ok(()),
    }
}

fn already(url: &FeedUrl) -> AppError {
    AppError::conflict(format!("You are subscribed to {url} already.")).hint("Find it in the list of feeds.")
}

fn is_about_the_connection(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Unreachable | ProblemKind::Tls | ProblemKind::Timeout)
}

async fn look(app: &App, url: &FeedUrl) -> Result<Lies, Problem> {
    let answer = app.fetch.get(url, &Validators::default(), app.clock.now()).await.map_err(|f| f.problem)?;
    let Answer::Document(fetched, document) = answer else {
        return Err(Problem::new(ProblemKind::Status, format!("{url} answered a question that was not asked (304).")));
    };
    let Document { url: landed, content_type, bytes } = document.clone();
    let body_hash = check::hash(&bytes);
    match check::read(document).await {
        Ok(feed) => {
            let url = fetched.moved_to.clone().unwrap_or_else(|| url.clone());
            Ok(Lies::Feed(Box::new(Ready { url, fetched, body_hash, feed })))
        }
        Err(problem) if problem.kind == ProblemKind::WebPage => {
            let html = decode::decode(&bytes, content_type.as_deref()).into_owned();
            Ok(Lies::Page { url: landed, html })
        }
        Err(problem) => Err(problem),
    }
}

async fn from_page(app: &App, page: &FeedUrl, html: String, folder: Option<FolderId>) -> Result<Subscribed, AppError> {
    let offers = {
        let page = page.clone();
        tokio::task::spawn_blocking(move || discover::offers(&html, &page)).await.map_err(|_| AppError::internal())?
    };
    let mut found = read_offers(app, offers).await;
    if found.is_empty() {
        found.extend(at_usual_places(app, page).await);
    }
    if found.len() > 1 {
        let candidates = found.into_iter().map(|(offer, ready)| FeedCandidate {
            url: ready.url.to_string(),
            title: if ready.feed.title.is_empty() { offer.title } else { ready.feed.title },
            items: i64::try_from(ready.feed.entries.len()).ok(),
        });
        return Ok(Subscribed::Choose(candidates.collect()));
    }
    match found.pop() {
        Some((_, ready)) => add(app, ready, folder).await,
        None => Err(AppError::invalid(format!("{page} is a web page that offers no feed."))
            .hint("Look on the site for a link named RSS, Atom or Feed, and give that address.")),
    }
}

/// Subscribes to each of several feeds; how many that were. One that fails keeps no other from being tried.
///
/// # Errors
/// The kind and the way out of the first failure, with a sentence that tells how many there are and which the first is.
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
    Err(if added > 0 { error.hint("The others are among your feeds now.") } else { error })
}

/// Those offers that are feeds, in the page's order.
async fn read_offers(app: &App, offers: Vec<Offer>) -> Vec<(Offer, Ready)> {
    let looked = stream::iter(offers).map(|offer| async move {
        match look(app, &offer.url).await {
            Ok(Lies::Feed(ready)) => Some((offer, *ready)),
            Ok(Lies::Page { .. }) | Err(_) => None,
        }
    });
    let mut found: Vec<(Offer, Ready)> = looked.buffered(AT_ONCE).filter_map(async |found| found).collect().await;
    // Two offers may lead to one feed.
    let mut seen = std::collections::HashSet::new();
    found.retain(|(_, ready)| seen.insert(ready.url.clone()));
    found
}

/// The first feed where feeds usually lie. One request after the other, and none once a host does not answer.
async fn at_usual_places(app: &App, page: &FeedUrl) -> Option<(Offer, Ready)> {
    for place in discover::USUAL_PLACES {
        let url = page.join(place).ok()?;
        match look(app, &url).await {
            Ok(Lies::Feed(ready)) => return Some((Offer { url, title: String::new() }, *ready)),
            Err(problem) if is_about_the_connection(&problem) => return None,
            Ok(Lies::Page { .. }) | Err(_) => {}
        }
    }
    None
}

async fn add(app: &App, ready: Ready, folder: Option<FolderId>) -> Result<Subscribed, AppError> {
    let now = app.clock.now();
    let id = insert(app, &ready, folder).await?.ok_or_else(|| already(&ready.url))?;
    let source = Source {
        id,
        url: ready.url.to_string(),
        site_url: None,
        state: FeedState::New,
        validators: Validators::default(),
        body_hash: None,
        failures: 0,
        hints: Hints::default(),
        moved: None,
        not_before: None,
    };
    let found = Found { fetched: ready.fetched, news: News::Feed { body_hash: ready.body_hash, feed: ready.feed } };
    store(app, &[Finding { source, at: now, result: Ok(found) }]).await?;
    Ok(Subscribed::Added(id))
}

async fn insert(app: &App, ready: &Ready, folder: Option<FolderId>) -> Result<Option<FeedId>, AppError> {
    let feed =
        storage::feeds::NewFeed { url: ready.url.as_str(), title: &ready.feed.title, folder, ..Default::default() };
    let mut tx = app.db.write().await?;
    let id = storage::feeds::insert(&mut tx, &feed, app.clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}
