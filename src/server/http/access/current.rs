//! The client and the caller of the request being answered, for server functions and pages.

use super::cookie;
use crate::{
    error::AppError,
    server::{
        services::access::{Caller, ClientInfo, not_logged_in},
        state::App,
        webauthn::RelyingParty,
    },
};
use http::{header::HOST, request::Parts, uri::Authority};
use leptos::prelude::use_context;
use std::net::{IpAddr, Ipv4Addr};

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
    let Some(parts) = use_context::<Parts>() else { return String::new() };
    let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| parts.uri.authority().map(Authority::as_str)).unwrap_or_default().to_owned()
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
