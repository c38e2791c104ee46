//! Feeds of publishers, compared with the consensus of five other parsers.

use crate::support::corpora;
use gleaner::{
    domain::time::Timestamp,
    server::{
        feed::parse::{
            self,
            parsed::{ParsedEntry, ParsedFeed},
        },
        html::text,
    },
};
use serde_json::Value;
use url::Url;

/// Values of the corpus that are read otherwise than most parsers do: file, value, and why.
const DISPUTED: [(&str, &str, &str); 6] = [
    ("feedkit/Ampersand.xml", "entries[-1].title", "valid UTF-8 is read as UTF-8, whatever the declaration says"),
    ("newsboat/multiple_item_links.atom", "entries[0].link", "browsers open http, not gemini"),
    ("newsboat/multiple_item_links.atom", "entries[-1].link", "browsers open http, not gemini"),
    ("rome/dublin-core-date.xml", "entries[0].published", "a date before 1980 stands for none"),
    ("rome/dublin-core-date.xml", "entries[-1].published", "a date before 1980 stands for none"),
    ("rome/usgs-gov-earthquakes-all-hour-atom.xml", "feed.link", "a link to the feed itself names no site"),
];

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn values_agree_with_the_consensus() {
    let manifest = corpora::corpus_json("real-feeds-consensus.json");
    let folder = corpora::corpus_path("real-feeds");
    let base = Url::parse("http://feeds.invalid/feed").expect("an address");
    let (mut files, mut read, mut checks, mut right) = (0, 0, 0, 0);
    let mut wrong: Vec<String> = Vec::new();
    for case in corpora::json_array(&manifest, "cases") {
        let file = case["file"].as_str().expect("a name");
        let bytes = std::fs::read(folder.join(file)).expect("readable");
        let parsed = parse::parse(&bytes, None, &base);
        match case["must"].as_str() {
            Some("parse") => {}
            Some("not_a_feed") => {
                assert!(parsed.is_err(), "{file} is no feed");
                continue;
            }
            _ => continue,
        }
        files += 1;
        read += usize::from(parsed.is_ok());
        if let Err(problem) = &parsed {
            println!("  {file}: {problem}");
        }
        for check in corpora::json_array(case, "checks") {
            checks += 1;
            let path = check["canonical"].as_str().expect("a path");
            let found = parsed.as_ref().ok().and_then(|feed| feed_value(feed, path));
            let compare = check["compare"].as_str().unwrap_or_default();
            let site = parsed.as_ref().ok().and_then(|feed| Url::parse(feed.site.as_deref()?).ok());
            let bases: Vec<Url> = std::iter::once(base.clone()).chain(site).collect();
            if found.as_deref().is_some_and(|found| values_match(found, &check["value"], compare, &bases)) {
                right += 1;
            } else if !DISPUTED.iter().any(|(disputed, of, _)| (*disputed, *of) == (file, path)) {
                wrong.push(format!("{file}: {path} is {found:?}, expected {} ({})", check["value"], check["agree"]));
            }
        }
    }
    println!("real feeds: {read} of {files} files read, {right} of {checks} values agree");
    assert_eq!(read, files, "every file is read");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(checks - right, DISPUTED.len(), "nothing is disputed that agrees");
}

fn feed_value(feed: &ParsedFeed, path: &str) -> Option<String> {
    match path {
        "feed.title" => Some(feed.title.clone()),
        "feed.link" => feed.site.clone(),
        "entries.length" => Some(feed.entries.len().to_string()),
        path => {
            let (entry, field) = match path.strip_prefix("entries[0].") {
                Some(field) => (feed.entries.first()?, field),
                None => (feed.entries.last()?, path.strip_prefix("entries[-1].")?),
            };
            entry_value(entry, field)
        }
    }
}

fn entry_value(entry: &ParsedEntry, field: &str) -> Option<String> {
    match field {
        "title" => Some(entry.title.clone()),
        "link" => entry.link.clone(),
        "id" => entry.id.clone(),
        "published" => entry.date().map(|d| d.to_string()),
        _ => None,
    }
}

/// Relative addresses of the consensus are as written, because its parsers were not told where the documents came from; this one
/// was, and resolves them against one of `bases`.
fn values_match(found: &str, expected: &Value, compare: &str, bases: &[Url]) -> bool {
    let expected = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
    match compare {
        "datetime" => expected.parse::<Timestamp>().ok() == found.parse::<Timestamp>().ok(),
        "uri" => {
            let absolute = bases.iter().filter_map(|base| Some(base.join(expected.trim()).ok()?.into()));
            absolute.chain([expected.clone()]).any(|e| found.trim_end_matches('/') == e.trim().trim_end_matches('/'))
        }
        "number" => found == expected,
        _ => text::html_to_text(found) == text::html_to_text(&expected),
    }
}
