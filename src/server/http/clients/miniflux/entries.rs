//! Entries: lists, one entry, read, star.

use super::{
    caller::{MinifluxBody, MinifluxCaller, parse_id},
    entry_filter::{MAX_ENTRIES, MAX_IDS, category_condition, parse_entry_query},
    error::{MinifluxError, bad_request},
    responses::EntryWriter,
};
use crate::{
    domain::{article::ArticleChange, ids::ArticleId},
    error::{AppError, ErrorKind},
    server::{
        services::{
            clients::{
                articles,
                library::{ClientLibrary, load_library},
                marks, text,
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
use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

/// `GET /v1/entries`.
pub async fn list(
    State(app): State<App>,
    caller: MinifluxCaller,
    RawQuery(query): RawQuery,
) -> Result<Response, MinifluxError> {
    list_within(&app, &caller, &load_library(&app).await?, query, None).await
}

/// `GET /v1/feeds/{id}/entries`.
pub async fn list_of_feed(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, MinifluxError> {
    let (library, feed) = (load_library(&app).await?, parse_id(&id)?.into());
    if library.feed(feed).is_none() {
        return Err(AppError::not_found("There is no such feed.").into());
    }
    list_within(&app, &caller, &library, query, Some(ArticleCondition::Feed(feed))).await
}

/// `GET /v1/categories/{id}/entries`.
pub async fn list_of_category(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, MinifluxError> {
    let (library, category) = (load_library(&app).await?, parse_id(&id)?);
    super::categories::check_category(&library, category)?;
    list_within(&app, &caller, &library, query, Some(category_condition(category))).await
}

async fn list_within(
    app: &App,
    caller: &MinifluxCaller,
    library: &ClientLibrary,
    query: Option<String>,
    within: Option<ArticleCondition>,
) -> Result<Response, MinifluxError> {
    let mut find = parse_entry_query(query.as_deref().unwrap_or_default(), library, &caller.view, MAX_ENTRIES)?;
    find.conditions.extend(within);
    let (total, ids) = articles::list_part(app, caller.device.id, &caller.view, find).await?;
    let found = articles::load(app, &ids).await?;
    let icons = icons::load_icon_ids(app).await?;
    let writer = EntryWriter::new(library, &caller.view, &icons, &found);
    let entries: Vec<_> = found.iter().filter_map(|article| writer.entry(article)).collect();
    Ok(Json(json!({ "total": total, "entries": entries })).into_response())
}

/// `GET /v1/entries/ids`.
pub async fn list_ids(
    State(app): State<App>,
    caller: MinifluxCaller,
    RawQuery(query): RawQuery,
) -> Result<Response, MinifluxError> {
    let library = load_library(&app).await?;
    let query = query.unwrap_or_default();
    let mut find = parse_entry_query(&query, &library, &caller.view, MAX_IDS)?;
    if !query.contains("limit=") {
        find.limit = MAX_IDS;
    }
    let (total, ids) = articles::list_part(&app, caller.device.id, &caller.view, find).await?;
    Ok(Json(json!({ "total": total, "entry_ids": ids })).into_response())
}

/// `GET /v1/entries/{id}`.
pub async fn show(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<Response, MinifluxError> {
    let article = find_entry(&app, &caller, &id).await?;
    answer_entry(&app, &caller, &article).await
}

/// `GET /v1/feeds/{id}/entries/{entry}` and `GET /v1/categories/{id}/entries/{entry}`: ids of entries are unique, so the first one
/// adds nothing.
pub async fn show_in(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, MinifluxError> {
    let article = find_entry(&app, &caller, &id).await?;
    answer_entry(&app, &caller, &article).await
}

async fn answer_entry(app: &App, caller: &MinifluxCaller, article: &ClientArticle) -> Result<Response, MinifluxError> {
    let (library, icons) = (load_library(app).await?, icons::load_icon_ids(app).await?);
    let writer = EntryWriter::new(&library, &caller.view, &icons, std::slice::from_ref(article));
    Ok(Json(writer.entry(article).ok_or_else(no_such_entry)?).into_response())
}

/// The entry, when the device is shown it.
async fn find_entry(app: &App, caller: &MinifluxCaller, id: &str) -> Result<ClientArticle, MinifluxError> {
    let find = ClientQuery {
        conditions: vec![ArticleCondition::IdIn(vec![ArticleId(parse_id(id)?)])],
        order: ClientOrder::Id,
        is_descending: false,
        limit: 1,
        offset: 0,
    };
    let keys = articles::find_keys(app, &caller.view, find).await?;
    let ids: Vec<ArticleId> = keys.into_iter().map(|key| key.id).collect();
    Ok(articles::load(app, &ids).await?.pop().ok_or_else(no_such_entry)?)
}

fn no_such_entry() -> AppError {
    AppError::not_found("There is no such entry.")
}

/// The body of `PUT /v1/entries`.
#[derive(Debug, Deserialize)]
pub struct MinifluxEntriesChange {
    entry_ids: Vec<i64>,
    status: Option<String>,
    starred: Option<bool>,
}

/// `PUT /v1/entries`; 204.
pub async fn update(
    State(app): State<App>,
    _caller: MinifluxCaller,
    MinifluxBody(change): MinifluxBody<MinifluxEntriesChange>,
) -> Result<StatusCode, MinifluxError> {
    let is_read = match change.status.as_deref() {
        None => None,
        Some("read") => Some(true),
        Some("unread") => Some(false),
        Some(_) => return Err(bad_request("`status` is read or unread.")),
    };
    if change.entry_ids.is_empty() || (is_read.is_none() && change.starred.is_none()) {
        return Err(bad_request("`entry_ids` and one of `status` and `starred` are needed."));
    }
    let ids: Vec<ArticleId> = change.entry_ids.into_iter().map(ArticleId).collect();
    marks::set_marks(&app, &ids, ArticleChange { is_read, is_starred: change.starred, vote: None }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/entries/{id}/bookmark`: stars what is not starred, and the other way round; 204.
pub async fn toggle_star(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    let article = find_entry(&app, &caller, &id).await?;
    marks::set_marks(&app, &[article.row.id], ArticleChange::set_starred(!article.row.is_starred)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/entries/{id}/fetch-content`: the stored text; pages of sites are not fetched.
pub async fn show_content(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<Response, MinifluxError> {
    let article = find_entry(&app, &caller, &id).await?;
    Ok(Json(json!({ "content": text::html(&article, &caller.view) })).into_response())
}

/// `POST /v1/entries/{id}/save`: there is no service to save to; 400.
pub async fn save(State(app): State<App>, caller: MinifluxCaller, Path(id): Path<String>) -> MinifluxError {
    match find_entry(&app, &caller, &id).await {
        Ok(_) => bad_request("No third-party service is set up to save entries to."),
        Err(error) => error,
    }
}

/// `PUT /v1/entries/{id}`: texts are the publisher's; 403.
pub async fn refuse_edit(_caller: MinifluxCaller) -> MinifluxError {
    MinifluxError(AppError::new(ErrorKind::Forbidden, "Title and text of an entry cannot be changed."))
}
