//! The layer that authenticates and authorizes requests, and answers those that it refuses.

pub mod client;
pub mod cookie;
pub mod current;
pub mod refusal;
pub mod routes;
mod streams;

use crate::{
    domain::access::{AccessMode, device::Scope},
    error::{AppError, ErrorKind},
    server::{
        listener::ConnectionPeer,
        secrets::TOKEN_PREFIX,
        services::{
            access::{self, Caller, ClientInfo, sessions},
            devices::authenticate,
        },
        state::App,
    },
};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use current::RequestCaller;
use routes::RouteAccess;

/// Runs the route when the caller may use it, else answers with a refusal.
pub async fn check_access(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<ConnectionPeer>>().map(|connection| connection.0);
    let uri = request.uri().clone();
    let client = client::take_client(&app.config.access, connection, &uri, request.headers_mut());
    let route = routes::access_of(request.uri().path());
    if route == RouteAccess::Static {
        request.extensions_mut().insert(RequestCaller(None));
        return next.run(request).await;
    }
    if route == RouteAccess::ClientApi {
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(RequestCaller(None));
        return next.run(request).await;
    }
    let found = find_caller(&app, &client, request.headers()).await;
    let decision = match found {
        // A wrong token must not block the login.
        Err(error) if route == RouteAccess::Public && error.kind != ErrorKind::Internal => Ok(None),
        Err(error) => Err(error),
        Ok(caller) => check_caller(route, caller, &client, &request),
    };
    let caller = match decision {
        Ok(caller) => caller,
        Err(error) => return refusal::refuse(&app, &error, &request.into_parts().0).await,
    };
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(RequestCaller(caller.clone()));
    let response = next.run(request).await;
    match caller {
        Some(caller) => streams::end_with_access(app, caller, response),
        None => response,
    }
}

/// The caller of a request; `None` when it is not authenticated.
///
/// # Errors
/// 401 for a token that is wrong, and where no password is set for a request that came from elsewhere through a proxy.
async fn find_caller(app: &App, client: &ClientInfo, headers: &HeaderMap) -> Result<Option<Caller>, AppError> {
    if let Some(token) = bearer_token(headers) {
        let device = authenticate::authenticate_token(app, token, client).await?;
        return Ok(Some(Caller::Device(Box::new(device))));
    }
    if client::proxy_user(&app.config.access, headers) == Some(app.config.access.owner.as_str()) {
        return Ok(Some(Caller::TrustedProxy));
    }
    for token in cookie::session_tokens(headers) {
        if let Some(id) = sessions::find(app, token, client).await? {
            return Ok(Some(Caller::Session(id)));
        }
    }
    if access::mode(app).await? != AccessMode::Open {
        return Ok(None);
    }
    if client::is_on_this_machine(client, headers) {
        return Ok(Some(Caller::Anybody));
    }
    let message = "No password is set, so only this machine is let in; a proxy passed this request on from elsewhere.";
    Err(AppError::new(ErrorKind::Unauthorized, message).hint("`gleaner owner set-password` on the server sets one."))
}

/// The token of `Authorization: Bearer gl_…`; other schemes and tokens are those of proxies.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX)).then_some(token)
}

/// The caller, when the route admits them.
///
/// # Errors
/// 401 without a login, 403 for a device outside of its scopes.
fn check_caller(
    route: RouteAccess,
    caller: Option<Caller>,
    client: &ClientInfo,
    request: &Request,
) -> Result<Option<Caller>, AppError> {
    let device = match &caller {
        Some(Caller::Device(device)) => device,
        Some(Caller::Anybody | Caller::Session(_) | Caller::TrustedProxy) => return Ok(caller),
        None if route == RouteAccess::Public => return Ok(None),
        None if route == RouteAccess::Monitoring && client::is_local(client, request.headers()) => return Ok(None),
        None => return Err(access::not_logged_in()),
    };
    let needed = match route {
        RouteAccess::Static | RouteAccess::ClientApi | RouteAccess::Public => return Ok(caller),
        RouteAccess::Monitoring => Scope::Metrics,
        RouteAccess::Api if is_reading(request.method()) => Scope::Read,
        RouteAccess::Api => Scope::Write,
        RouteAccess::Owner => {
            return Err(AppError::new(ErrorKind::Forbidden, "Pages are not open to devices.")
                .hint("Tokens are for the API under /api, and for /metrics."));
        }
    };
    if device.scopes.contains(needed) {
        return Ok(caller);
    }
    let message = format!("The device “{}” may not do that: it has no scope `{}`.", device.name, needed.as_str());
    Err(AppError::new(ErrorKind::Forbidden, message)
        .hint("Scopes are chosen when a device is added; add another one with `gleaner clients add`."))
}

const fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
