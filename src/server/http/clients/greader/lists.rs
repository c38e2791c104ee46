//! Lists of items: their ids, or their contents, streamed from the database.

use super::{
    caller::GreaderCall,
    error::{GreaderError, bad_request},
    item::ItemWriter,
    item_id::parse_item_id,
    list_query::{GreaderPage, find_page, parse_list},
    streams::READING_LIST,
};
use crate::{
    domain::ids::ArticleId,
    error::AppError,
    server::{
        http::clients::form::ClientForm,
        services::clients::{
            articles,
            library::{ClientLibrary, load_library},
            view::ClientView,
        },
        state::App,
        storage::client_articles::{ArticleCondition, ClientOrder, ClientQuery},
    },
};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Maximum ids of a page.
const MAX_IDS: i64 = 200_000;
/// Maximum items of a page.
const MAX_ITEMS: i64 = 1_000;
/// Items that are read from the database and written together.
const ITEMS_PER_PART: usize = 100;

/// Ids of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GreaderIds {
    item_refs: Vec<GreaderItemRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    continuation: Option<String>,
}

/// The id of an item, as a decimal number.
#[derive(Serialize)]
struct GreaderItemRef {
    id: String,
}

/// `GET stream/items/ids`.
pub async fn list_ids(State(app): State<App>, call: GreaderCall) -> Result<Response, GreaderError> {
    let library = load_library(&app).await?;
    let list = parse_list(&call.form, None, &library, &call.view, MAX_IDS)?;
    let GreaderPage { keys, continuation } = find_page(&app, &call.view, list).await?;
    let item_refs = keys.into_iter().map(|key| GreaderItemRef { id: key.id.to_string() }).collect();
    Ok(Json(GreaderIds { item_refs, continuation }).into_response())
}

/// `GET stream/contents`: the stream `s`, else everything.
pub async fn list_contents(State(app): State<App>, call: GreaderCall) -> Result<Response, GreaderError> {
    answer_list(&app, &call, None).await
}

/// `GET stream/contents/STREAM`.
pub async fn list_contents_of_path(
    State(app): State<App>,
    Path(stream): Path<String>,
    call: GreaderCall,
) -> Result<Response, GreaderError> {
    answer_list(&app, &call, Some(&stream)).await
}

async fn answer_list(app: &App, call: &GreaderCall, stream: Option<&str>) -> Result<Response, GreaderError> {
    let library = load_library(app).await?;
    let list = parse_list(&call.form, stream, &library, &call.view, MAX_ITEMS)?;
    let stream = list.stream.clone();
    let page = find_page(app, &call.view, list).await?;
    Ok(answer_items(app, library, call.view, &stream, page))
}

/// `POST stream/items/contents`: the items of `i`, newest first; deleted ones are left out. 400 for an id that cannot be read.
pub async fn show_items(State(app): State<App>, call: GreaderCall) -> Result<Response, GreaderError> {
    let find = ClientQuery {
        conditions: vec![ArticleCondition::IdIn(parse_item_ids(&call.form)?)],
        order: ClientOrder::Arrival,
        is_descending: true,
        limit: i64::MAX,
        offset: 0,
    };
    let keys = articles::find_keys(&app, &call.view, find).await?;
    let library = load_library(&app).await?;
    Ok(answer_items(&app, library, call.view, READING_LIST, GreaderPage { keys, continuation: None }))
}

/// The ids of `i`.
///
/// # Errors
/// 400 for one that cannot be read.
pub fn parse_item_ids(form: &ClientForm) -> Result<Vec<ArticleId>, GreaderError> {
    let parse = |text| parse_item_id(text).ok_or_else(|| bad_request(format!("“{text}” is no id of an item.")));
    form.all("i").map(parse).collect()
}

/// The envelope with the items of a page, read and written part by part.
fn answer_items(app: &App, library: ClientLibrary, view: ClientView, stream_id: &str, page: GreaderPage) -> Response {
    let continuation = page.continuation.map(|last| format!("\"continuation\":\"{last}\",")).unwrap_or_default();
    let head =
        format!("{{\"id\":{},\"updated\":{},{continuation}\"items\":[", Value::from(stream_id), app.clock.now().0);
    let ids: Vec<ArticleId> = page.keys.into_iter().map(|key| key.id).collect();
    let parts: Vec<Vec<ArticleId>> = ids.chunks(ITEMS_PER_PART).map(<[ArticleId]>::to_vec).collect();
    let (app, writer) = (app.clone(), Arc::new(ItemWriter::new(library, view)));
    let items = stream::try_unfold((parts.into_iter(), true), move |(mut parts, is_first)| {
        let (app, writer) = (app.clone(), Arc::clone(&writer));
        async move {
            let Some(ids) = parts.next() else { return Ok(None) };
            let text = write_part(&app, &writer, &ids, is_first).await?;
            let is_first = is_first && text.is_empty();
            Ok::<_, AppError>(Some((Bytes::from(text), (parts, is_first))))
        }
    });
    let whole = |text: Bytes| stream::once(async move { Ok(text) });
    let body = whole(Bytes::from(head)).chain(items).chain(whole(Bytes::from_static(b"]}")));
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response()
}

/// Some items, separated by commas; with one before them unless they are the first.
async fn write_part(app: &App, writer: &ItemWriter, ids: &[ArticleId], is_first: bool) -> Result<String, AppError> {
    let mut text = String::new();
    for article in &articles::load(app, ids).await? {
        let Some(item) = writer.item(article) else { continue };
        if !(is_first && text.is_empty()) {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(&item).map_err(|_| AppError::internal())?);
    }
    Ok(text)
}
