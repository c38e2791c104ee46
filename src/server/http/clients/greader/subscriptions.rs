//! Subscriptions and labels: lists with their numbers of unread items, subscribing, changing, unsubscribing.

use super::{
    caller::{GreaderCall, GreaderChange},
    error::{GreaderError, bad_request},
    folders::find_or_create,
    marks::OK,
    streams::{READING_LIST, STARRED, feed_stream, find_feed, label_name, label_stream, no_such_stream},
};
use crate::{
    domain::{
        feed::{Feed, FeedChange},
        ids::{FeedId, FolderId},
    },
    error::{AppError, ErrorKind},
    server::{
        http::clients::form::ClientForm,
        services::{
            clients::{
                counts::load_counts,
                labels::{ClientLabel, LabelNames, find_label, list_labels},
                library::{ClientLibrary, load_library},
            },
            devices::reader_address::site_address,
            subscriptions,
        },
        state::App,
        storage::client_counts::UnreadCount,
    },
};
use axum::{Json, extract::State, http::header};
use serde_json::{Value, json};

/// `GET tag/list`: starred first, then folders and the other labels that the device is shown.
pub async fn list_tags(State(app): State<App>, call: GreaderCall) -> Result<Json<Value>, GreaderError> {
    let library = load_library(&app).await?;
    let labels = list_labels(&library, &call.view).into_iter().map(|named| {
        let kind = if named.label.is_folder() { "folder" } else { "tag" };
        json!({ "id": label_stream(&named.name), "type": kind })
    });
    let tags: Vec<Value> = std::iter::once(json!({ "id": STARRED })).chain(labels).collect();
    Ok(Json(json!({ "tags": tags })))
}

/// `GET subscription/list`: by title, each with its folder as the only category.
pub async fn list(State(app): State<App>, call: GreaderCall) -> Result<Json<Value>, GreaderError> {
    let library = load_library(&app).await?;
    let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let root = site_address(&app.config.access, host, call.client.is_secure);
    let names = LabelNames::new(&library);
    let subscriptions: Vec<Value> = library.feeds.iter().map(|feed| subscription(feed, &names, &root)).collect();
    Ok(Json(json!({ "subscriptions": subscriptions })))
}

/// A subscription. `root`: the address of this instance, with `/` at the end.
fn subscription(feed: &Feed, names: &LabelNames, root: &str) -> Value {
    let folder = feed.folder_id.and_then(|id| names.get(ClientLabel::Folder(id)));
    let categories: Vec<Value> = folder.iter().map(|name| json!({ "id": label_stream(name), "label": name })).collect();
    // Icons are open to everybody: clients fetch them without a token.
    let icon = feed.icon.as_ref().map(|hash| format!("{root}icons/{hash}")).unwrap_or_default();
    json!({
        "id": feed_stream(feed.id), "title": feed.display_title(), "categories": categories, "url": feed.url.as_str(),
        "htmlUrl": feed.site_url.as_deref().unwrap_or_default(), "iconUrl": icon,
    })
}

/// `GET unread-count`: every feed, every label that the device is shown, and everything.
pub async fn count_unread(State(app): State<App>, call: GreaderCall) -> Result<Json<Value>, GreaderError> {
    let library = load_library(&app).await?;
    let counts = load_counts(&app, &library, &call.view).await?;
    let row = |stream: String, count: UnreadCount| json!({ "id": stream, "count": count.unread, "newestItemTimestampUsec": count.newest_us.to_string() });
    let feeds = library.feeds.iter().map(|feed| {
        let count = counts.feeds.get(&feed.id).copied().unwrap_or_default();
        row(feed_stream(feed.id), count)
    });
    let labels = counts.labels.iter().map(|(name, _, count)| row(label_stream(name), *count));
    let all = std::iter::once(row(READING_LIST.to_owned(), counts.all));
    let rows: Vec<Value> = all.chain(labels).chain(feeds).collect();
    Ok(Json(json!({ "max": counts.all.unread, "unreadcounts": rows })))
}

/// `POST subscription/quickadd`: subscribes to the feed at an address, or to the first one that a page there offers; a feed that is
/// subscribed already is answered as it is. An address without a feed is answered with 200 and no results.
pub async fn quick_add(
    State(app): State<App>,
    GreaderChange(call): GreaderChange,
) -> Result<Json<Value>, GreaderError> {
    let address = call.form.get("quickadd").map(str::trim).filter(|address| !address.is_empty());
    let address = address.ok_or_else(|| bad_request("`quickadd` must be an address."))?;
    let address = address.strip_prefix("feed/").unwrap_or(address);
    match subscriptions::subscribe_to_first(&app, address, None).await {
        Ok(id) => {
            let feed = subscriptions::load_feed(&app, id).await?;
            Ok(Json(json!({
                "numResults": 1, "query": address, "streamId": feed_stream(id), "streamName": feed.display_title(),
            })))
        }
        Err(error) if error.kind == ErrorKind::Invalid => {
            Ok(Json(json!({ "numResults": 0, "query": address, "error": error.message })))
        }
        Err(error) => Err(error.into()),
    }
}

/// The action of `subscription/edit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SubscriptionAction {
    Subscribe,
    Edit,
    Unsubscribe,
}

/// `POST subscription/edit`: `ac=subscribe|edit|unsubscribe` for each `s`, with the title `t` at the same place; into the folder `a`, out
/// of the folder `r`.
///
/// # Errors
/// 404 for a feed that is not there, 400 for an address without a feed, and for a label that is no folder.
pub async fn edit(State(app): State<App>, GreaderChange(call): GreaderChange) -> Result<&'static str, GreaderError> {
    let action = match call.form.get("ac") {
        Some("subscribe") => SubscriptionAction::Subscribe,
        Some("edit") => SubscriptionAction::Edit,
        Some("unsubscribe") => SubscriptionAction::Unsubscribe,
        _ => return Err(bad_request("`ac` is subscribe, edit or unsubscribe.")),
    };
    let streams: Vec<&str> = call.form.all("s").filter(|stream| stream.starts_with("feed/")).collect();
    if streams.is_empty() {
        return Err(bad_request("`s` must be feed/ID or feed/ADDRESS."));
    }
    let titles: Vec<&str> = call.form.all("t").collect();
    let mut library = load_library(&app).await?;
    if action == SubscriptionAction::Unsubscribe {
        for stream in streams {
            let id = find_feed(&library, stream).ok_or_else(|| no_such_stream(stream))?;
            subscriptions::unsubscribe(&app, id).await?;
        }
        return Ok(OK);
    }
    let joined = match call.form.all("a").find_map(label_name) {
        Some(name) => Some(find_or_create(&app, &library, name).await?),
        None => None,
    };
    for (position, stream) in streams.into_iter().enumerate() {
        let id = match find_feed(&library, stream) {
            Some(id) => id,
            None if action == SubscriptionAction::Subscribe => {
                let id = subscribe(&app, stream).await?;
                library = load_library(&app).await?;
                id
            }
            None => return Err(no_such_stream(stream)),
        };
        let title = titles.get(position).map(|title| title.trim()).filter(|title| !title.is_empty());
        let change = FeedChange {
            custom_title: title.map(|title| Some(title.to_owned())),
            folder_id: changed_folder(&call.form, &library, id, joined),
            ..FeedChange::default()
        };
        if change.custom_title.is_some() || change.folder_id.is_some() {
            subscriptions::update_feed(&app, id, change).await?;
        }
    }
    Ok(OK)
}

async fn subscribe(app: &App, stream: &str) -> Result<FeedId, AppError> {
    let address = stream.strip_prefix("feed/").unwrap_or(stream);
    subscriptions::subscribe_to_first(app, address, None).await
}

/// The folder that a feed moves into; `Some(None)`: out of the one it is in, when `r` names that.
fn changed_folder(
    form: &ClientForm,
    library: &ClientLibrary,
    feed: FeedId,
    joined: Option<FolderId>,
) -> Option<Option<FolderId>> {
    if joined.is_some() {
        return Some(joined);
    }
    let current = library.feed(feed)?.folder_id?;
    let mut left = form.all("r").filter_map(label_name).filter_map(|name| find_label(library, name));
    left.any(|label| label == ClientLabel::Folder(current)).then_some(None)
}
