//! Marking many articles read, and taking it back.

use super::{failure::Failure, read::Body};
use crate::{
    domain::{
        article::{MarkScope, View},
        time::Timestamp,
    },
    error::AppError,
    server::{services::reading, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to mark read.
#[derive(Deserialize, ToSchema)]
pub struct MarkRead {
    /// `all`, `feed`, `folder`, `category` or `view`.
    #[schema(example = "feed")]
    scope: String,
    /// Which feed, folder or category; for `view` its name (`unread` when absent).
    id: Option<MarkId>,
    /// Only what arrived up to then; now when absent. So that nothing is marked that was not on the page yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    before: Option<Timestamp>,
}

/// A number, or the name of a view.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum MarkId {
    Number(i64),
    Name(String),
}

/// What was marked.
#[derive(Serialize, ToSchema)]
pub struct MarkedRead {
    marked: i64,
    /// Takes it back, within ten minutes.
    undo_token: String,
}

/// What to take back.
#[derive(Deserialize, ToSchema)]
pub struct Undo {
    undo_token: String,
}

/// What was taken back.
#[derive(Serialize, ToSchema)]
pub struct Undone {
    /// How many articles are unread again.
    unread: i64,
}

/// Marks the articles of a scope read.
#[utoipa::path(
    post, path = "/api/articles/mark-read", tag = "reading", request_body = MarkRead, responses((status = 200, body = MarkedRead)),
)]
pub async fn mark_read(State(app): State<App>, Body(request): Body<MarkRead>) -> Result<Json<MarkedRead>, Failure> {
    let marked = reading::mark_read(&app, scope(&request)?, request.before).await?;
    Ok(Json(MarkedRead { marked: marked.marked, undo_token: marked.undo_token }))
}

/// Takes a bulk "mark read" back, once and within ten minutes.
#[utoipa::path(post, path = "/api/articles/undo", tag = "reading", request_body = Undo, responses((status = 200, body = Undone)))]
pub async fn undo(State(app): State<App>, Body(request): Body<Undo>) -> Result<Json<Undone>, Failure> {
    Ok(Json(Undone { unread: reading::undo(&app, &request.undo_token).await? }))
}

fn scope(request: &MarkRead) -> Result<MarkScope, AppError> {
    let number = || match &request.id {
        Some(MarkId::Number(id)) => Ok(*id),
        _ => Err(AppError::invalid(format!("`id` must be a number with the scope \"{}\".", request.scope))),
    };
    match request.scope.as_str() {
        "all" => Ok(MarkScope::All),
        "feed" => Ok(MarkScope::Feed(number()?.into())),
        "folder" => Ok(MarkScope::Folder(number()?.into())),
        "category" => Ok(MarkScope::Category(number()?.into())),
        "view" => match &request.id {
            None => Ok(MarkScope::View(View::default())),
            Some(MarkId::Name(name)) => View::parse(name).map(MarkScope::View).ok_or_else(no_view),
            Some(MarkId::Number(_)) => Err(no_view()),
        },
        _ => Err(AppError::invalid("`scope` is one of all, feed, folder, category, view.")),
    }
}

fn no_view() -> AppError {
    let names: Vec<&str> = View::ALL.iter().map(|view| view.as_str()).collect();
    AppError::invalid(format!("`id` must be the name of a view with the scope \"view\": {}.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{MarkRead, scope};
    use crate::domain::{
        article::{MarkScope, View},
        ids::{CategoryId, FeedId, FolderId},
    };

    #[test]
    fn scopes_are_read_and_refused_by_name() {
        for (body, expected) in [
            (r#"{"scope":"all"}"#, Ok(MarkScope::All)),
            (r#"{"scope":"feed","id":3}"#, Ok(MarkScope::Feed(FeedId(3)))),
            (r#"{"scope":"folder","id":4}"#, Ok(MarkScope::Folder(FolderId(4)))),
            (r#"{"scope":"category","id":5}"#, Ok(MarkScope::Category(CategoryId(5)))),
            (r#"{"scope":"view"}"#, Ok(MarkScope::View(View::Unread))),
            (r#"{"scope":"view","id":"starred"}"#, Ok(MarkScope::View(View::Starred))),
            (r#"{"scope":"view","id":7}"#, Err("`id`")),
            (r#"{"scope":"feed"}"#, Err("`id`")),
            (r#"{"scope":"feed","id":"three"}"#, Err("`id`")),
            (r#"{"scope":"everything"}"#, Err("`scope`")),
        ] {
            let request: MarkRead = serde_json::from_str(body).expect("a body");
            match (scope(&request), expected) {
                (Ok(found), expected) => assert_eq!(Ok(found), expected, "{body}"),
                (Err(error), Err(field)) => assert!(error.message.contains(field), "{body}"),
                (Err(error), Ok(_)) => panic!("{body}: {error}"),
            }
        }
    }
}
