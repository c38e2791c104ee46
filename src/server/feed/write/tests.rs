//! What is written is read again as it was.

use super::{OutgoingArticle, OutgoingDocument, write_atom, write_json_feed, write_rss};
use crate::{
    domain::{
        publisher_details::{ArticleMedia, MediaKind},
        time::Timestamp,
    },
    server::feed::parse::{parse, parsed::ParsedFeed},
};
use url::Url;

fn article(title: &str) -> OutgoingArticle {
    OutgoingArticle {
        id: "urn:uuid:0f0e0d0c-0b0a-8908-8706-050403020100".into(),
        url: Some("https://loom.example/a?b=1&c=%222%22".into()),
        title: title.to_owned(),
        author: Some("Ada & Bob".into()),
        feed_title: "The Loom".into(),
        published: Timestamp(1_755_768_600),
        updated: Timestamp(1_755_772_200),
        language: Some("en".into()),
        html: "<p>Score 7.4 — clear &amp; new · Looms</p><p>One <b>new</b> &lt;loom&gt; ]]&gt;</p>".into(),
        score: Some(7.4),
        reason: Some("clear & new".into()),
        categories: vec!["Looms & \"yarn\"".into(), "Tea".into()],
        files: vec![ArticleMedia {
            kind: MediaKind::Audio,
            url: "https://loom.example/a.mp3?x=1&y=2".into(),
            mime_type: Some("audio/mpeg".into()),
            bytes: Some(123),
            ..ArticleMedia::default()
        }],
    }
}

fn document(articles: Vec<OutgoingArticle>) -> OutgoingDocument {
    OutgoingDocument {
        id: "urn:uuid:00000000-0000-8000-8000-000000000001".into(),
        title: "Looms & tea".into(),
        self_url: "https://news.example/out/x.atom".into(),
        home_url: "https://news.example/search?q=a&sort=newest".into(),
        updated: Timestamp(1_755_772_200),
        articles,
    }
}

fn read(text: &str) -> ParsedFeed {
    let base = Url::parse("https://elsewhere.example/").expect("an address");
    parse(text.as_bytes(), None, &base).unwrap_or_else(|error| panic!("{error:?}: {text}"))
}

#[test]
fn every_format_is_read_again_equal() {
    let titles = ["A loom", "R&D <3 > \"x\"", "Straße 猫"];
    let feed = document(titles.map(article).to_vec());
    for (name, text) in [("atom", write_atom(&feed)), ("rss", write_rss(&feed)), ("json", write_json_feed(&feed))] {
        let found = read(&text);
        assert_eq!(
            (found.title.as_str(), found.site.as_deref()),
            ("Looms & tea", Some(feed.home_url.as_str())),
            "{name}"
        );
        assert_eq!(found.entries.len(), titles.len(), "{name}");
        for (entry, sent) in found.entries.iter().zip(&feed.articles) {
            // Readers of JSON take titles for markup.
            if name != "json" || !sent.title.contains('&') {
                assert_eq!(entry.title, sent.title, "{name}");
            }
            assert_eq!(entry.id.as_deref(), Some(sent.id.as_str()), "{name}");
            assert_eq!(entry.link.as_deref(), sent.url.as_deref(), "{name}");
            assert_eq!(entry.author.as_deref(), Some("Ada & Bob"), "{name}");
            assert_eq!(entry.published, Some(sent.published), "{name}");
            assert_eq!(entry.content.as_deref(), Some(sent.html.as_str()), "{name}");
            assert_eq!(entry.details.categories, sent.categories, "{name}");
            assert_eq!(entry.details.language.as_deref(), Some("en"), "{name}");
            let file = entry.details.media.first().expect("a file");
            assert_eq!((&file.url, file.bytes), (&sent.files[0].url, Some(123)), "{name}");
            if name != "rss" {
                assert_eq!(entry.updated, Some(sent.updated), "{name}");
            }
        }
    }
}

#[test]
fn what_is_missing_and_what_xml_forbids_breaks_nothing() {
    let bare = OutgoingArticle {
        url: None,
        author: None,
        language: None,
        score: None,
        reason: None,
        categories: Vec::new(),
        files: Vec::new(),
        html: "a\u{1}b\u{fffe}c".into(),
        ..article("Rain \u{7} falls")
    };
    let feed = document(vec![bare]);
    for text in [write_atom(&feed), write_rss(&feed)] {
        assert!(!text.contains(['\u{1}', '\u{7}', '\u{fffe}']), "{text}");
    }
    for text in [write_atom(&feed), write_rss(&feed), write_json_feed(&feed)] {
        let entry = &read(&text).entries[0];
        assert_eq!(entry.author.as_deref(), Some("The Loom"), "the feed stands for an author");
        assert_eq!((entry.link.as_deref(), entry.details.media.len()), (None, 0), "{text}");
    }
    assert!(!write_json_feed(&feed).contains("_gleaner"));
    let empty = document(Vec::new());
    assert!(read(&write_atom(&empty)).entries.is_empty() && read(&write_rss(&empty)).entries.is_empty());
}
