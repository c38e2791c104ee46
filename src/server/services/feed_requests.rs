//! What requests for one feed carry: sealed in the database, opened for a request to its own origin.

use crate::{
    domain::{
        feed_request_summary::{FeedRequestInput, FeedRequestSummary},
        feed_url::FeedUrl,
        ids::{ArticleId, FeedId},
    },
    error::AppError,
    server::{
        feed::fetch::{FeedRequest, OriginRequest, origin},
        secrets,
        services::instance_key,
        state::App,
        storage::{
            feed_requests::{self, SealedRequest},
            feeds,
        },
    },
};
use sqlx::SqliteConnection;

/// What is stored for a feed, without anything secret. 404.
#[tracing::instrument(name = "feed_requests.show_request", level = "debug", skip_all, fields(%id))]
pub async fn show_request(app: &App, id: FeedId) -> Result<FeedRequestSummary, AppError> {
    load_url(app, id).await?;
    let Some((origin, request)) = load_request(app, id).await? else { return Ok(FeedRequestSummary::default()) };
    Ok(FeedRequestSummary {
        origin,
        user_agent: request.user_agent,
        has_password: request.basic_auth.is_some(),
        has_cookie: request.cookie.is_some(),
        header_names: request.headers.into_iter().map(|(name, _)| name).collect(),
    })
}

/// Stores what requests to the origin of a feed carry, in place of what was stored; nothing when all of it is blank.
///
/// # Errors
/// 404, and 422 with the field that no request can carry.
#[tracing::instrument(name = "feed_requests.save_request", level = "debug", skip_all, fields(%id))]
pub async fn save_request(app: &App, id: FeedId, input: FeedRequestInput) -> Result<(), AppError> {
    let request = parse_input(input)?;
    let origin = origin(&load_url(app, id).await?);
    let mut tx = app.db.write().await?;
    if request.is_empty() {
        feed_requests::remove(&mut tx, id).await?;
    } else {
        store_request(&mut tx, id, &(origin, request)).await?;
    }
    Ok(tx.commit().await?)
}

/// Seals and stores what requests for a feed carry, in place of what was stored.
pub(super) async fn store_request(
    tx: &mut SqliteConnection,
    id: FeedId,
    (origin, request): &OriginRequest,
) -> Result<(), AppError> {
    let key = instance_key::load_or_make(tx).await?;
    let text = serde_json::to_string(request).map_err(|_| AppError::internal())?;
    let sealed = secrets::seal(&key, &purpose(id, origin), &text).ok_or_else(AppError::internal)?;
    feed_requests::store(tx, &SealedRequest { feed: id, origin: origin.clone(), sealed }).await?;
    Ok(())
}

/// What requests to the origin of `url` carry; `None` when all of the input is blank. 422 with the field that no request can carry.
pub(super) fn for_origin_of(url: &FeedUrl, input: FeedRequestInput) -> Result<Option<OriginRequest>, AppError> {
    let request = parse_input(input)?;
    Ok(Some((origin(url), request)).filter(|(_, request)| !request.is_empty()))
}

/// The address of a feed.
async fn load_url(app: &App, id: FeedId) -> Result<FeedUrl, AppError> {
    let feed = feeds::select(&app.db.read, Some(id)).await?.pop();
    feed.map(|feed| feed.url).ok_or_else(|| AppError::not_found("There is no such feed."))
}

/// What requests for a feed carry, with the origin that it is for.
pub(super) async fn load_request(app: &App, id: FeedId) -> Result<Option<OriginRequest>, AppError> {
    open(app, feed_requests::load(&app.db.read, id).await?).await
}

/// What requests for the feed of an article carry.
pub(super) async fn load_request_of_article(app: &App, id: ArticleId) -> Result<Option<OriginRequest>, AppError> {
    open(app, feed_requests::load_of_article(&app.db.read, id).await?).await
}

async fn open(app: &App, stored: Option<SealedRequest>) -> Result<Option<OriginRequest>, AppError> {
    let Some(SealedRequest { feed, origin, sealed }) = stored else { return Ok(None) };
    let key = instance_key::find(&app.db.read).await?;
    let text = key.and_then(|key| secrets::unseal(&key, &purpose(feed, &origin), &sealed));
    let request: Option<FeedRequest> = text.and_then(|text| serde_json::from_str(&text).ok());
    if request.is_none() {
        tracing::warn!(%feed, "the stored password, cookie and headers of a feed cannot be opened; save them anew");
    }
    Ok(request.map(|request| (origin, request)))
}

/// What is sealed for one feed and one origin opens for no other.
fn purpose(feed: FeedId, origin: &str) -> String {
    format!("request of feed {feed} to {origin}")
}

/// 422 with the field that no request can carry.
fn parse_input(input: FeedRequestInput) -> Result<FeedRequest, AppError> {
    let FeedRequestInput { user_agent, username, password, cookie, headers } = input;
    let filled = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let headers = headers.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let header = line.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        header.ok_or_else(|| AppError::invalid("A header is a line such as “X-Token: abc”.").field("headers"))
    });
    let basic_auth = if username.is_empty() && password.is_empty() { None } else { Some((username, password)) };
    let request = FeedRequest {
        user_agent: filled(user_agent),
        basic_auth,
        cookie: filled(cookie),
        headers: headers.collect::<Result<_, _>>()?,
    };
    request.validate().map_err(|(field, message)| AppError::invalid(message).field(field))?;
    Ok(request)
}
