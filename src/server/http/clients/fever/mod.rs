//! The Fever API, version 3 (docs/spec/client-apis.md "Fever"): one address, whose parameters request data and changes.

mod answer;
pub(super) mod error;
mod mark;

use self::error::FeverError;
use super::form::{ClientForm, is_form};
use crate::{
    domain::access::device::{Device, Scope},
    error::{AppError, ErrorKind},
    server::{
        services::{access::ClientInfo, clients::view::load_view, devices::authenticate},
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
    let result = match read_form(request).await {
        Ok(form) => answer(&app, &client, &form).await,
        Err(error) => Err(error),
    };
    result.unwrap_or_else(|error| FeverError(error).into_response())
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
    let marked = if device.scopes.contains(Scope::Write) { mark::set_mark(app, &view, form).await? } else { None };
    Ok(Json(answer::compose(app, &view, form, marked).await?).into_response())
}

/// The device whose key is in the body, when it may read. A key in the address is ignored: it would end up in logs.
async fn find_device(app: &App, client: &ClientInfo, form: &ClientForm) -> Result<Option<Device>, AppError> {
    let Some(key) = form.get_in_body("api_key") else { return Ok(None) };
    match authenticate::authenticate_fever(app, key.trim(), client).await {
        Ok(device) => Ok(Some(device).filter(|device| device.scopes.contains(Scope::Read))),
        Err(error) if error.kind == ErrorKind::Unauthorized => Ok(None),
        Err(error) => Err(error),
    }
}
