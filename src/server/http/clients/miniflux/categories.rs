//! Categories, which are folders.

use super::{
    caller::{MinifluxBody, MinifluxCaller, parse_id},
    error::{MinifluxError, bad_request},
    responses::{ALL_CATEGORY_ID, category_response, feed_response, folder_of_category},
};
use crate::{
    domain::{
        feed::Feed,
        ids::{FeedId, FolderId},
    },
    error::AppError,
    server::{
        services::{
            clients::{
                counts::load_counts,
                labels::ClientLabel,
                library::{ClientLibrary, load_library},
                marks::{self, ClientScope},
            },
            icons, subscriptions,
        },
        state::App,
    },
};
use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The name of a category.
#[derive(Debug, Deserialize)]
pub struct MinifluxCategoryChange {
    title: String,
}

/// `GET /v1/categories`; with `counts=true` the numbers of feeds and unread entries.
pub async fn list(
    State(app): State<App>,
    caller: MinifluxCaller,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Value>>, MinifluxError> {
    let library = load_library(&app).await?;
    let counts = if query.unwrap_or_default().split('&').any(|pair| pair.eq_ignore_ascii_case("counts=true")) {
        Some(load_counts(&app, &library, &caller.view).await?)
    } else {
        None
    };
    let folders = std::iter::once(None).chain(library.folders.iter().map(Some));
    let answer = folders.map(|folder| {
        let mut category = category_response(folder);
        if let Some(counts) = &counts {
            let inside: Vec<FeedId> = feeds_in(&library, folder.map(|folder| folder.id)).map(|feed| feed.id).collect();
            let unread: i64 = inside.iter().filter_map(|id| counts.feeds.get(id)).map(|count| count.unread).sum();
            category["feed_count"] = json!(inside.len());
            category["total_unread"] = json!(unread);
        }
        category
    });
    Ok(Json(answer.collect()))
}

fn feeds_in(library: &ClientLibrary, folder: Option<FolderId>) -> impl Iterator<Item = &Feed> {
    library.feeds.iter().filter(move |feed| feed.folder_id == folder)
}

/// Whether there is such a category.
///
/// # Errors
/// 404.
pub fn check_category(library: &ClientLibrary, category: i64) -> Result<(), AppError> {
    match folder_of_category(category) {
        Some(folder) if library.folder(folder).is_none() => Err(AppError::not_found("There is no such category.")),
        _ => Ok(()),
    }
}

/// `POST /v1/categories`; 201.
pub async fn create(
    State(app): State<App>,
    _caller: MinifluxCaller,
    MinifluxBody(new): MinifluxBody<MinifluxCategoryChange>,
) -> Result<(StatusCode, Json<Value>), MinifluxError> {
    let folder = subscriptions::create_folder(&app, &new.title).await?;
    Ok((StatusCode::CREATED, Json(category_response(Some(&folder)))))
}

/// `PUT /v1/categories/{id}`; 201.
pub async fn rename(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
    MinifluxBody(new): MinifluxBody<MinifluxCategoryChange>,
) -> Result<(StatusCode, Json<Value>), MinifluxError> {
    let folder = subscriptions::rename_folder(&app, folder_to_change(&id)?, &new.title).await?;
    Ok((StatusCode::CREATED, Json(category_response(Some(&folder)))))
}

/// `DELETE /v1/categories/{id}`: its feeds stay, without a folder; 204.
pub async fn remove(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    subscriptions::delete_folder(&app, folder_to_change(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn folder_to_change(id: &str) -> Result<FolderId, MinifluxError> {
    folder_of_category(parse_id(id)?)
        .ok_or_else(|| bad_request("The category “All” holds the feeds in no folder; it cannot be changed."))
}

/// `GET /v1/categories/{id}/feeds`.
pub async fn list_feeds(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<Json<Vec<Value>>, MinifluxError> {
    let (library, icons) = (load_library(&app).await?, icons::load_icon_ids(&app).await?);
    let category = parse_id(&id)?;
    check_category(&library, category)?;
    let inside = feeds_in(&library, folder_of_category(category));
    Ok(Json(inside.map(|feed| feed_response(feed, &library, &icons)).collect()))
}

/// `PUT /v1/categories/{id}/refresh`: its feeds are fetched in the background; 204.
pub async fn refresh(
    State(app): State<App>,
    _caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    let library = load_library(&app).await?;
    let category = parse_id(&id)?;
    check_category(&library, category)?;
    let ids: Vec<FeedId> = feeds_in(&library, folder_of_category(category)).map(|feed| feed.id).collect();
    subscriptions::refresh_feeds(&app, &ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/categories/{id}/mark-all-as-read`; 204.
pub async fn mark_all_read(
    State(app): State<App>,
    caller: MinifluxCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, MinifluxError> {
    let category = parse_id(&id)?;
    check_category(&load_library(&app).await?, category)?;
    let scope = match folder_of_category(category) {
        Some(folder) => ClientScope::Label(ClientLabel::Folder(folder)),
        None => ClientScope::NoFolder,
    };
    marks::mark_list_read(&app, &caller.view, scope, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The folder that a request names by its category.
///
/// # Errors
/// 400 when there is none, as Miniflux answers in a body.
pub fn folder_in_body(library: &ClientLibrary, category: i64) -> Result<Option<FolderId>, MinifluxError> {
    check_category(library, category)
        .map_err(|_| bad_request(format!("There is no category with the id {category}.")))?;
    Ok(Some(category).filter(|id| *id != ALL_CATEGORY_ID).and_then(folder_of_category))
}
