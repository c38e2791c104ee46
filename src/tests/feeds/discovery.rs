//! Feeds that pages offer.

use crate::support::{
    corpora,
    fixtures::{fixture_json, fixture_path, fixture_text},
};
use gleaner::{
    domain::feed_url::FeedUrl,
    server::{feed::discover, work_limit::WorkLimit},
};
use serde_json::{Value, json};

#[test]
fn pages_of_the_fixtures_offer_their_feeds() {
    let manifest: Value = fixture_json("discovery/expected.json");
    let cases = corpora::json_array(&manifest, "cases");
    let pages = std::fs::read_dir(fixture_path("discovery")).expect("a folder").count() - 1;
    assert_eq!(cases.len(), pages, "every page is listed");
    let mut wrong = Vec::new();
    for case in cases {
        let file = case["file"].as_str().expect("a name");
        let page = FeedUrl::parse(case["page"].as_str().expect("an address")).expect("an address");
        let feeds = discover::discover_feeds(&fixture_text(&format!("discovery/{file}")), &page, &WorkLimit::default());
        let found: Vec<Value> =
            feeds.iter().map(|feed| json!({ "url": feed.url.as_str(), "title": feed.title })).collect();
        if case["feeds"] != json!(found) {
            wrong.push(format!("{file}: found {}, expected {}", json!(found), case["feeds"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {pages}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn feeds_of_pages_are_found() {
    let manifest = corpora::corpus_json("discovery/discovery-pages.json");
    let folder = corpora::corpus_path("discovery");
    let cases = corpora::json_array(&manifest, "cases");
    assert!(!cases.is_empty());
    for case in cases {
        let file = case["file"].as_str().expect("a name");
        let html = std::fs::read_to_string(folder.join(file)).expect("readable");
        let page = FeedUrl::parse(case["page_url"].as_str().expect("an address")).expect("an address");
        let found: Vec<String> = discover::discover_feeds(&html, &page, &WorkLimit::default())
            .into_iter()
            .map(|o| o.url.to_string())
            .collect();
        if let Some(first) = case["expect_first"].as_str() {
            assert_eq!(found.first().map(String::as_str), Some(first), "{file}");
        }
        if let Some(all) = case["expect"].as_array() {
            let all: Vec<&str> = all.iter().filter_map(|u| u.as_str()).collect();
            assert_eq!(found, all, "{file}");
        }
    }
    println!("discovery: {} pages right", cases.len());
}
