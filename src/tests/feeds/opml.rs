//! Import and export of OPML, with valid and damaged documents.

use crate::support::{
    corpora,
    expectations::{self, KnownFault},
    test_app::TestApp,
};
use gleaner::{
    domain::{feed::FeedChange, feed_url::FeedUrl},
    server::{feed::opml, services::subscriptions},
};
use serde_json::{Value, json};

/// Values that are read wrong today.
const OPML_FAULTS: [KnownFault; 0] = [];

#[tokio::test]
async fn lists_of_the_fixtures_are_read_and_imported() {
    let documents = expectations::load_documents("opml");
    let (mut right, mut differences) = (0, Vec::new());
    for document in &documents {
        let app = TestApp::start().await;
        let found = match (opml::parse(&document.bytes), subscriptions::import_opml(&app.app, &document.bytes).await) {
            (Ok(list), Ok(report)) => {
                let counts =
                    json!({ "added": report.added, "duplicates": report.duplicates, "invalid": report.invalid.len() });
                json!({ "outlines": list.outlines.iter().map(outline_json).collect::<Vec<_>>(), "import": counts })
            }
            (Err(error), Err(_)) => json!({ "error": error.kind.as_str() }),
            (parsed, imported) => panic!("{}: read as {parsed:?}, imported as {imported:?}", document.name),
        };
        let mut expected = document.expected.clone();
        expected.as_object_mut().expect("an object").remove("case");
        let (equal, different) = expectations::compare_values(&document.name, &expected, &found);
        right += equal;
        differences.extend(different);
    }
    println!("OPML fixtures: {} lists, {right} values right, {} wrong", documents.len(), differences.len());
    expectations::assert_only_known_faults(&differences, &OPML_FAULTS);
}

fn outline_json(outline: &opml::Outline) -> Value {
    json!({ "url": outline.url, "title": outline.title, "folder": outline.folder, "site_url": outline.site_url })
}

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn every_list_of_the_corpus_is_read() {
    let manifest = corpora::corpus_json("opml/opml-manifest.json");
    let folder = corpora::corpus_path("opml");
    let (mut feeds, mut expected_feeds) = (0, 0);
    for case in corpora::json_array(&manifest, "cases") {
        let file = case["file"].as_str().expect("a name");
        let bytes = std::fs::read(folder.join(file)).expect("readable");
        // What stands in the text, not what an XML parser of another kind could save of it.
        let expected = case["xmlUrl_attributes_in_text"].as_u64().expect("a count");
        let found = opml::parse(&bytes).unwrap_or_else(|problem| panic!("{file}: {problem}")).outlines;
        let wellformed = case["wellformed"] == true;
        assert_eq!(found.len() as u64, expected, "{file}");
        expected_feeds += expected;
        feeds += found.len();
        if wellformed && !found.is_empty() {
            for (outline, stated) in [(&found[0], &case["first"]), (&found[found.len() - 1], &case["last"])] {
                assert_eq!(Some(outline.url.as_str()), stated["xmlUrl"].as_str(), "{file}");
                let folders = corpora::json_array(stated, "path").iter().filter_map(Value::as_str).collect::<Vec<_>>();
                assert_eq!(outline.folder.clone().unwrap_or_default(), folders.join(" / "), "{file}");
            }
        }
    }
    assert!(feeds > 0);
    println!("OPML: {feeds} of {expected_feeds} subscriptions found");
}

#[tokio::test]
async fn every_outline_that_is_not_taken_is_reported_with_its_reason() {
    let app = TestApp::start().await;
    let list = r#"<opml version="2.0"><body>
        <outline text="Taken" xmlUrl="https://a.example/rss"/>
        <outline text="Folder"><outline text="No address" type="rss"/><outline text="Blank" xmlUrl=" "/></outline>
        <outline text="Bookmark" type="link" url="https://b.example/"/>
        <outline text="Site" htmlUrl="https://c.example/"/>
        <outline text="Empty folder"/>
        <outline/>
        <outline text="Mail" xmlUrl="mailto:me@example.org"/>
        <outline text="Program" xmlUrl="|~/fetch.py"/>
        <outline text="Secret" xmlUrl="https://me:pw@d.example/rss"/>
      </body></opml>"#;
    let report = subscriptions::import_opml(&app.app, list.as_bytes()).await.expect("imported");
    assert_eq!(report.added, 1);
    let mut found: Vec<(&str, &str)> = report.invalid.iter().map(|o| (o.url.as_str(), o.reason.as_str())).collect();
    found.sort_unstable();
    let no_address = "It has no xmlUrl, the address of its feed.";
    let no_folder = "It is neither a feed nor a folder with feeds.";
    let secret = "The URL contains a user name or a password. Leave them out and save them as the login of the feed.";
    let mut expected = vec![
        ("No address", no_address),
        ("Blank", no_address),
        ("Bookmark", no_address),
        ("Site", no_address),
        ("Empty folder", no_folder),
        ("(no name)", no_folder),
        ("https://me:pw@d.example/rss", secret),
    ];
    expected.sort_unstable();
    let (schemes, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|(url, _)| url.starts_with(['m', '|']));
    assert_eq!(rest, expected);
    assert_eq!(schemes.len(), 2, "{schemes:?}");
    assert!(schemes.iter().all(|(_, reason)| reason.ends_with('.')), "{schemes:?}");
}

#[tokio::test]
async fn an_imported_list_is_exported_again() {
    let app = TestApp::start().await;
    let list = r#"<opml version="1.0"><body>
        <outline text="News & more"><outline text="inner"><outline title="A & B" xmlUrl="http://a.example/feed?x=1&y=2"/></outline></outline>
        <outline text="Loose" xmlUrl="https://b.example/rss" htmlUrl="https://b.example/"/>
        <outline text="Twice" xmlUrl="https://b.example/rss"/>
        <outline text="Pipe" xmlUrl="|~/fetch.py"/>
        <outline text="Mail" xmlUrl="mailto:me@example.org"/>
      </body>"#;
    let report = subscriptions::import_opml(&app.app, list.as_bytes()).await.expect("imported");
    assert_eq!((report.added, report.duplicates, report.invalid.len()), (2, 1, 2), "{report:?}");
    assert!(report.invalid.iter().all(|i| !i.reason.is_empty()));

    let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
    let change = FeedChange { custom_title: Some(Some("Mine <&>".into())), ..FeedChange::default() };
    subscriptions::update_feed(&app.app, feeds[0].id, change).await.expect("renamed");
    let exported = subscriptions::export_opml(&app.app).await.expect("exported");
    let back = opml::parse(exported.as_bytes()).expect("read again").outlines;
    assert_eq!(back.len(), 2);
    let first = back.iter().find(|o| o.url == "http://a.example/feed?x=1&y=2").expect("kept");
    assert_eq!((first.title.as_str(), first.folder.as_deref()), ("Mine <&>", Some("News & more / inner")));

    let again = subscriptions::import_opml(&app.app, exported.as_bytes()).await.expect("imported");
    assert_eq!((again.added, again.duplicates), (0, 2));
    let refused = subscriptions::import_opml(&app.app, b"<html><p>Log in first").await.expect_err("not a list");
    assert!(refused.hint.is_some());
    assert!(FeedUrl::parse("|~/fetch.py").is_err());
}
