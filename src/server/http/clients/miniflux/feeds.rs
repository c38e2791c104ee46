//! Feeds: lists, counters, subscribing, changing, refreshing, icons.

use super::{
    caller::{MinifluxBody, MinifluxCaller, parse_id},
    categories::folder_in_body,
    error::{MinifluxError, bad_request},
    responses::feed_response,
};
use crate::{
    domain::{
        feed::{FeedChange, SubscribeOutcome},
        feed_request_summary::FeedRequestInput,
        ids::FeedId,
    },
    error::AppError,
    server::{
        services::{
            clients::{
                articles,
                counts::load_counts,
                library::load_library,
                marks::{self, ClientScope},
            },
            icons, subscriptions,
        },
        state::App,
        storage::icons::StoredIcon,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `GET /v1/feeds`.
pub async fn list(State(app): State<App>, _caller: MinifluxCaller) -> Result<Json<Vec<Value>>, MinifluxError> {
    let (library, icons) = (load_library(&app).await?, icons::load_icon_ids(&app).await?);
    Ok(Json(library.feeds.iter().map(|feed| feed_response(feed, &library, &icons)).collect()))
}

/// `GET /v1/feeds/{id}`.
pub async fn show(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<Json<Value>, MinifluxError> {
    Ok(Json(load_response(&app, parse_id(&id)?.into()).await?))
}

async fn load_response(app: &App, id: FeedId) -> Result<Value, MinifluxError> {
    let (library, icons) = (load_library(app).await?, icons::load_icon_ids(app).await?);
    let feed = library.feed(id).ok_or_else(no_such_feed)?;
    Ok(feed_response(feed, &library, &icons))
}

fn no_such_feed() -> AppError {
    AppError::not_found("There is no such feed.")
}

/// `GET /v1/feeds/counters`: read and unread entries by feed; feeds without any are left out.
pub async fn show_counters(State(app): State<App>, caller: MinifluxCaller) -> Result<Json<Value>, MinifluxError> {
    let library = load_library(&app).await?;
    let counts = load_counts(&app, &library, &caller.view).await?;
    let read = articles::count_read_by_feed(&app, &caller.view).await?;
    let by_feed = |pairs: Vec<(FeedId, i64)>| -> Map<String, Value> {
        let shown = pairs.into_iter().filter(|(_, count)| *count > 0);
        shown.map(|(id, count)| (id.to_string(), json!(count))).collect()
    };
    let unread = counts.feeds.iter().map(|(id, count)| (*id, count.unread)).collect();
    Ok(Json(json!({ "reads": by_feed(read), "unreads": by_feed(unread) })))
}

/// The body of `POST /v1/feeds`; other members are ignored.
#[derive(Deserialize)]
pub struct MinifluxNewFeed {
    feed_url: String,
    category_id: Option<i64>,
    #[serde(flatten)]
    login: MinifluxFeedLogin,
}

/// What requests to a site carry.
#[derive(Deserialize)]
struct MinifluxFeedLogin {
    username: Option<String>,
    password: Option<String>,
    user_agent: Option<String>,
    cookie: Option<String>,
}

impl From<MinifluxFeedLogin> for FeedRequestInput {
    fn from(login: MinifluxFeedLogin) -> Self {
        let MinifluxFeedLogin { username, password, user_agent, cookie } = login;
        Self {
            username: username.unwrap_or_default(),
            password: password.unwrap_or_default(),
            user_agent: user_agent.unwrap_or_default(),
            cookie: cookie.unwrap_or_default(),
            headers: String::new(),
        }
    }
}

/// `POST /v1/feeds`; 201.
pub async fn create(
    State(app): State<App>,
    _caller: MinifluxCaller,
    MinifluxBody(new): MinifluxBody<MinifluxNewFeed>,
) -> Result<(StatusCode, Json<Value>), MinifluxError> {
    let folder = match new.category_id {
        Some(category) if category > 0 => folder_in_body(&load_library(&app).await?, category)?,
        _ => None,
    };
    match subscriptions::subscribe_with(&app, &new.feed_url, folder, new.login.into()).await? {
        SubscribeOutcome::Added(id) => Ok((StatusCode::CREATED, Json(json!({ "feed_id": id })))),
        SubscribeOutcome::Candidates(candidates) => {
            let urls: Vec<&str> = candidates.iter().map(|candidate| candidate.url.as_str()).collect();
            Err(bad_request(format!("The page offers several feeds; choose one: {}.", urls.join(", "))))
        }
    }
}

/// The body of `PUT /v1/feeds/{id}`; other members are ignored.
#[derive(Debug, Deserialize)]
pub struct MinifluxFeedChange {
    title: Option<String>,
    category_id: Option<i64>,
    feed_url: Option<String>,
}

/// `PUT /v1/feeds/{id}`; 201.
pub async fn update(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
    MinifluxBody(change): MinifluxBody<MinifluxFeedChange>,
) -> Result<(StatusCode, Json<Value>), MinifluxError> {
    let id = parse_id(&id)?.into();
    let library = load_library(&app).await?;
    let feed = library.feed(id).ok_or_else(no_such_feed)?;
    if change.feed_url.is_some_and(|url| url != feed.url.as_str()) {
        return Err(bad_request("The address of a feed cannot be changed; subscribe to the other one instead."));
    }
    let mut wanted = FeedChange::default();
    if let Some(title) = change.title {
        wanted.custom_title = Some(Some(title));
    }
    if let Some(category) = change.category_id {
        wanted.folder_id = Some(folder_in_body(&library, category)?);
    }
    subscriptions::update_feed(&app, id, wanted).await?;
    Ok((StatusCode::CREATED, Json(load_response(&app, id).await?)))
}

/// `DELETE /v1/feeds/{id}`; 204.
pub async fn remove(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    subscriptions::unsubscribe(&app, parse_id(&id)?.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/feeds/{id}/refresh`: fetched in the background; 204.
pub async fn refresh(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    let id = parse_id(&id)?.into();
    subscriptions::load_feed(&app, id).await?;
    subscriptions::refresh_feeds(&app, &[id]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/feeds/refresh`: fetched in the background; 204.
pub async fn refresh_all(State(app): State<App>, _caller: MinifluxCaller) -> Result<StatusCode, MinifluxError> {
    subscriptions::refresh_all(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/feeds/{id}/mark-all-as-read`; 204.
pub async fn mark_all_read(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    let id = parse_id(&id)?.into();
    subscriptions::load_feed(&app, id).await?;
    marks::mark_list_read(&app, &caller.view, ClientScope::Feed(id), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/feeds/{id}/icon`; 404 without one.
pub async fn show_icon_of_feed(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<Json<Value>, MinifluxError> {
    let feed = subscriptions::load_feed(&app, parse_id(&id)?.into()).await?;
    let hash = feed.icon.unwrap_or_default();
    let id = icons::load_icon_ids(&app).await?.get(&hash).copied().ok_or_else(no_such_icon)?;
    Ok(Json(icon_response(id, &icons::load_icon(&app, &hash).await?)))
}

/// `GET /v1/icons/{id}`.
pub async fn show_icon(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<Json<Value>, MinifluxError> {
    let id = parse_id(&id)?;
    let ids = icons::load_icon_ids(&app).await?;
    let (hash, _) = ids.iter().find(|(_, known)| **known == id).ok_or_else(no_such_icon)?;
    Ok(Json(icon_response(id, &icons::load_icon(&app, hash).await?)))
}

fn no_such_icon() -> AppError {
    AppError::not_found("There is no such icon.")
}

fn icon_response(id: i64, icon: &StoredIcon) -> Value {
    let data = format!("{};base64,{}", icon.mime_type, STANDARD.encode(&icon.data));
    json!({ "id": id, "mime_type": icon.mime_type, "data": data })
}

/// The body of `POST /v1/discover`.
#[derive(Deserialize)]
pub struct MinifluxDiscovery {
    url: String,
    #[serde(flatten)]
    login: MinifluxFeedLogin,
}

/// `POST /v1/discover`: the feeds at an address; 404 when there are none.
pub async fn discover(
    State(app): State<App>,
    _caller: MinifluxCaller,
    MinifluxBody(site): MinifluxBody<MinifluxDiscovery>,
) -> Result<Json<Vec<Value>>, MinifluxError> {
    let found = subscriptions::discover_feeds(&app, &site.url, site.login.into()).await?;
    if found.is_empty() {
        return Err(AppError::not_found("No feed was found at this address.").into());
    }
    let feeds = found.into_iter();
    Ok(Json(feeds.map(|feed| json!({ "url": feed.url.as_str(), "title": feed.title, "type": "rss" })).collect()))
}
