//! How server functions answer: [`answer_form`] gives every one of them status and redirect in one place.

use super::{
    error_response::negotiated_error_response,
    form_outcomes::{FormOutcomes, OUTCOME_PARAM},
};
use crate::{
    components::{
        forms::form_outcome::{FormOutcome, FormResult},
        layout::error_page::FORM_ERROR_ID,
    },
    domain::notice::Notice,
    error::{AppError, ErrorKind},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, LOCATION, REFERER},
    request::Parts,
};
use leptos::{
    prelude::use_context,
    server_fn::{ServerFn, error::SERVER_FN_ERROR_HEADER},
};
use leptos_axum::ResponseOptions;
use url::{Url, form_urlencoded, form_urlencoded::Serializer};

/// Where server functions are.
const SERVER_FN_PREFIX: &str = "/fn/";
/// Set by a server function whose form shows its error itself: the page of the form. Never leaves the server.
const FORM_PAGE_HEADER: HeaderName = HeaderName::from_static("x-form-page");
/// The longest error that is read from a server function, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Parameters that tell of an earlier form.
const OUTCOME_PARAMS: [&str; 4] = [OUTCOME_PARAM, "done", "n", "undo"];

/// Leads to `path`, which shows the notice.
pub fn redirect_with_notice(path: &str, notice: Notice) {
    redirect_to(path, &[("done", notice.code())]);
}

/// Leads to `path`, which shows the notice with its count.
pub fn redirect_with_count(path: &str, notice: Notice, count: i64) {
    redirect_to(path, &[("done", notice.code()), ("n", &count.to_string())]);
}

/// Leads to `path` with parameters.
pub fn redirect_to(path: &str, params: &[(&str, &str)]) {
    leptos_axum::redirect(&with_params(path, params));
}

/// Leads to `path`, which shows what the form of `F` came to. `fields`: what was typed.
pub fn redirect_with_result<F: ServerFn>(path: &str, fields: &[(&str, &str)], result: FormResult) {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let outcome = FormOutcome { endpoint: F::PATH.to_owned(), fields, result, has_own_error: true };
    if let Some(outcomes) = use_context::<FormOutcomes>() {
        redirect_to(path, &[(OUTCOME_PARAM, &outcomes.keep(outcome))]);
    }
}

/// Leads back to the page of the form, at the element named `fragment`, with parameters.
pub fn redirect_back(fragment: &str, params: &[(&str, &str)]) {
    let page = use_context::<Parts>().and_then(|parts| referring_page(&parts.headers)).unwrap_or_else(|| "/".into());
    leptos_axum::redirect(&with_params(&format!("{page}#{fragment}"), params));
}

/// Tells [`answer_form`] that the form is on `page` and shows its error beside its fields. To be called before anything can fail.
pub fn errors_shown_at(page: &str) {
    if let (Some(options), Ok(page)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(page)) {
        options.insert_header(FORM_PAGE_HEADER, page);
    }
}

/// `path` with parameters appended; a fragment stays at the end.
pub fn with_params(path: &str, params: &[(&str, &str)]) -> String {
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let query = Serializer::new(String::new()).extend_pairs(params).finish();
    let joint = match (query.is_empty(), path.contains('?')) {
        (true, _) => "",
        (false, true) => "&",
        (false, false) => "?",
    };
    let hash = if fragment.is_empty() { "" } else { "#" };
    format!("{path}{joint}{query}{hash}{fragment}")
}

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
    // Redirects are made here alone.
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
            found(&error_url(&page, &outcomes.keep(outcome)))
        }
        None if response.status().is_success() => {
            let chosen = response.headers().get(LOCATION).and_then(|page| page.to_str().ok());
            found(chosen.or(back.as_deref()).unwrap_or("/"))
        }
        None => response,
    }
}

/// The page that shows the error kept under `key`.
pub fn error_url(page: &str, key: &str) -> String {
    let page = page.split('#').next().unwrap_or_default();
    with_params(&format!("{page}#{FORM_ERROR_ID}"), &[(OUTCOME_PARAM, key)])
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
    form_urlencoded::parse(form).into_owned().collect()
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// Path and query of the page that a request comes from, without what an earlier form came to.
fn referring_page(headers: &HeaderMap) -> Option<String> {
    let page = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    let kept = page.query_pairs().filter(|(key, _)| !OUTCOME_PARAMS.contains(&&**key));
    let query = Serializer::new(String::new()).extend_pairs(kept).finish();
    // Two slashes at the start would be the address of another host.
    let path = format!("/{}", page.path().trim_start_matches(['/', '\\']));
    Some(if query.is_empty() { path } else { format!("{path}?{query}") })
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, HeaderValue, REFERER, error_url, referring_page, with_params};

    #[test]
    fn addresses_keep_queries_and_fragments() {
        for (path, params, expected) in [
            ("/feeds", &[][..], "/feeds"),
            ("/feeds", &[("done", "feed-added")][..], "/feeds?done=feed-added"),
            ("/?view=all", &[("n", "3")][..], "/?view=all&n=3"),
            ("/feeds#folders", &[("a", "x y&z")][..], "/feeds?a=x+y%26z#folders"),
        ] {
            assert_eq!(with_params(path, params), expected);
        }
        assert_eq!(error_url("/feeds?view=all#folders", "0a"), "/feeds?view=all&outcome=0a#form-error");
    }

    #[test]
    fn the_way_back_stays_on_this_server_and_forgets_an_earlier_outcome() {
        for (from, back) in [
            ("http://h/?view=all&outcome=0a", Some("/?view=all")),
            ("http://h/feeds?done=feed-saved&n=1", Some("/feeds")),
            ("http://h/?undo=abc", Some("/")),
            ("http://h//evil.example/x", Some("/evil.example/x")),
            ("http://h/\\/evil.example", Some("/evil.example")),
            ("not an address", None),
        ] {
            let headers = HeaderMap::from_iter([(REFERER, HeaderValue::from_static(from))]);
            assert_eq!(referring_page(&headers).as_deref(), back, "{from}");
        }
    }
}
