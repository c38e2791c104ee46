//! Changes of Fever: marks of an item, of a feed, of a group.

use crate::domain::time::MICROS_PER_SECOND;
use crate::{
    domain::{
        article::ArticleChange,
        ids::{ArticleId, FeedId, FolderId},
    },
    error::AppError,
    server::{
        http::clients::form::ClientForm,
        services::clients::{
            labels::ClientLabel,
            marks::{self, ClientScope},
            view::ClientView,
        },
        state::App,
    },
};

/// The kind of mark that was changed; the answer lists its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeverMark {
    Read,
    Saved,
}

/// Sets the mark that a form requests; a form that is not understood changes nothing, as with Fever itself.
pub(super) async fn set_mark(app: &App, view: &ClientView, form: &ClientForm) -> Result<Option<FeverMark>, AppError> {
    let (Some(target), Some(mark)) = (form.get("mark"), form.get("as")) else { return Ok(None) };
    let Some(id) = form.get("id").and_then(|id| id.trim().parse::<i64>().ok()) else { return Ok(None) };
    let (change, marked) = match mark {
        "read" => (ArticleChange::mark_read(true), FeverMark::Read),
        "unread" => (ArticleChange::mark_read(false), FeverMark::Read),
        "saved" => (ArticleChange::set_starred(true), FeverMark::Saved),
        "unsaved" => (ArticleChange::set_starred(false), FeverMark::Saved),
        _ => return Ok(None),
    };
    if target == "item" {
        marks::set_marks(app, &[ArticleId(id)], change).await?;
        return Ok(Some(marked));
    }
    let scope = match (target, id) {
        ("feed", id) => ClientScope::Feed(FeedId(id)),
        ("group", 0) => ClientScope::All,
        ("group", id) if id > 0 => ClientScope::Label(ClientLabel::Folder(FolderId(id))),
        _ => return Ok(None),
    };
    let before = form.get("before").and_then(|before| before.trim().parse::<i64>().ok()).filter(|before| *before > 0);
    let (Some(before), "read") = (before, mark) else { return Ok(None) };
    marks::mark_list_read(app, view, scope, Some(before.saturating_mul(MICROS_PER_SECOND))).await?;
    Ok(Some(marked))
}
