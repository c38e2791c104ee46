//! One test for each reader of foreign input.

use super::{
    input::{HTML_PIECES, MARKDOWN_PIECES, NDJSON_PIECES, SEARCH_PIECES, XML_PIECES, bytes_of, text_of},
    run_target,
};
use crate::support::test_app::TestApp;
use gleaner::{
    domain::{article::ListQuery, feed_url::FeedUrl, plain_text, query},
    server::{
        feed::{
            discover, identity, opml,
            parse::{self, charset},
        },
        html::{markdown::render_markdown, paragraphs::extract_paragraphs, sanitize::sanitize, text::html_to_text},
        models::ollama::{ndjson::NdjsonDecoder, wire::ChatLine},
        services::reading,
        work_limit::WorkLimit,
    },
};
use proptest::prelude::*;
use scraper::{Html, Node};
use url::Url;

/// Elements that run, load or steer something.
const FORBIDDEN_ELEMENTS: [&str; 16] = [
    "script", "style", "iframe", "object", "embed", "form", "input", "button", "textarea", "link", "meta", "base",
    "svg", "template", "noscript", "video",
];

fn base() -> Url {
    Url::parse("https://example.org/blog/post").expect("an address")
}

/// What a browser would see in HTML that could act.
fn active_parts(html: &str) -> Vec<String> {
    let document = Html::parse_fragment(html);
    let elements = document.tree.values().filter_map(Node::as_element);
    let is_active = |element: &scraper::node::Element| {
        FORBIDDEN_ELEMENTS.contains(&element.name())
            || element.attrs().any(|(name, value)| {
                let bare: String = value.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
                name.starts_with("on") || name == "style" || bare.to_ascii_lowercase().starts_with("javascript:")
            })
    };
    elements.filter(|element| is_active(element)).map(|element| format!("{element:?}")).collect()
}

#[test]
fn feeds_of_any_bytes_are_read_or_refused() {
    run_target("feeds", &bytes_of(XML_PIECES), |bytes| {
        if let Ok(feed) = parse::parse(&bytes, None, &base()) {
            prop_assert_eq!(identity::document_items(&feed, &base()).len(), feed.entries.len());
            for entry in &feed.entries {
                prop_assert_eq!(active_parts(&sanitize(entry.body(), entry.base.as_ref())), Vec::<String>::new());
            }
        }
        Ok(())
    });
}

#[test]
fn bytes_of_any_encoding_become_text() {
    let encodings = prop_oneof![
        Just(None),
        "[ -~]{0,30}".prop_map(Some),
        "[a-z0-9-]{0,12}".prop_map(|name| Some(format!("text/xml; charset={name}"))),
    ];
    run_target("encodings", &(proptest::collection::vec(any::<u8>(), 0..300), encodings), |(bytes, content_type)| {
        let text = charset::decode(&bytes, content_type.as_deref());
        prop_assert!(text.len() <= 4 * bytes.len() + 4, "{} bytes became {}", bytes.len(), text.len());
        Ok(())
    });
}

#[test]
fn articles_of_any_text_become_harmless() {
    run_target("articles", &text_of(HTML_PIECES), |html| {
        let clean = sanitize(&html, Some(&base()));
        prop_assert_eq!(active_parts(&clean), Vec::<String>::new(), "{}", &*clean);
        prop_assert_eq!(&sanitize(&html, Some(&base())), &clean, "the same twice");
        html_to_text(&html);
        extract_paragraphs(&clean);
        Ok(())
    });
}

#[test]
fn pages_of_any_text_offer_only_web_addresses() {
    let page = FeedUrl::parse("https://example.org/").expect("an address");
    run_target("pages", &text_of(HTML_PIECES), |html| {
        for offer in discover::discover_feeds(&html, &page, &WorkLimit::default()) {
            prop_assert!(matches!(offer.url.as_url().scheme(), "http" | "https"));
        }
        Ok(())
    });
}

#[test]
fn answers_of_any_markdown_become_harmless() {
    run_target("Markdown", &text_of(MARKDOWN_PIECES), |text| {
        let html = render_markdown(&text);
        prop_assert_eq!(active_parts(&html), Vec::<String>::new(), "{}", &*html);
        Ok(())
    });
}

#[test]
fn lists_of_any_bytes_are_read_and_written_again() {
    run_target("OPML", &bytes_of(XML_PIECES), |bytes| {
        if let Ok(list) = opml::parse(&bytes) {
            let again = opml::parse(opml::write("All", &list.outlines).as_bytes());
            prop_assert_eq!(again.map(|list| list.outlines.len()).ok(), Some(list.outlines.len()));
        }
        Ok(())
    });
}

#[test]
fn streams_of_any_bytes_give_the_same_lines_however_they_are_cut() {
    let strategy = (bytes_of(NDJSON_PIECES), 1..64_usize);
    run_target("streams", &strategy, |(bytes, size)| {
        let lines_of = |size: usize| {
            let (mut decoder, mut lines) = (NdjsonDecoder::default(), Vec::new());
            for chunk in bytes.chunks(size) {
                decoder.push(chunk);
                while let Ok(Some(line)) = decoder.next_line() {
                    lines.push(line.to_vec());
                }
            }
            lines.extend(decoder.finish());
            lines
        };
        let lines = lines_of(bytes.len().max(1));
        prop_assert_eq!(&lines_of(size), &lines);
        for line in lines {
            let _ = ChatLine::parse(&line);
        }
        Ok(())
    });
}

#[test]
fn names_of_any_text_are_clean() {
    run_target("names", &text_of(SEARCH_PIECES), |text| {
        let line = plain_text::clean_line(&text);
        prop_assert!(!line.chars().any(|c| plain_text::is_unsafe_char(c) || c == '\n'));
        prop_assert_eq!(plain_text::clean_line(&line), line);
        Ok(())
    });
}

#[test]
fn queries_of_any_text_are_read_and_their_positions_lie_in_them() {
    run_target("queries", &text_of(SEARCH_PIECES), |text| {
        let query = query::parse(&text);
        for problem in &query.problems {
            prop_assert!(problem.span.start <= problem.span.end && problem.span.end <= text.chars().count());
        }
        prop_assert!(!(query.is_void && query.expr.is_some()));
        Ok(())
    });
}

#[test]
fn searches_of_any_text_are_answered() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let app = runtime.block_on(TestApp::start());
    run_target("searches", &text_of(SEARCH_PIECES), |text| {
        let query = ListQuery { search: Some(text), ..ListQuery::default() };
        let answer = runtime.block_on(reading::list(&app.app, &query));
        prop_assert!(answer.is_ok(), "{:?}", answer.err());
        Ok(())
    });
}
