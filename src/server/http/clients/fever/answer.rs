//! The answer of Fever: all parts that the parameters request, in one object.

use super::mark::FeverMark;
use crate::{
    domain::ids::{ArticleId, FeedId},
    error::AppError,
    server::{
        http::clients::form::ClientForm,
        services::{
            clients::{
                articles,
                labels::folder_label,
                library::{ClientLibrary, load_library},
                text,
                view::ClientView,
            },
            icons,
        },
        state::App,
        storage::{
            client_articles::{ArticleCondition, ClientOrder, ClientQuery},
            client_rows::ClientArticle,
        },
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The version of the API.
pub const API_VERSION: i64 = 3;
/// Items of a page.
const PAGE_ITEMS: i64 = 50;

/// The answer. `marked`: the mark that the request changed; its ids are listed even when not requested.
pub(super) async fn compose(
    app: &App,
    view: &ClientView,
    form: &ClientForm,
    marked: Option<FeverMark>,
) -> Result<Value, AppError> {
    let library = load_library(app).await?;
    let refreshed = library.feeds.iter().filter_map(|feed| feed.last_fetched_at).max().map_or(0, |at| at.0);
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| drop(answer.insert(name.to_owned(), value));
    put("api_version", json!(API_VERSION));
    put("auth", json!(1));
    put("last_refreshed_on_time", json!(refreshed));
    if form.has("groups") {
        put("groups", library.folders.iter().map(|f| json!({ "id": f.id, "title": folder_label(&f.name) })).collect());
    }
    if form.has("feeds") {
        put("feeds", list_feeds(&library, &icons::load_icon_ids(app).await?));
    }
    if form.has("groups") || form.has("feeds") {
        put("feeds_groups", list_feeds_of_groups(&library));
    }
    if form.has("favicons") {
        let icons = icons::list_icons(app).await?;
        let icon = |mime_type: &str, data: &[u8]| format!("{mime_type};base64,{}", STANDARD.encode(data));
        put("favicons", icons.iter().map(|(id, i)| json!({ "id": id, "data": icon(&i.mime_type, &i.data) })).collect());
    }
    if form.has("items") {
        put("total_items", json!(articles::count(app, view, Vec::new()).await?));
        put("items", load_items(app, view, form).await?);
    }
    if form.has("unread_item_ids") || marked == Some(FeverMark::Read) {
        put("unread_item_ids", json!(list_ids(app, view, ArticleCondition::Read.negated()).await?));
    }
    if form.has("saved_item_ids") || marked == Some(FeverMark::Saved) {
        put("saved_item_ids", json!(list_ids(app, view, ArticleCondition::Starred).await?));
    }
    if form.has("links") {
        put("links", json!([]));
    }
    Ok(Value::Object(answer))
}

fn list_feeds(library: &ClientLibrary, icons: &HashMap<String, i64>) -> Value {
    let feeds = library.feeds.iter().map(|feed| {
        let icon = feed.icon.as_ref().and_then(|hash| icons.get(hash)).copied().unwrap_or(0);
        json!({
            "id": feed.id, "favicon_id": icon, "title": feed.display_title(), "url": feed.url.as_str(),
            "site_url": feed.site_url.as_deref().unwrap_or_default(), "is_spark": 0,
            "last_updated_on_time": feed.last_fetched_at.map_or(0, |at| at.0),
        })
    });
    feeds.collect()
}

/// The feeds of each folder; those in no folder are in no group.
fn list_feeds_of_groups(library: &ClientLibrary) -> Value {
    let groups = library.folders.iter().map(|folder| {
        let inside = library.feeds.iter().filter(|feed| feed.folder_id == Some(folder.id));
        let ids: Vec<String> = inside.map(|feed| feed.id.to_string()).collect();
        json!({ "group_id": folder.id, "feed_ids": ids.join(",") })
    });
    groups.collect()
}

/// A page of items: those named, those after an id, those before one, or the oldest.
async fn load_items(app: &App, view: &ClientView, form: &ClientForm) -> Result<Value, AppError> {
    let number = |name: &str| form.get(name).and_then(|value| value.trim().parse::<i64>().ok());
    let (conditions, is_descending) = if let Some(ids) = form.get("with_ids") {
        let ids = ids.split(',').filter_map(|id| id.trim().parse().ok().map(ArticleId));
        (vec![ArticleCondition::IdIn(ids.take(50).collect())], false)
    } else if let Some(since) = number("since_id") {
        (vec![ArticleCondition::IdAbove(ArticleId(since))], false)
    } else if form.has("max_id") {
        let before = number("max_id").filter(|id| *id > 0);
        (before.map(|id| ArticleCondition::IdBelow(ArticleId(id))).into_iter().collect(), true)
    } else {
        (Vec::new(), false)
    };
    let find = ClientQuery { conditions, order: ClientOrder::Id, is_descending, limit: PAGE_ITEMS, offset: 0 };
    let ids: Vec<ArticleId> = articles::find_keys(app, view, find).await?.into_iter().map(|key| key.id).collect();
    let found = articles::load(app, &ids).await?;
    Ok(found.iter().map(|article| item(article, view)).collect())
}

fn item(article: &ClientArticle, view: &ClientView) -> Value {
    let row = &article.row;
    let feed: FeedId = row.feed_id;
    json!({
        "id": row.id, "feed_id": feed, "title": text::title(article, view), "author": row.author.as_deref().unwrap_or_default(),
        "html": text::html(article, view), "url": row.url.as_deref().unwrap_or_default(),
        "is_saved": i32::from(row.is_starred), "is_read": i32::from(row.is_read), "created_on_time": row.sorted_at.0,
    })
}

/// All ids of articles with a mark, separated by commas without blanks; some clients read nothing else.
async fn list_ids(app: &App, view: &ClientView, mark: ArticleCondition) -> Result<String, AppError> {
    let find = ClientQuery {
        conditions: vec![mark],
        order: ClientOrder::Arrival,
        is_descending: false,
        limit: i64::MAX,
        offset: 0,
    };
    let keys = articles::find_keys(app, view, find).await?;
    Ok(keys.into_iter().map(|key| key.id.to_string()).collect::<Vec<_>>().join(","))
}
