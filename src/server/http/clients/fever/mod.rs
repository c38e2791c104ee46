//! The Fever API, version 3 (docs/spec/client-apis.md "Fever"): one address, whose parameters say what is asked and what is changed.

mod answer;

use super::form::{ClientForm, is_form};
use crate::{
    domain::{
        access::device::{Device, Scope},
        article::ArticleChange,
        ids::{ArticleId, FeedId, FolderId},
    },
    error::{AppError, ErrorKind},
    server::{
        services::{
            access::ClientInfo,
            clients::{
                articles::MICROS_PER_SECOND,
                labels::ClientLabel,
                marks::{self, ClientScope},
                view::{ClientView, load_view},
            },
            devices::authenticate,
        },
        state::App,
    },
};
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::json;
use url::form_urlencoded::Serializer;

/// Its addresses: those of Fever and of FreshRSS.
pub fn router() -> Router<App> {
    Router::new().route("/fever", any(serve)).route("/fever/", any(serve)).route("/api/fever.php", any(serve))
}

async fn serve(State(app): State<App>, Extension(client): Extension<ClientInfo>, request: Request) -> Response {
    if request.method() == Method::HEAD {
        return StatusCode::OK.into_response();
    }
    let answered = match read_form(request).await {
        Ok(form) => answer(&app, &client, &form).await,
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| {
        let status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "api_version": answer::API_VERSION, "error": error.message }))).into_response()
    })
}

/// The parameters of address and body, which is a form of either kind.
async fn read_form(request: Request) -> Result<ClientForm, AppError> {
    let query = request.uri().query().map(ToOwned::to_owned);
    let unreadable = || AppError::new(ErrorKind::Malformed, "The form cannot be read.");
    let body = if is_form(request.headers()) {
        Bytes::from_request(request, &()).await.map_err(|_| unreadable())?
    } else {
        let Ok(mut parts) = Multipart::from_request(request, &()).await else {
            return Ok(ClientForm::parse(query.as_deref(), b""));
        };
        let mut pairs = Vec::new();
        while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
            let name = field.name().unwrap_or_default().to_owned();
            pairs.push((name, field.text().await.map_err(|_| unreadable())?));
        }
        Bytes::from(Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    Ok(ClientForm::parse(query.as_deref(), &body))
}

async fn answer(app: &App, client: &ClientInfo, form: &ClientForm) -> Result<Response, AppError> {
    let Some(device) = find_device(app, client, form).await? else {
        return Ok(Json(json!({ "api_version": answer::API_VERSION, "auth": 0 })).into_response());
    };
    let view = load_view(app, &device, &client.user_agent).await?;
    let marked = if device.scopes.contains(Scope::Write) { set_mark(app, &view, form).await? } else { None };
    Ok(Json(answer::compose(app, &view, form, marked).await?).into_response())
}

/// The device whose key stands in the body, when it may read. A key in the address would end up in logs and counts for nothing.
async fn find_device(app: &App, client: &ClientInfo, form: &ClientForm) -> Result<Option<Device>, AppError> {
    let Some(key) = form.get_in_body("api_key") else { return Ok(None) };
    match authenticate::authenticate_fever(app, key.trim(), client).await {
        Ok(device) => Ok(Some(device).filter(|device| device.scopes.contains(Scope::Read))),
        Err(error) if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::TooManyRequests) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a mark changed, which the answer lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FeverMark {
    Read,
    Saved,
}

/// Sets the mark that a form asks for; what cannot be understood changes nothing, as with Fever itself.
async fn set_mark(app: &App, view: &ClientView, form: &ClientForm) -> Result<Option<FeverMark>, AppError> {
    let (Some(what), Some(mark)) = (form.get("mark"), form.get("as")) else { return Ok(None) };
    let Some(id) = form.get("id").and_then(|id| id.trim().parse::<i64>().ok()) else { return Ok(None) };
    let (change, marked) = match mark {
        "read" => (ArticleChange::mark_read(true), FeverMark::Read),
        "unread" => (ArticleChange::mark_read(false), FeverMark::Read),
        "saved" => (ArticleChange::set_starred(true), FeverMark::Saved),
        "unsaved" => (ArticleChange::set_starred(false), FeverMark::Saved),
        _ => return Ok(None),
    };
    if what == "item" {
        marks::set_marks(app, &[ArticleId(id)], change).await?;
        return Ok(Some(marked));
    }
    let scope = match (what, id) {
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
