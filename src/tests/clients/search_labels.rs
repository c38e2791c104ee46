//! Saved searches as labels of other readers.

use super::{
    greader_support::GreaderClient,
    support::{B_ARRIVED, fill, score},
};
use crate::support::articles::store_plain_articles;
use gleaner::{
    domain::access::device::{DeviceView, LabelChoice},
    server::services::{
        devices,
        saved_searches::{self, SavedSearchChanges},
    },
};
use serde_json::{Value, json};
use std::time::Duration;

const LABEL: &str = "user/-/label/Search: Of Looms";

/// The members of a list of objects, by a field.
fn find<'a>(list: &'a Value, field: &str, value: &str) -> Option<&'a Value> {
    list.as_array().expect("a list").iter().find(|member| member[field] == value)
}

#[tokio::test]
async fn a_saved_search_is_a_label_with_its_articles() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    let id = saved_searches::create(&app.app, "Of/Looms", "feed:#1 -title:a3").await.expect("saved").id;
    let tags = greader.get("tag/list").await;
    assert_eq!(find(&tags["tags"], "id", LABEL), Some(&json!({ "id": LABEL, "type": "tag" })));
    let ids = |places: &[usize]| places.iter().map(|at| f.articles[*at].0).collect::<Vec<_>>();
    for (query, places) in [
        (format!("s={LABEL}"), vec![2, 1, 0]),
        (format!("s={LABEL}&r=o"), vec![0, 1, 2]),
        (format!("s={LABEL}&xt=user/-/state/com.google/read"), vec![2, 0]),
        (format!("s={LABEL}&it=user/-/state/com.google/starred"), vec![2]),
        (format!("s=user/-/state/com.google/reading-list&xt={LABEL}"), vec![5, 4, 3]),
        ("s=user/-/label/Search:+of+looms".into(), vec![2, 1, 0]),
    ] {
        assert_eq!(greader.ids(&query).await, ids(&places), "{query}");
    }
    let counts = greader.get("unread-count").await;
    assert_eq!(find(&counts["unreadcounts"], "id", LABEL).map(|count| &count["count"]), Some(&json!(2)));
    let items = greader.get(&format!("stream/contents?s={LABEL}")).await;
    for item in items["items"].as_array().expect("items") {
        assert!(item["categories"].as_array().is_some_and(|all| all.contains(&json!(LABEL))), "{item}");
    }
    let a0 = f.articles[0];
    assert_eq!(greader.client.get(&format!("/v1/entries/{a0}")).await["tags"], json!(["Search: Of Looms"]));
    assert_eq!(greader.client.titles("/v1/entries?tags=Search: Of Looms&order=id").await, ["a0", "a1", "a2"]);
    for (path, form) in
        [("rename-tag", [("s", LABEL), ("dest", "user/-/label/Mine")]), ("disable-tag", [("s", LABEL), ("t", "")])]
    {
        assert_eq!(greader.post(path, &form).await.status, 400, "{path}: readers cannot change it");
    }
    greader.change("edit-tag", &[("a", LABEL), ("i", &f.articles[5].to_string())]).await;
    assert_eq!(greader.ids(&format!("s={LABEL}")).await.len(), 3, "nor set it");
    let changes = SavedSearchChanges { name: Some("Other".into()), ..SavedSearchChanges::default() };
    saved_searches::update(&app.app, id, changes).await.expect("renamed");
    assert!(find(&greader.get("tag/list").await["tags"], "id", "user/-/label/Search: Other").is_some());
    let view = DeviceView { labels: LabelChoice::None, ..DeviceView::default() };
    devices::set_view(&app.app, greader.client.device.id, view).await.expect("set");
    let tags = greader.get("tag/list").await.to_string();
    assert!(!tags.contains("Search:"), "not where the device has no labels: {tags}");
    greader.client.app.finish().await;
}

#[tokio::test]
async fn marking_the_label_leaves_what_the_reader_cannot_have_seen() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    saved_searches::create(&app.app, "Of Looms", "feed:#1 OR score:>7").await.expect("saved");
    score(app, f.articles[2], 9.0, B_ARRIVED + 60).await;
    score(app, f.articles[3], 3.0, B_ARRIVED + 30).await;
    // A score of the same second may have been given after the client's look.
    greader.change("mark-all-as-read", &[("s", LABEL), ("ts", &format!("{}900000", B_ARRIVED + 30))]).await;
    let unread = greader.ids("s=user/-/state/com.google/unread&r=o").await;
    let expected: Vec<i64> = [2, 3, 4, 5].map(|at| f.articles[at].0).to_vec();
    assert_eq!(unread, expected, "what was scored later, and what is not in the label");
    greader.change("mark-all-as-read", &[("s", LABEL)]).await;
    assert_eq!(greader.ids("s=user/-/state/com.google/unread&r=o").await, expected[2..]);
    greader.client.app.finish().await;
}

#[tokio::test]
async fn labels_hold_the_newest_thousand_and_numbers_end_at_999() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    saved_searches::create(&app.app, "Of Looms", "sort:best is:unread,read").await.expect("saved");
    let stored = store_plain_articles(&app.app, 1_003).await;
    let ids = greader.ids(&format!("s={LABEL}&n=10000")).await;
    assert_eq!((ids.len(), ids[0]), (1_000, stored[1_002].0));
    let count = async || {
        let counts = greader.get("unread-count").await;
        find(&counts["unreadcounts"], "id", LABEL).expect("a label")["count"].clone()
    };
    assert_eq!(count().await, 999);
    greader.change("mark-all-as-read", &[("s", LABEL)]).await;
    assert_eq!(count().await, 0, "counted of what the label holds");
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(count().await, 3, "older unread ones follow");
    greader.client.app.finish().await;
}
