//! Authentication of devices by the token of ClientLogin, in the header `Authorization: GoogleLogin auth=`, or on POST as `T`.

use super::error::GreaderError;
use crate::{
    domain::access::device::{Device, Scope},
    error::{AppError, ErrorKind},
    server::{
        http::clients::form::{ClientForm, is_form},
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
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, header},
};

/// A request of a device that may read.
#[derive(Clone, Debug)]
pub struct GreaderCall {
    /// The device.
    pub device: Device,
    /// The labels and articles that it is shown.
    pub view: ClientView,
    /// Where the request comes from.
    pub client: ClientInfo,
    /// The parameters of body and address.
    pub form: ClientForm,
    /// The headers.
    pub headers: HeaderMap,
    /// The unparsed body.
    pub body: Bytes,
}

/// A request of a device that may write.
#[derive(Clone, Debug)]
pub struct GreaderChange(pub GreaderCall);

impl FromRequest<App> for GreaderCall {
    type Rejection = GreaderError;

    async fn from_request(request: Request, app: &App) -> Result<Self, GreaderError> {
        read_call(request, app, Scope::Read).await
    }
}

impl FromRequest<App> for GreaderChange {
    type Rejection = GreaderError;

    async fn from_request(request: Request, app: &App) -> Result<Self, GreaderError> {
        read_call(request, app, Scope::Write).await.map(Self)
    }
}

async fn read_call(request: Request, app: &App, needed: Scope) -> Result<GreaderCall, GreaderError> {
    let client = request.extensions().get::<ClientInfo>().cloned().ok_or_else(AppError::internal)?;
    let headers = request.headers().clone();
    let is_post = request.method() == Method::POST;
    let query = request.uri().query().map(ToOwned::to_owned);
    // A device in the header is known before its body is read.
    let mut device = match header_token(&headers) {
        Some(token) => Some(authenticate::authenticate_google_reader(app, token, &client).await?),
        None => None,
    };
    if device.is_none() && !is_post {
        return Err(no_token());
    }
    let body = Bytes::from_request(request, app)
        .await
        .map_err(|_| AppError::new(ErrorKind::TooLarge, "The request body is too large, or ended early."))?;
    let form = ClientForm::parse(query.as_deref(), if is_form(&headers) { &body } else { b"" });
    if device.is_none() {
        // Liferea sends contents requests without the header.
        let token = form.get("T").map(str::trim).filter(|token| !token.is_empty()).ok_or_else(no_token)?;
        device = Some(authenticate::authenticate_google_reader(app, token, &client).await?);
    }
    let device = device.ok_or_else(no_token)?;
    if !device.scopes.contains(needed) {
        let message = format!("The device “{}” has no scope `{}`.", device.name, needed.as_str());
        return Err(AppError::new(ErrorKind::Forbidden, message).into());
    }
    let view = load_view(app, &device, &client.user_agent).await?;
    Ok(GreaderCall { device, view, client, form, headers, body })
}

fn no_token() -> GreaderError {
    GreaderError(AppError::new(ErrorKind::Unauthorized, "The request carries no token."))
}

/// The token of `Authorization: GoogleLogin auth=TOKEN`.
fn header_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let token = rest.trim().strip_prefix("auth=")?.trim();
    scheme.eq_ignore_ascii_case("googlelogin").then_some(token)
}
