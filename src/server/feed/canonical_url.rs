//! URLs without what differs from one delivery of a feed to the next although it leads to the same page.

use std::fmt::Write as _;
use url::Url;

/// Query parameters that say where a reader came from, in lower case.
const TRACKING_PARAMETERS: [&str; 34] = [
    "_hsenc",
    "_hsmi",
    "_openstat",
    "af",
    "cmpid",
    "dclid",
    "emc",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "icid",
    "igshid",
    "ito",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "ncid",
    "ocid",
    "oly_anon_id",
    "oly_enc_id",
    "ref_src",
    "s_cid",
    "smid",
    "soc_src",
    "soc_trk",
    "srsltid",
    "twclid",
    "vero_id",
    "wbraid",
    "wt.mc_id",
    "xtor",
    "yclid",
];
/// How names of such parameters begin: Google, AT Internet, Matomo, Piwik, comScore, HubSpot.
const TRACKING_PREFIXES: [&str; 8] = ["utm_", "at_", "mtm_", "pk_", "piwik_", "ns_", "hsa_", "stm_"];
/// Query parameters that say where a reader came from when they name a feed.
const SOURCE_PARAMETERS: [&str; 6] = ["ref", "source", "src", "from", "cmp", "partner"];
/// Parameters of a path or a query that number the visit.
const SESSION_PARAMETERS: [&str; 7] =
    ["jsessionid", "phpsessid", "sessionid", "session_id", "cfid", "cftoken", "zenid"];
/// Parameters that number the visit when they are as long as such numbers are.
const SHORT_SESSION_PARAMETERS: [&str; 2] = ["sid", "s"];
/// Hexadecimal digits of a session's number, at least.
const MIN_SESSION_DIGITS: usize = 26;

/// A URL without what changes although it leads to the same page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CanonicalUrl {
    /// With the host.
    pub full: String,
    /// Without the host; empty when it leads to the site as a whole.
    pub path: String,
}

/// Without scheme, `www.`, trailing slash, tracking parameters and the number of a session; escapes as RFC 3986, section 6.2.2
/// has them. Anything but an HTTP URL stays as it is.
pub(super) fn canonical_url(text: &str) -> CanonicalUrl {
    let Some(url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return CanonicalUrl { full: text.to_owned(), path: text.to_owned() };
    };
    let mut path = normalize_escapes(without_session(url.path()).trim_end_matches('/'));
    let mut separator = '?';
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !is_ignored(pair)) {
        path.push(separator);
        path.push_str(&normalize_escapes(pair));
        separator = '&';
    }
    if let Some(fragment) = url.fragment().filter(|fragment| !fragment.is_empty() && !is_ignored(fragment)) {
        path.push('#');
        path.push_str(&normalize_escapes(fragment));
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    CanonicalUrl { full: format!("{}{port}{path}", host.strip_prefix("www.").unwrap_or(host)), path }
}

/// Hosts of a cache of AMP pages: the page's own address follows these beginnings of its path.
const AMP_CACHE_PATHS: [&str; 4] = ["/amp/s/", "/amp/", "/c/s/", "/c/"];

/// The address by which articles of different feeds are compared: canonical, without fragment, and that of the page itself where it
/// leads to its AMP variant. `None` for anything but an HTTP URL and for one that leads to a site as a whole.
pub fn story_link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let CanonicalUrl { full, .. } = canonical_url(amp_cached_page(&url).as_ref().unwrap_or(&url).as_str());
    let address = full.split_once('#').map_or(full.as_str(), |(address, _)| address);
    let (page, query) = address.split_once('?').unwrap_or((address, ""));
    let (host, path) = page.split_once('/').unwrap_or((page, ""));
    let path = path.strip_prefix("amp/").unwrap_or(path);
    let path = ["/amp", ".amp.html", ".amp"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    let is_amp = |pair: &&str| matches!(*pair, "amp" | "amp=1" | "amp=true" | "outputType=amp" | "view=amp");
    let query: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_amp(pair)).collect();
    if path.is_empty() && query.is_empty() {
        return None;
    }
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!("{}/{path}{mark}{}", host.strip_prefix("amp.").unwrap_or(host), query.join("&")))
}

/// The page that an address in a cache of AMP pages leads to.
fn amp_cached_page(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let is_google_copy = host.starts_with("www.google.") && url.path().starts_with("/amp/");
    if !is_google_copy && !host.ends_with(".cdn.ampproject.org") {
        return None;
    }
    let page = AMP_CACHE_PATHS.iter().find_map(|start| url.path().strip_prefix(start))?;
    Url::parse(&format!("https://{page}{}", url.query().map(|query| format!("?{query}")).unwrap_or_default())).ok()
}

/// Whether a parameter `name=value` says nothing about the page.
fn is_ignored(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    let is_source = SOURCE_PARAMETERS.contains(&&*name)
        && ["rss", "feed", "atom"].iter().any(|feed| value.strip_prefix(feed).is_some_and(is_end_of_word));
    let is_session_number =
        value.len() >= MIN_SESSION_DIGITS && value.bytes().all(|digit| digit.is_ascii_alphanumeric());
    TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || TRACKING_PARAMETERS.contains(&&*name)
        || is_source
        || SESSION_PARAMETERS.contains(&&*name)
        || name.starts_with("aspsessionid")
        || SHORT_SESSION_PARAMETERS.contains(&&*name) && is_session_number
}

fn is_end_of_word(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A path whose parts bear no parameter `;name=value` with the number of a session.
fn without_session(path: &str) -> String {
    let mut kept = String::with_capacity(path.len());
    for (position, part) in path.split('/').enumerate() {
        if position > 0 {
            kept.push('/');
        }
        let mut parameters = part.split(';');
        kept.push_str(parameters.next().unwrap_or_default());
        for parameter in parameters.filter(|parameter| !is_ignored(parameter)) {
            kept.push(';');
            kept.push_str(parameter);
        }
    }
    kept
}

/// Escapes in upper case; what needs none is written without.
fn normalize_escapes(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        let byte = after.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(byte) = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            normal.push('%');
            rest = after;
            continue;
        };
        match char::from(byte) {
            c @ ('a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~') => normal.push(c),
            _ => {
                let _ = write!(normal, "%{byte:02X}");
            }
        }
        rest = &after[2..];
    }
    normal.push_str(rest);
    normal
}

#[cfg(test)]
mod tests {
    use super::{canonical_url, story_link};
    use proptest::prelude::*;

    #[test]
    fn urls_that_lead_to_the_same_page_are_equal() {
        for (url, full, path) in [
            ("https://www.example.org/a/", "example.org/a", "/a"),
            ("http://example.org/a", "example.org/a", "/a"),
            ("http://EXAMPLE.org/A?utm_source=x&id=2&ref=rss#utm_medium=y", "example.org/A?id=2", "/A?id=2"),
            ("https://example.org/a?ref=3#part", "example.org/a?ref=3#part", "/a?ref=3#part"),
            ("https://example.org:8443/a", "example.org:8443/a", "/a"),
            ("https://example.org/", "example.org", ""),
            ("https://example.org/?p=7", "example.org?p=7", "?p=7"),
            ("urn:uuid:1", "urn:uuid:1", "urn:uuid:1"),
            ("tag with blanks", "tag with blanks", "tag with blanks"),
            ("https://example.org/a;jsessionid=0A1B/b.do;x=1?c=2", "example.org/a/b.do;x=1?c=2", "/a/b.do;x=1?c=2"),
            ("https://example.org/a.do;jsessionid=0A1B", "example.org/a.do", "/a.do"),
            ("https://example.org/a?PHPSESSID=1&id=2", "example.org/a?id=2", "/a?id=2"),
            ("https://example.org/a?sid=0123456789abcdef0123456789abcdef", "example.org/a", "/a"),
            ("https://example.org/a?sid=77", "example.org/a?sid=77", "/a?sid=77"),
            ("https://example.org/a?at_medium=RSS&at_campaign=rss", "example.org/a", "/a"),
            ("https://example.org/a?UTM_Source=x&Cmpid=rss", "example.org/a", "/a"),
            ("https://example.org/a?partner=rss&emc=rss", "example.org/a", "/a"),
            ("https://example.org/a?partner=rssnyt", "example.org/a?partner=rssnyt", "/a?partner=rssnyt"),
            ("https://example.org/a?ns_mchannel=rss&ns_source=PublicRSS20", "example.org/a", "/a"),
            (
                "https://example.org/%c3%bc/%7Ea%2fb?q=%C3%BC",
                "example.org/%C3%BC/~a%2Fb?q=%C3%BC",
                "/%C3%BC/~a%2Fb?q=%C3%BC",
            ),
            ("https://example.org/100%/%zz/%4", "example.org/100%/%zz/%4", "/100%/%zz/%4"),
        ] {
            let found = canonical_url(url);
            assert_eq!((found.full.as_str(), found.path.as_str()), (full, path), "{url}");
        }
    }

    #[test]
    fn articles_of_several_feeds_have_one_link() {
        for (url, link) in [
            ("https://www.Example.org:443/a/b/?utm_source=x#top", Some("example.org/a/b")),
            ("http://example.org:80/a/b", Some("example.org/a/b")),
            ("https://example.org/a/b?id=3&amp=1", Some("example.org/a/b?id=3")),
            ("https://example.org/a/b/amp/", Some("example.org/a/b")),
            ("https://example.org/a/b.amp.html", Some("example.org/a/b")),
            ("https://example.org/amp/a/b", Some("example.org/a/b")),
            ("https://amp.example.org/a/b", Some("example.org/a/b")),
            ("https://www.google.com/amp/s/example.org/a/b/amp", Some("example.org/a/b")),
            ("https://example-org.cdn.ampproject.org/c/s/www.example.org/a/b", Some("example.org/a/b")),
            ("https://example.org/lamp", Some("example.org/lamp")),
            ("https://example.org/?p=7", Some("example.org/?p=7")),
            ("https://example.org:8443/a", Some("example.org:8443/a")),
            ("https://example.org/", None),
            ("https://example.org/#news", None),
            ("urn:uuid:1", None),
        ] {
            assert_eq!(story_link(url).as_deref(), link, "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_a_delivery_adds_changes_nothing(
            path in "(/[a-z%]{0,3}(%[0-9a-f]{2})?[a-z]{1,4}){1,3}",
            query in prop::collection::vec("(id|q|page)=[a-z0-9]{1,4}", 0..3),
            added in prop::collection::vec(prop::sample::select(vec![
                "utm_source=rss", "UTM_CAMPAIGN=x", "at_medium=RSS", "cmpid=rss", "CMP=feed", "PHPSESSID=1a2b", "fbclid=z",
                "partner=rss", "sid=0123456789abcdef0123456789abcdef",
            ]), 0..3),
            session in prop::option::of("[0-9A-F]{8,32}(\\.node[0-9])?"),
            scheme in prop::sample::select(vec!["http://", "https://", "HTTPS://"]),
            www in prop::bool::ANY,
            escapes_upper in prop::bool::ANY,
        ) {
            let plain = canonical_url(&format!("https://site.example{path}?{}", query.join("&")));
            let host = if www { "www.site.example" } else { "SITE.example" };
            let path = if escapes_upper { upper_escapes(&path) } else { path };
            let session = session.map(|id| format!(";jsessionid={id}")).unwrap_or_default();
            let pairs: Vec<&str> = added.iter().copied().chain(query.iter().map(String::as_str)).collect();
            let delivered = format!("{scheme}{host}{path}{session}?{}", pairs.join("&"));
            prop_assert_eq!(canonical_url(&delivered), plain, "{}", delivered);
        }
    }

    fn upper_escapes(path: &str) -> String {
        let mut upper = path.to_owned();
        for (at, _) in path.match_indices('%') {
            if path.get(at + 1..at + 3).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
                upper.replace_range(at + 1..at + 3, &path[at + 1..at + 3].to_ascii_uppercase());
            }
        }
        upper
    }
}
