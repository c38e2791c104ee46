//! The client and the caller of the request being answered, for server functions and pages.

use super::cookie;
use crate::{
    error::AppError,
    server::{
        services::{
            access::{Caller, ClientInfo, not_logged_in},
            outgoing_feeds::RequestedSite,
        },
        state::App,
        webauthn::RelyingParty,
    },
};
use axum::extract::FromRequestParts;
use http::{header::HOST, request::Parts, uri::Authority};
use leptos::prelude::use_context;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
};

/// The caller of the current request; `None` before the login. An extension of every request.
#[derive(Clone, Debug)]
pub struct RequestCaller(pub Option<Caller>);

/// The client and the caller of the request being answered by a server function or a page.
pub fn current_request() -> (ClientInfo, Option<Caller>) {
    let unknown =
        || ClientInfo { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), user_agent: String::new(), is_secure: false };
    let Some(parts) = use_context::<Parts>() else { return (unknown(), None) };
    let client = parts.extensions.get::<ClientInfo>().cloned().unwrap_or_else(unknown);
    (client, parts.extensions.get::<RequestCaller>().and_then(|caller| caller.0.clone()))
}

/// The value of the cookie of the pending login; empty without one.
pub fn current_pending_login() -> String {
    let parts = use_context::<Parts>();
    parts.and_then(|parts| cookie::pending_login(&parts.headers).map(str::to_owned)).unwrap_or_default()
}

/// The host, with its port, that the request being answered was sent to; empty outside of a request.
pub fn requested_host() -> String {
    use_context::<Parts>().map(|parts| host_of(&parts)).unwrap_or_default()
}

fn host_of(parts: &Parts) -> String {
    let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| parts.uri.authority().map(Authority::as_str)).unwrap_or_default().to_owned()
}

/// Where a request was sent to, as an extractor.
#[derive(Clone, Debug)]
pub struct RequestSite {
    host: String,
    is_secure: bool,
}

impl RequestSite {
    /// That of the request being answered by a server function or a page.
    pub fn current() -> Self {
        Self { host: requested_host(), is_secure: current_request().0.is_secure }
    }

    /// As services take it.
    pub fn as_requested(&self) -> RequestedSite<'_> {
        RequestedSite { host: &self.host, is_secure: self.is_secure }
    }
}

impl<S: Sync> FromRequestParts<S> for RequestSite {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let is_secure = parts.extensions.get::<ClientInfo>().is_some_and(|client| client.is_secure);
        Ok(Self { host: host_of(parts), is_secure })
    }
}

/// The relying party whose passkeys the browser can use, by the host that it requested.
pub fn current_relying_party() -> Option<RelyingParty> {
    let public_url = use_context::<App>().and_then(|app| app.config.access.public_url.clone());
    RelyingParty::of_request(public_url.as_ref(), &requested_host(), current_request().0.is_secure)
}

/// As [`current_request`], with a caller.
///
/// # Errors
/// 401 without one.
pub fn current_caller() -> Result<(ClientInfo, Caller), AppError> {
    let (client, caller) = current_request();
    Ok((client, caller.ok_or_else(not_logged_in)?))
}
