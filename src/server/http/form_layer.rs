//! The layer around server functions: [`answer_form`] gives every answer its status or redirect in one place.

use super::{
    error_response::negotiated_error_response,
    form_outcomes::FormOutcomes,
    form_response::{FORM_PAGE_HEADER, error_url, referring_page},
};
use crate::{
    components::forms::form_outcome::{FormOutcome, FormResult},
    error::{AppError, ErrorKind},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, LOCATION, SET_COOKIE},
};
use server_fn::error::SERVER_FN_ERROR_HEADER;
use url::form_urlencoded;

/// The path prefix of server functions.
const SERVER_FN_PREFIX: &str = "/fn/";
/// Fields whose values are not stored with the outcome.
const SECRET_FIELDS: [&str; 8] = ["password", "repeated", "current", "code", "response", "cookie", "headers", "token"];
/// Maximum size of an error of a server function, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The layer around server functions. A program gets the status of the error with its JSON. A form of a page without script
/// (`Accept: text/html`) gets a redirect: to the page that the function chose, else to the page of the form, which shows the
/// error and what was typed.
pub async fn answer_form(State(outcomes): State<FormOutcomes>, request: Request, next: Next) -> Response {
    let endpoint = request.uri().path().to_owned();
    if !endpoint.starts_with(SERVER_FN_PREFIX) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    if !(parts.method == Method::POST && accepts_html(&headers)) {
        return with_error_status(next.run(Request::from_parts(parts, body)).await).await.0;
    }
    let Ok(form) = to_bytes(body, usize::MAX).await else {
        let error = AppError::new(ErrorKind::TooLarge, "The form is larger than Gleaner takes.");
        return negotiated_error_response(&error, &endpoint, &headers);
    };
    // Only this layer makes redirects: Leptos answers JSON.
    parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut response = next.run(Request::from_parts(parts, Body::from(form.clone()))).await;
    let form_page = response.headers_mut().remove(FORM_PAGE_HEADER);
    let (response, error) = with_error_status(response).await;
    let back = referring_page(&headers);
    match error {
        Some(error) => {
            let form_page = form_page.as_ref().and_then(|page| page.to_str().ok()).map(str::to_owned);
            let has_own_error = form_page.is_some();
            let Some(page) = form_page.or(back) else {
                return negotiated_error_response(&error, &endpoint, &headers);
            };
            let outcome =
                FormOutcome { endpoint, fields: parse_fields(&form), result: FormResult::Error(error), has_own_error };
            found(&error_url(&page, &outcomes.insert(outcome)))
        }
        None if response.status().is_success() => {
            let chosen = response.headers().get(LOCATION).and_then(|page| page.to_str().ok());
            let mut redirect = found(chosen.or(back.as_deref()).unwrap_or("/"));
            for cookie in response.headers().get_all(SET_COOKIE) {
                redirect.headers_mut().append(SET_COOKIE, cookie.clone());
            }
            redirect
        }
        None => response,
    }
}

/// Gives the response of a failed server function the status of its error; the error.
async fn with_error_status(mut response: Response) -> (Response, Option<AppError>) {
    response.headers_mut().remove(FORM_PAGE_HEADER);
    if !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return (response, None);
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
    let error: AppError = serde_json::from_slice(&body).unwrap_or_else(|_| AppError::internal());
    parts.status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (Response::from_parts(parts, Body::from(body)), Some(error))
}

fn found(page: &str) -> Response {
    (StatusCode::FOUND, [(LOCATION, page)]).into_response()
}

fn parse_fields(form: &Bytes) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().filter(|(name, _)| !SECRET_FIELDS.contains(&name.as_str())).collect()
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}
