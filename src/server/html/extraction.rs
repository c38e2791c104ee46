//! The article on a web page: found by dom_smoothie, an implementation of Readability (docs/adr/0014-full-text.md), and sanitized.

use super::{
    addresses::attribute_value,
    sanitize,
    tags::{EndTag, Piece, StartTag, pieces},
    text::html_to_text,
};
use crate::domain::{full_text::FullTextProblem, safe_html::SafeHtml};
use dom_smoothie::{Config, Readability};
use url::Url;

/// Bytes of a page that are read.
pub const MAX_PAGE_BYTES: usize = 4 << 20;
/// Elements of a page.
const MAX_ELEMENTS: usize = 60_000;
/// Elements of a page that lie within each other.
const MAX_DEPTH: usize = 256;
/// A page with less text than this may be one that stands before the article.
const MAX_BARRIER_CHARS: usize = 3_000;
/// A page that asks for a password and has less text than this is taken for a login.
const MAX_LOGIN_CHARS: usize = 1_200;
/// Of so many words of a page that asks for consent one is about that.
const WORDS_PER_CONSENT_WORD: usize = 25;
/// Words about consent that such a page has at least.
const MIN_CONSENT_WORDS: usize = 3;

/// How words begin that ask for consent, in lower case.
const CONSENT_STEMS: [&str; 12] = [
    "cookie",
    "consent",
    "einwillig",
    "zustimm",
    "datenschutz",
    "gdpr",
    "dsgvo",
    "privacy",
    "tracking",
    "personali",
    "consentement",
    "confidentialit",
];
/// Parts of addresses of logins.
const LOGIN_SEGMENTS: [&str; 7] = ["login", "signin", "sign-in", "log-in", "anmelden", "sso", "auth"];
/// Elements without an end tag.
const VOID_ELEMENTS: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The article of a page. `url`: the address that answered.
///
/// # Errors
/// Why the page has no text to show.
pub fn extract_article(page: &str, url: &Url) -> Result<SafeHtml, FullTextProblem> {
    if page.len() > MAX_PAGE_BYTES {
        return Err(FullTextProblem::TooLarge);
    }
    let shape = measure(page);
    if shape.elements > MAX_ELEMENTS || shape.depth > MAX_DEPTH {
        return Err(FullTextProblem::TooComplex);
    }
    let config = Config { max_elements_to_parse: MAX_ELEMENTS, ..Config::default() };
    let article = Readability::new(page, Some(url.as_str()), Some(config)).and_then(|mut page| page.parse());
    let content = article.map(|article| article.content.to_string()).unwrap_or_default();
    let html = sanitize::sanitize(&content, Some(url));
    let text = html_to_text(&html);
    // A barrier without an article is judged by all of its words.
    let shown = if text.is_empty() { html_to_text(page) } else { text.clone() };
    if let Some(barrier) = find_barrier(&shown, url, shape.asks_for_password) {
        return Err(barrier);
    }
    if text.is_empty() { Err(FullTextProblem::NoText) } else { Ok(html) }
}

/// What a page is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct PageShape {
    elements: usize,
    depth: usize,
    asks_for_password: bool,
}

/// Counts elements; the depth is at least that of a tree builder, since missing end tags count.
fn measure(page: &str) -> PageShape {
    let mut shape = PageShape::default();
    let mut open: Vec<&str> = Vec::new();
    for (_, piece) in pieces(page) {
        match piece {
            Piece::Start(tag) => {
                shape.elements += 1;
                let name = tag.element.map_or(tag.name, |element| element.name);
                if VOID_ELEMENTS.contains(&name) {
                    shape.asks_for_password |= is_password_field(&tag, name);
                } else if !is_closed_by_itself(name, &open) {
                    open.push(name);
                    shape.depth = shape.depth.max(open.len());
                }
                // What exceeds a limit need not be counted to its end.
                if shape.elements > MAX_ELEMENTS || shape.depth > MAX_DEPTH {
                    return shape;
                }
            }
            Piece::End(EndTag { element: Some(element), .. }) => {
                if let Some(at) = open.iter().rposition(|name| *name == element.name) {
                    open.truncate(at);
                }
            }
            Piece::End(_) | Piece::Text(_) | Piece::RawText | Piece::Ignored => {}
        }
    }
    shape
}

/// Whether an element ends the one before it, of the same name, whose end tag may be left out.
fn is_closed_by_itself(name: &str, open: &[&str]) -> bool {
    matches!(name, "p" | "li" | "dt" | "dd" | "option" | "tr" | "td" | "th") && open.last() == Some(&name)
}

fn is_password_field(tag: &StartTag<'_>, name: &str) -> bool {
    name == "input"
        && attribute_value(&tag.attributes(), "type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("password"))
}

/// What stands before the article, by the text of the page and its address.
fn find_barrier(text: &str, url: &Url, asks_for_password: bool) -> Option<FullTextProblem> {
    let chars = text.chars().count();
    if chars > MAX_BARRIER_CHARS {
        return None;
    }
    let mut segments = url.path_segments().into_iter().flatten();
    let is_login_address = segments.any(|segment| LOGIN_SEGMENTS.contains(&&*segment.to_ascii_lowercase()));
    if (asks_for_password || is_login_address) && chars < MAX_LOGIN_CHARS {
        return Some(FullTextProblem::Login);
    }
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let about_consent = words.iter().filter(|word| CONSENT_STEMS.iter().any(|stem| word.starts_with(stem))).count();
    let is_consent = about_consent >= MIN_CONSENT_WORDS && about_consent * WORDS_PER_CONSENT_WORD >= words.len();
    is_consent.then_some(FullTextProblem::Consent)
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, MAX_ELEMENTS, extract_article, find_barrier, measure};
    use crate::domain::full_text::FullTextProblem;
    use url::Url;

    fn url(path: &str) -> Url {
        Url::parse("https://example.org").expect("an address").join(path).expect("a path")
    }

    #[test]
    fn the_article_is_taken_and_the_rest_left() {
        let paragraphs = "<p>The council met on Tuesday, and it took a decision about the bridge, which had been closed for years.</p>".repeat(6);
        let page = format!(
            "<html><head><title>Bridge</title></head><body><nav><a href=/>Home</a><a href=/x>Sport</a></nav><article><h1>Bridge</h1>\
             {paragraphs}<p>More is <a href='more'>here</a>.<img src='/a.png' alt='The bridge' onerror='x()'><script>alert(1)</script></p>\
             </article><aside class=sidebar><p>Subscribe to our newsletter</p></aside></body></html>"
        );
        let html = extract_article(&page, &url("/news/bridge")).expect("an article");
        assert!(html.contains("closed for years"), "{html:?}");
        assert!(
            html.contains("https://example.org/news/more") && html.contains("https://example.org/a.png"),
            "{html:?}"
        );
        for gone in ["newsletter", "Sport", "script", "onerror", "alert"] {
            assert!(!html.contains(gone), "{gone} in {html:?}");
        }
    }

    #[test]
    fn what_stands_before_an_article_is_told_from_it() {
        let cookies =
            "We and our partners use cookies. Accept all cookies, or choose your privacy settings and consent.";
        let about_cookies = format!(
            "{} A cookie is a file, cookies are many, and consent to cookies is law.",
            "A long text about the web. ".repeat(60)
        );
        for (name, text, path, asks_for_password, expected) in [
            ("an article", "The council met on Tuesday.", "/a", false, None),
            ("an article about cookies", &*about_cookies, "/a", false, None),
            ("a cookie wall", cookies, "/a", false, Some(FullTextProblem::Consent)),
            (
                "a German one",
                "Mit Werbung lesen: Ihre Einwilligung in Cookies. Zustimmen. Datenschutz.",
                "/a",
                false,
                Some(FullTextProblem::Consent),
            ),
            ("a password", "Please log in to read on.", "/a", true, Some(FullTextProblem::Login)),
            ("the address of a login", "Welcome back.", "/account/login", false, Some(FullTextProblem::Login)),
            ("an article with a login at its side", &*"word ".repeat(300), "/a", true, None),
            ("an article about logins", "The council met.", "/how-to-login", false, None),
        ] {
            assert_eq!(find_barrier(text, &url(path), asks_for_password), expected, "{name}");
        }
    }

    #[test]
    fn pages_beyond_the_limits_are_refused_at_once() {
        for (name, page) in [
            ("deep", "<div>".repeat(MAX_DEPTH + 1)),
            ("deep formatting", "<p>x<b>".repeat(100_000)),
            ("many elements", "<br>".repeat(MAX_ELEMENTS + 1)),
        ] {
            let begun = std::time::Instant::now();
            assert_eq!(extract_article(&page, &url("/")).err(), Some(FullTextProblem::TooComplex), "{name}");
            assert!(begun.elapsed().as_secs() < 5, "{name}");
        }
        let large = "x".repeat(super::MAX_PAGE_BYTES + 1);
        assert_eq!(extract_article(&large, &url("/")).err(), Some(FullTextProblem::TooLarge));
        let list = "<ul><li>a<li>b<li>c</ul><p>x<p>y<input type=PASSWORD>";
        let shape = measure(list);
        assert_eq!((shape.elements, shape.depth, shape.asks_for_password), (7, 2, true));
    }

    #[test]
    fn a_page_without_text_has_none() {
        for page in
            ["", "<html><body></body></html>", "<html><body><div id=app></div><script>run()</script></body></html>"]
        {
            assert_eq!(extract_article(page, &url("/a")).err(), Some(FullTextProblem::NoText), "{page}");
        }
    }
}
