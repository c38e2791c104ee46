//! The page to which the server function of a form redirects; [`form_layer`](super::form_layer) makes the response.

use super::{
    access::cookie,
    form_outcomes::{FormOutcomes, OUTCOME_PARAM},
};
use crate::{
    components::{
        forms::form_outcome::{FormOutcome, FormResult},
        layout::error_page::FORM_ERROR_ID,
    },
    domain::notice::Notice,
    server::{config::BasePath, services::access::ClientInfo, state::App},
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{REFERER, SET_COOKIE},
    request::Parts,
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use server_fn::ServerFn;
use url::{Url, form_urlencoded::Serializer};

/// Set by a server function whose form shows its error itself: the page of the form. Never leaves the server.
pub(super) const FORM_PAGE_HEADER: HeaderName = HeaderName::from_static("x-form-page");
/// Query parameters with the outcome of an earlier form.
const OUTCOME_PARAMS: [&str; 4] = [OUTCOME_PARAM, "done", "n", "undo"];

/// Redirects to `path`, which shows the notice.
pub fn redirect_with_notice(path: &str, notice: Notice) {
    redirect_to(path, &[("done", notice.code())]);
}

/// Redirects to `path`, which shows the notice with its count.
pub fn redirect_with_count(path: &str, notice: Notice, count: i64) {
    redirect_to(path, &[("done", notice.code()), ("n", &count.to_string())]);
}

/// Redirects to `path` with query parameters.
pub fn redirect_to(path: &str, params: &[(&str, &str)]) {
    leptos_axum::redirect(&with_params(path, params));
}

/// Redirects to `path`, which shows the result of the form of `F`. `fields`: the submitted names and values.
pub fn redirect_with_result<F: ServerFn>(path: &str, fields: &[(&str, &str)], result: FormResult) {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let outcome = FormOutcome { endpoint: F::PATH.to_owned(), fields, result, has_own_error: true };
    if let Some(outcomes) = use_context::<FormOutcomes>() {
        redirect_to(path, &[(OUTCOME_PARAM, &outcomes.insert(outcome))]);
    }
}

/// Redirects back to the page of the form, at the element with the id `fragment`, with query parameters.
pub fn redirect_back(fragment: &str, params: &[(&str, &str)]) {
    let page = use_context::<Parts>().and_then(|parts| referring_page(&parts.headers)).unwrap_or_else(|| "/".into());
    leptos_axum::redirect(&with_params(&format!("{page}#{fragment}"), params));
}

/// Gives the browser the session with this token.
pub fn start_session(token: &str, client: &ClientInfo) {
    let value = cookie::set_session(token, client.is_secure, &base_path());
    if let (Some(options), Some(value)) = (use_context::<ResponseOptions>(), value) {
        options.append_header(SET_COOKIE, value);
    }
}

/// Gives the browser the pending login with this token.
pub fn start_pending_login(token: &str, client: &ClientInfo) {
    if let (Some(options), Some(value)) =
        (use_context::<ResponseOptions>(), cookie::set_pending_login(token, client.is_secure, &base_path()))
    {
        options.append_header(SET_COOKIE, value);
    }
}

/// Takes the pending login from the browser.
pub fn end_pending_login() {
    if let Some(options) = use_context::<ResponseOptions>() {
        cookie::clear_pending_login(&base_path()).for_each(|value| options.append_header(SET_COOKIE, value));
    }
}

/// Takes the session from the browser.
pub fn end_session() {
    if let Some(options) = use_context::<ResponseOptions>() {
        cookie::clear_session(&base_path()).for_each(|value| options.append_header(SET_COOKIE, value));
    }
}

fn base_path() -> BasePath {
    use_context::<App>().map(|app| app.config.access.base_path.clone()).unwrap_or_default()
}

/// Tells [`answer_form`](super::form_layer::answer_form) that the form is on `page` and shows its error beside its fields. To be called before anything can fail.
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

/// The page that shows the error kept under `key`.
pub fn error_url(page: &str, key: &str) -> String {
    let page = page.split('#').next().unwrap_or_default();
    with_params(&format!("{page}#{FORM_ERROR_ID}"), &[(OUTCOME_PARAM, key)])
}

/// Path and query of the page that a request comes from, without the outcome of an earlier form.
pub fn referring_page(headers: &HeaderMap) -> Option<String> {
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
