//! Feeds that pages offer.

use crate::support::corpora;
use gleaner::{domain::feed_url::FeedUrl, server::feed::discover};

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn pages_lead_to_their_feeds() {
    let manifest = corpora::corpus_json("discovery/discovery-pages.json");
    let folder = corpora::corpus_path("discovery");
    let cases = corpora::json_array(&manifest, "cases");
    assert!(!cases.is_empty());
    for case in cases {
        let file = case["file"].as_str().expect("a name");
        let html = std::fs::read_to_string(folder.join(file)).expect("readable");
        let page = FeedUrl::parse(case["page_url"].as_str().expect("an address")).expect("an address");
        let found: Vec<String> =
            discover::discover_feeds(&html, &page).into_iter().map(|o| o.url.to_string()).collect();
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
