//! How a form's server function answers: with a page to go to, as a plain redirect that works without JavaScript.

use crate::{domain::notice::Notice, error::AppError};
use http::{
    Method, StatusCode,
    header::{ACCEPT, REFERER},
    request::Parts,
};
use leptos::{
    prelude::use_context,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_axum::ResponseOptions;
use url::{Position, Url, form_urlencoded::Serializer};

/// Leads to `path`, which shows the notice.
pub fn redirect_with_notice(path: &str, notice: Notice) {
    redirect_to(path, &[("done", notice.code())]);
}

/// As [`done`], for a notice that counts something.
pub fn redirect_with_count(path: &str, notice: Notice, count: i64) {
    redirect_to(path, &[("done", notice.code()), ("n", &count.to_string())]);
}

/// Leads to `path` with parameters.
pub fn redirect_to(path: &str, params: &[(&str, &str)]) {
    leptos_axum::redirect(&with_params(path, params));
}

/// Leads back to the form of `F` at `path` with what was typed still in its fields and the error beside them; hands the error
/// on. The frame keeps quiet about an error that the page shows beside its form.
pub fn redirect_with_error<F: ServerFn>(path: &str, typed: &[(&str, &str)], error: AppError) -> AppError {
    leptos_axum::redirect(&error_url(&with_params(path, typed), F::PATH, &error));
    set_error_status(&error);
    error
}

/// Gives the answer the status of its error, for programs; a form is redirected to where it came from, which shows the error.
pub fn with_error_status(error: AppError) -> AppError {
    set_error_status(&error);
    error
}

/// `path` with the error of `endpoint` (the address that a form posts to) in leptos' own encoding (`__path`, `__err`), and
/// the word that the page shows it beside its form.
pub fn error_url(path: &str, endpoint: &str, error: &AppError) -> String {
    Url::parse("http://localhost")
        .and_then(|base| base.join(&with_params(path, &[("beside", "form")])))
        .and_then(|page| ServerFnUrlError::new(endpoint, error.clone()).to_url(page.as_str()))
        .map_or_else(|_| path.to_owned(), |page| page[Position::BeforePath..].to_owned())
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

/// Back to where the form stood, at the element named `fragment`, with parameters; those that told of an earlier form are
/// dropped.
pub fn redirect_back(fragment: &str, params: &[(&str, &str)]) {
    let referer = use_context::<Parts>()
        .and_then(|parts| parts.headers.get(REFERER)?.to_str().ok().and_then(|address| Url::parse(address).ok()));
    let page = referer.map_or_else(|| "/".to_owned(), |url| strip_outcome_params(&url));
    leptos_axum::redirect(&with_params(&format!("{page}#{fragment}"), params));
}

/// Path and query of an address, without what an earlier form came to.
fn strip_outcome_params(url: &Url) -> String {
    let kept =
        url.query_pairs().filter(|(key, _)| !["__path", "__err", "beside", "done", "n", "undo"].contains(&&**key));
    let query = Serializer::new(String::new()).extend_pairs(kept).finish();
    if query.is_empty() { url.path().to_owned() } else { format!("{}?{query}", url.path()) }
}

/// A form of a browser without script follows redirects and needs 302; pages and whoever asked for data get the status of
/// the error.
fn set_error_status(error: &AppError) {
    let is_form = use_context::<Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        parts.method == Method::POST && accept.is_some_and(|accept| accept.contains("text/html"))
    });
    if let Some(response) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(error.kind.status())
        && !is_form
    {
        response.set_status(status);
    }
}

#[cfg(test)]
mod tests {
    use super::{Url, error_url, strip_outcome_params, with_params};
    use crate::error::AppError;

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
    }

    #[test]
    fn the_way_back_forgets_an_earlier_outcome() {
        for (from, back) in [
            ("http://h/?view=all&__path=%2Ffn%2Fx&__err=abc", "/?view=all"),
            ("http://h/feeds?done=feed-saved&n=1", "/feeds"),
            ("http://h/?undo=abc", "/"),
        ] {
            assert_eq!(strip_outcome_params(&Url::parse(from).expect("an address")), back);
        }
    }

    #[test]
    fn refusals_stay_on_this_server() {
        let page = error_url("/feeds/new?address=x", "/fn/feeds/add", &AppError::invalid("No feed there."));
        assert!(page.starts_with("/feeds/new?address=x&beside=form&__path=%2Ffn%2Ffeeds%2Fadd&__err="), "{page}");
    }
}
