//! Removes the path under which a proxy serves Gleaner (`access.base_path`) from requests and adds it to answers. Besides, only
//! cookies and addresses made in the browser (`components/browser/site_address`) depend on it.
//!
//! Requests come with the base path or, from a proxy that strips it, without.

use crate::server::{
    config::BasePath,
    html::tags::{Piece, pieces},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::{
    HeaderMap, HeaderValue, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, REFERER},
};
use url::Url;

/// The attributes whose values are addresses.
const ADDRESS_ATTRIBUTES: [&str; 5] = ["href", "src", "action", "formaction", "poster"];

/// `site` below `base`; `site` itself without one.
pub fn below(site: Router, base: BasePath) -> Router {
    if base.is_empty() {
        return site;
    }
    Router::new().fallback_service(site).layer(from_fn_with_state(base, translate_addresses))
}

/// The layer around the routing, which translates the addresses of requests and answers.
async fn translate_addresses(State(base): State<BasePath>, mut request: Request, next: Next) -> Response {
    if let Some(uri) = strip_from_uri(&base, request.uri()) {
        *request.uri_mut() = uri;
    }
    if let Some(referer) = strip_from_referer(&base, request.headers()) {
        request.headers_mut().insert(REFERER, referer);
    }
    add_to_response(&base, next.run(request).await).await
}

/// Where the calls of Google Reader's API are. No page and no call of another API is below `/api/0/`, so below the base path `/reader`
/// a request for one of them is that call from a proxy that strips the base path.
const GOOGLE_READER_CALLS: &str = "/reader/api/0/";

/// The address as Gleaner knows it; `None` when it is not below `base`.
fn strip_from_uri(base: &BasePath, uri: &Uri) -> Option<Uri> {
    if uri.path().starts_with(GOOGLE_READER_CALLS)
        && !base.as_str().starts_with(GOOGLE_READER_CALLS.trim_end_matches('/'))
    {
        return None;
    }
    let rest = base.strip(uri.path_and_query()?.as_str())?;
    let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// The page that a request comes from, likewise: forms lead back to it.
fn strip_from_referer(base: &BasePath, headers: &HeaderMap) -> Option<HeaderValue> {
    let mut page = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    let rest = base.strip(page.path())?.to_owned();
    page.set_path(&rest);
    HeaderValue::from_str(page.as_str()).ok()
}

async fn add_to_response(base: &BasePath, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let location = parts.headers.get(LOCATION).and_then(|page| page.to_str().ok()).filter(|page| is_own_path(page));
    if let Some(page) = location.and_then(|page| HeaderValue::from_str(&format!("{base}{page}")).ok()) {
        parts.headers.insert(LOCATION, page);
    }
    let is_html = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_html {
        return Response::from_parts(parts, body);
    }
    match to_bytes(body, usize::MAX).await {
        Ok(html) => {
            parts.headers.remove(CONTENT_LENGTH);
            let body = match std::str::from_utf8(&html) {
                Ok(html) => Body::from(add_to_html(base, html)),
                Err(_) => Body::from(html),
            };
            Response::from_parts(parts, body)
        }
        Err(error) => {
            tracing::warn!(%error, "the body of a page ended early");
            Response::from_parts(parts, Body::empty())
        }
    }
}

/// Whether an address is a path of this host.
fn is_own_path(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//")
}

/// The document with `base` before each path in an attribute that holds an address. Text and scripts stay as they are.
fn add_to_html(base: &BasePath, html: &str) -> String {
    let mut changed = String::with_capacity(html.len() + html.len() / 16);
    let mut copied = 0;
    for (start, piece) in pieces(html) {
        let Piece::Start(tag) = piece else { continue };
        for at in own_path_offsets(tag.source) {
            changed.push_str(&html[copied..start + at]);
            changed.push_str(base.as_str());
            copied = start + at;
        }
    }
    changed.push_str(&html[copied..]);
    changed
}

/// Where in a tag the paths of this host begin. Pages write every value within double quotes.
fn own_path_offsets(tag: &str) -> Vec<usize> {
    let mut offsets = Vec::new();
    let mut at = 0;
    let mut parts = tag.split('"');
    while let (Some(before), Some(value)) = (parts.next(), parts.next()) {
        at += before.len() + 1;
        let name = before.strip_suffix('=').and_then(|before| before.split_ascii_whitespace().next_back());
        if name.is_some_and(|name| ADDRESS_ATTRIBUTES.contains(&name)) && is_own_path(value) {
            offsets.push(at);
        }
        at += value.len() + 1;
    }
    offsets
}

#[cfg(test)]
mod tests {
    use super::{BasePath, HeaderMap, HeaderValue, REFERER, add_to_html, strip_from_referer, strip_from_uri};

    fn base() -> BasePath {
        "/reader".parse().expect("a path")
    }

    #[test]
    fn requests_lose_the_base_path_once() {
        for (sent, known) in [
            ("/reader", Some("/")),
            ("/reader?view=all", Some("/?view=all")),
            ("/reader/", Some("/")),
            ("/reader/feeds?a=/reader/b", Some("/feeds?a=/reader/b")),
            ("/reader/reader/api/0/token", Some("/reader/api/0/token")),
            ("https://h/reader/feeds", Some("https://h/feeds")),
            ("/reader//evil.example", Some("//evil.example")),
            ("/feeds", None),
            ("/readers", None),
            ("/reader/api/0/token", None),
            ("/reader/api/0", Some("/api/0")),
            ("/reader/api/feeds", Some("/api/feeds")),
            ("/reader/api/greader.php/reader/api/0/token", Some("/api/greader.php/reader/api/0/token")),
        ] {
            let uri = strip_from_uri(&base(), &sent.parse().expect("a URI"));
            assert_eq!(uri.map(|uri| uri.to_string()).as_deref(), known, "{sent}");
        }
        for (sent, known) in [
            ("http://h/reader", Some("http://h/")),
            ("http://h/reader/feeds?a=b", Some("http://h/feeds?a=b")),
            ("http://h/feeds", None),
            ("nothing", None),
        ] {
            let headers = HeaderMap::from_iter([(REFERER, HeaderValue::from_static(sent))]);
            let page = strip_from_referer(&base(), &headers);
            assert_eq!(page.as_ref().map(|page| page.to_str().expect("text")), known, "{sent}");
        }
    }

    #[test]
    fn addresses_in_tags_gain_it_and_nothing_else_changes() {
        for (html, changed) in [
            ("<a href=\"/\">x</a>", "<a href=\"/reader/\">x</a>"),
            ("<a class=\"b\" href=\"/feeds?a=b#c\" >x</a>", "<a class=\"b\" href=\"/reader/feeds?a=b#c\" >x</a>"),
            (
                "<form method=\"post\" action=\"/fn/x\"><button formaction=\"/fn/y\">",
                "<form method=\"post\" action=\"/reader/fn/x\"><button formaction=\"/reader/fn/y\">",
            ),
            ("<img src=\"/icons/a\" alt=\"/icons\">", "<img src=\"/reader/icons/a\" alt=\"/icons\">"),
            ("<a href=\"//cdn.example/x\">", "<a href=\"//cdn.example/x\">"),
            ("<a href=\"https://h/feeds\" title=\"a href=/x\">", "<a href=\"https://h/feeds\" title=\"a href=/x\">"),
            (
                "<a href=\"?view=all\"><a href=\"#main\"><a href=\"\">",
                "<a href=\"?view=all\"><a href=\"#main\"><a href=\"\">",
            ),
            ("<p>&lt;a href=\"/x\"> a < b href=\"/y\"</p>", "<p>&lt;a href=\"/x\"> a < b href=\"/y\"</p>"),
            (
                "<script>a('<a href=\"/x\">')</script><!-- <a href=\"/x\"> -->",
                "<script>a('<a href=\"/x\">')</script><!-- <a href=\"/x\"> -->",
            ),
            ("<noscript><a href=\"/x\">", "<noscript><a href=\"/reader/x\">"),
            (
                "<p data-href=\"/x\" \u{e4}=\"\u{e4}\" href=\"/\u{e4}\">\u{e4}",
                "<p data-href=\"/x\" \u{e4}=\"\u{e4}\" href=\"/reader/\u{e4}\">\u{e4}",
            ),
        ] {
            assert_eq!(add_to_html(&base(), html), changed);
        }
    }
}
