//! Marking many articles read, and taking it back.

use crate::server::http::json::{error::ApiError, extract::JsonBody};
use crate::{
    domain::{
        article::{ArticleView, MarkReadScope},
        time::Timestamp,
    },
    error::AppError,
    server::{services::bulk_marks, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to mark read.
#[derive(Deserialize, ToSchema)]
pub struct MarkReadRequest {
    /// `all`, `feed`, `folder`, `category` or `view`.
    #[schema(example = "feed")]
    scope: String,
    /// Which feed, folder or category; for `view` its name (`unread` when absent).
    id: Option<MarkReadIdJson>,
    /// Only articles that arrived up to then, so that none is marked that was not on the page yet; now when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    before: Option<Timestamp>,
}

/// A number, or the name of a view.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum MarkReadIdJson {
    Number(i64),
    Name(String),
}

/// What was marked.
#[derive(Serialize, ToSchema)]
pub struct MarkReadResponse {
    marked: i64,
    /// Takes it back, within ten minutes.
    undo_token: String,
}

/// What to take back.
#[derive(Deserialize, ToSchema)]
pub struct UndoMarkReadRequest {
    undo_token: String,
}

/// What was taken back.
#[derive(Serialize, ToSchema)]
pub struct UndoMarkReadResponse {
    /// How many articles are unread again.
    unread: i64,
}

/// Marks the articles of a scope read.
#[utoipa::path(
    post, path = "/api/articles/mark-read", tag = "reading", request_body = MarkReadRequest, responses((status = 200, body = MarkReadResponse)),
)]
pub async fn mark_read(
    State(app): State<App>,
    JsonBody(request): JsonBody<MarkReadRequest>,
) -> Result<Json<MarkReadResponse>, ApiError> {
    let marked = bulk_marks::mark_read(&app, parse_scope(&request)?, request.before).await?;
    Ok(Json(MarkReadResponse { marked: marked.marked_count, undo_token: marked.undo_token }))
}

/// Takes a bulk "mark read" back, once and within ten minutes.
#[utoipa::path(post, path = "/api/articles/undo", tag = "reading", request_body = UndoMarkReadRequest, responses((status = 200, body = UndoMarkReadResponse)))]
pub async fn undo_mark_read(
    State(app): State<App>,
    JsonBody(request): JsonBody<UndoMarkReadRequest>,
) -> Result<Json<UndoMarkReadResponse>, ApiError> {
    Ok(Json(UndoMarkReadResponse { unread: bulk_marks::undo_mark_read(&app, &request.undo_token).await? }))
}

fn parse_scope(request: &MarkReadRequest) -> Result<MarkReadScope, AppError> {
    let number = || match &request.id {
        Some(MarkReadIdJson::Number(id)) => Ok(*id),
        _ => Err(AppError::invalid(format!("`id` must be a number with the scope \"{}\".", request.scope)).field("id")),
    };
    match request.scope.as_str() {
        "all" => Ok(MarkReadScope::All),
        "feed" => Ok(MarkReadScope::Feed(number()?.into())),
        "folder" => Ok(MarkReadScope::Folder(number()?.into())),
        "category" => Ok(MarkReadScope::Category(number()?.into())),
        "view" => match &request.id {
            None => Ok(MarkReadScope::View(ArticleView::default())),
            Some(MarkReadIdJson::Name(name)) => {
                ArticleView::parse(name).map(MarkReadScope::View).ok_or_else(unknown_view_error)
            }
            Some(MarkReadIdJson::Number(_)) => Err(unknown_view_error()),
        },
        _ => Err(AppError::invalid("`scope` is one of all, feed, folder, category, view.").field("scope")),
    }
}

fn unknown_view_error() -> AppError {
    let names: Vec<&str> = ArticleView::ALL.iter().map(|view| view.as_str()).collect();
    AppError::invalid(format!("`id` must be the name of a view with the scope \"view\": {}.", names.join(", ")))
        .field("id")
}

#[cfg(test)]
mod tests {
    use super::{MarkReadRequest, parse_scope};
    use crate::domain::{
        article::{ArticleView, MarkReadScope},
        ids::{CategoryId, FeedId, FolderId},
    };

    #[test]
    fn scopes_are_read_and_refused_by_name() {
        for (body, expected) in [
            (r#"{"scope":"all"}"#, Ok(MarkReadScope::All)),
            (r#"{"scope":"feed","id":3}"#, Ok(MarkReadScope::Feed(FeedId(3)))),
            (r#"{"scope":"folder","id":4}"#, Ok(MarkReadScope::Folder(FolderId(4)))),
            (r#"{"scope":"category","id":5}"#, Ok(MarkReadScope::Category(CategoryId(5)))),
            (r#"{"scope":"view"}"#, Ok(MarkReadScope::View(ArticleView::Unread))),
            (r#"{"scope":"view","id":"starred"}"#, Ok(MarkReadScope::View(ArticleView::Starred))),
            (r#"{"scope":"view","id":7}"#, Err("`id`")),
            (r#"{"scope":"feed"}"#, Err("`id`")),
            (r#"{"scope":"feed","id":"three"}"#, Err("`id`")),
            (r#"{"scope":"everything"}"#, Err("`scope`")),
        ] {
            let request: MarkReadRequest = serde_json::from_str(body).expect("a body");
            match (parse_scope(&request), expected) {
                (Ok(found), expected) => assert_eq!(Ok(found), expected, "{body}"),
                (Err(error), Err(field)) => assert!(error.message.contains(field), "{body}"),
                (Err(error), Ok(_)) => panic!("{body}: {error}"),
            }
        }
    }
}
