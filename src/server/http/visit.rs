//! Whether a request is a person opening a page: what marks an article read.

use http::{
    Method,
    header::{ACCEPT, HeaderMap, REFERER},
    request::Parts,
};
use leptos::prelude::use_context;
use url::Url;

/// Headers that browsers send with a prefetch.
const PREFETCH_HEADERS: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether the request at hand is a person opening the page: not a prefetch, not a script, not another site, and not the
/// page's own form leading back to it (else "mark unread" there would undo itself). Browsers that send no Fetch Metadata
/// (text browsers, old ones, all of them over plain HTTP) count as people when they ask for HTML: a picture does not.
pub fn is_visit() -> bool {
    use_context::<Parts>()
        .is_some_and(|parts| parts.method == Method::GET && is_page_visit(parts.uri.path(), &parts.headers))
}

fn is_page_visit(path: &str, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let speculative = PREFETCH_HEADERS.iter().any(|name| headers.contains_key(*name));
    let asks_for_html = text(ACCEPT.as_str()).is_some_and(|types| types.contains("text/html"));
    let document = text("sec-fetch-dest").map_or(asks_for_html, |dest| dest == "document");
    let ours = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let from_itself =
        text(REFERER.as_str()).and_then(|from| Url::parse(from).ok()).is_some_and(|from| from.path() == path);
    !speculative && document && ours && !from_itself
}

#[cfg(test)]
mod tests {
    use super::is_page_visit;
    use http::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn only_a_person_opens_an_article() {
        for (headers, opens) in [
            (&[][..], false),
            (&[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], true),
            (&[("accept", "image/avif,image/webp,image/*,*/*;q=0.8")], false),
            (&[("accept", "*/*")], false),
            (&[("sec-fetch-dest", "document"), ("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-dest", "document"), ("sec-fetch-site", "none")], true),
            (&[("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-dest", "image"), ("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")], false),
            (&[("sec-purpose", "prefetch")], false),
            (&[("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "document")], false),
            (&[("purpose", "prefetch")], false),
            (&[("accept", "text/html"), ("referer", "http://h/?view=all")], true),
            (&[("accept", "text/html"), ("referer", "http://h/articles/1?view=all")], false),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_page_visit("/articles/1", &map), opens, "{headers:?}");
        }
    }
}
