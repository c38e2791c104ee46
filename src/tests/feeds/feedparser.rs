//! The tests of feedparser for the fields that a reader shows.

use crate::support::corpora;
use gleaner::server::{
    feed::parse::{
        self,
        parsed::{ParsedEntry, ParsedFeed},
    },
    html::{sanitize, text},
};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// How many cases of a tier were right when this was last raised. Most others are about fields that no reader shows.
const MIN_RIGHT_CASES: [(&str, usize); 5] =
    [("core", 113), ("encoding", 17), ("extended", 26), ("no_crash", 5), ("sanitizer", 151)];

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn fields_that_a_reader_shows_come_out_right() {
    let manifest = corpora::corpus_json("feedparser-manifest.json");
    let folder = corpora::corpus_path("feedparser");
    let mut tiers: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for case in corpora::json_array(&manifest, "cases") {
        let file = case["file"].as_str().expect("a name");
        let tier = case["tier"].as_str().expect("a tier");
        let bytes = std::fs::read(folder.join(file)).expect("readable");
        let header = |name: &str| {
            let headers = case["http_headers"].as_object()?;
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
        };
        let address = header("content-location").or(case["feed_url"].as_str()).unwrap_or("http://127.0.0.1:8097/feed");
        let base = Url::parse(address).expect("an address");
        let parsed = parse::parse(&bytes, header("content-type"), &base);
        let checks = corpora::json_array(case, "checks");
        let wrong: Vec<String> =
            checks.iter().filter_map(|check| check_failure(parsed.as_ref().ok(), check, &base)).collect();
        let (right, all) = tiers.entry(tier.to_owned()).or_default();
        *all += 1;
        *right += usize::from(wrong.is_empty());
        if tier == "core" && !wrong.is_empty() {
            println!("  {file}: {}", wrong.join("; "));
        }
    }
    println!("feedparser, right of all by tier: {tiers:?}");
    for (tier, floor) in MIN_RIGHT_CASES {
        let (right, all) = tiers[tier];
        assert!(right >= floor, "{tier}: {right} of {all} cases are right, {floor} were before");
    }
}

fn check_failure(feed: Option<&ParsedFeed>, check: &Value, base: &Url) -> Option<String> {
    let path = check["canonical"].as_str().unwrap_or_default();
    // Which encoding it was is nothing a reader shows; that it was read is.
    if matches!(path, "encoding" | "version") {
        return feed.is_none().then(|| "not read".to_owned());
    }
    let found = feed.and_then(|feed| feed_value(feed, path));
    let expected = check["value"].as_str().map_or_else(|| check["value"].to_string(), str::to_owned);
    let clean = |html: &str| text::html_to_text(&sanitize::sanitize(html, Some(base)));
    let good = found.as_deref().is_some_and(|found| match check["compare"].as_str() {
        Some("uri") => found.trim_end_matches('/') == expected.trim_end_matches('/'),
        Some("html") => {
            sanitize::sanitize(found, Some(base)) == sanitize::sanitize(&expected, Some(base))
                || clean(found) == clean(&expected)
        }
        _ => {
            text::html_to_text(found) == text::html_to_text(&expected)
                || gleaner::server::feed::parse::date::parse(&expected).is_some_and(|d| found == d.to_string())
        }
    });
    (!good).then(|| format!("{path} is {found:?}, expected {expected:?}"))
}

fn feed_value(feed: &ParsedFeed, path: &str) -> Option<String> {
    match path {
        "feed.title" => Some(feed.title.clone()),
        "feed.link" => feed.site.clone(),
        "feed.author" | "feed.author_detail.name" => feed.author.clone(),
        "feed.subtitle" | "feed.info" | "feed.description" => feed.description.clone(),
        "entries.length" => Some(feed.entries.len().to_string()),
        path => {
            let (index, field) = path.strip_prefix("entries[")?.split_once("].")?;
            entry_value(feed.entries.get(index.parse::<usize>().ok()?)?, field)
        }
    }
}

fn entry_value(entry: &ParsedEntry, field: &str) -> Option<String> {
    match field {
        "title" => Some(entry.title.clone()),
        "link" => entry.link.clone(),
        "id" => entry.id.clone(),
        "author" | "author_detail.name" => entry.author.clone(),
        "published" | "created" => entry.published.map(|d| d.to_string()),
        "updated" => entry.date().map(|d| d.to_string()),
        "summary" => entry.summary.clone().or_else(|| entry.content.clone()),
        "content[0].value" => entry.content.clone(),
        _ => None,
    }
}
