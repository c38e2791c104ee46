//! Authentication: a device by its token (`X-Auth-Token`), or by its user name and password (Basic).

use super::error::{MinifluxError, bad_request};
use crate::{
    domain::access::device::{Device, Scope},
    error::{AppError, ErrorKind},
    server::{
        services::{
            access::ClientInfo,
            clients::view::{ClientView, load_view},
            devices::authenticate,
        },
        state::App,
    },
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;

/// The authenticated device of a request, within its scopes, and its view.
#[derive(Clone, Debug)]
pub struct MinifluxCaller {
    /// The device.
    pub device: Device,
    /// The labels and articles that it is shown.
    pub view: ClientView,
}

impl FromRequestParts<App> for MinifluxCaller {
    type Rejection = MinifluxError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, MinifluxError> {
        let client = parts.extensions.get::<ClientInfo>().cloned().ok_or_else(AppError::internal)?;
        let device = if let Some(token) = parts.headers.get("x-auth-token").and_then(|token| token.to_str().ok()) {
            authenticate::authenticate_token(app, token.trim(), &client).await?
        } else if let Some((name, password)) = basic_credentials(&parts.headers) {
            authenticate::authenticate_password(app, &name, &password, &client).await?
        } else {
            return Err(AppError::new(ErrorKind::Unauthorized, "Access unauthorized.")
                .hint("Send the token of a device as X-Auth-Token, or its user name and password.")
                .into());
        };
        let needed = if parts.method.is_safe() { Scope::Read } else { Scope::Write };
        if !device.scopes.contains(needed) {
            let message = format!("The device “{}” has no scope `{}`.", device.name, needed.as_str());
            return Err(AppError::new(ErrorKind::Forbidden, message).into());
        }
        let view = load_view(app, &device, &client.user_agent).await?;
        Ok(Self { device, view })
    }
}

/// User name and password of `Authorization: Basic` (RFC 7617).
fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// A JSON body with any content type: newsboat sends JSON as a form.
#[derive(Clone, Copy, Debug)]
pub struct MinifluxBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for MinifluxBody<T> {
    type Rejection = MinifluxError;

    async fn from_request(request: Request, app: &App) -> Result<Self, MinifluxError> {
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|_| AppError::new(ErrorKind::TooLarge, "The request body is too large, or ended early."))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| bad_request(format!("The body is not the JSON of this request: {error}.")))
    }
}

/// A number in the address.
pub fn parse_id(text: &str) -> Result<i64, MinifluxError> {
    text.parse().map_err(|_| bad_request("The id in the address must be a number."))
}
