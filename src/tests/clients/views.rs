//! What a device is shown of scores: labels, only from a score on, the score in the title.

use super::support::{B_ARRIVED, ClientApp, ClientFixture, fill, score};
use gleaner::{
    domain::{
        access::device::{DeviceView, LabelChoice},
        article::ArticleChange,
        feed::FeedChange,
        vote::Vote,
    },
    server::services::{clients::marks, devices, preferences, subscriptions},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// a0 has 8.4, a2 has 5, a3 has 4.9; the others have no score.
async fn scored() -> (ClientApp, ClientFixture) {
    let client = ClientApp::start().await;
    let f = fill(&client.app).await;
    for (id, composite) in [(f.articles[0], 8.4), (f.articles[2], 5.0), (f.articles[3], 4.9)] {
        score(&client.app, id, composite, B_ARRIVED).await;
    }
    (client, f)
}

async fn set_view(client: &ClientApp, view: DeviceView) {
    devices::set_view(&client.app.app, client.device.id, view).await.expect("set");
}

fn view(labels: LabelChoice) -> DeviceView {
    DeviceView { labels, ..DeviceView::default() }
}

#[tokio::test]
async fn entries_carry_the_labels_that_the_device_is_shown() {
    let (client, f) = scored().await;
    let path = format!("/v1/entries/{}", f.articles[0]);
    for (labels, agent, tags) in [
        (LabelChoice::Auto, "newsboat/2.44", json!(["Score 8+", "Topic: Textiles"])),
        (LabelChoice::Auto, "NetNewsWire (RSS Reader; https://netnewswire.com/)", json!([])),
        (LabelChoice::Scores, "x", json!(["Score 8+"])),
        (LabelChoice::ScoresAndTopics, "NetNewsWire", json!(["Score 8+", "Topic: Textiles"])),
        (LabelChoice::None, "x", json!([])),
    ] {
        set_view(&client, view(labels)).await;
        let request = client.request(Method::GET, &path).header("user-agent", agent);
        assert_eq!(client.app.send(request).await.json()["tags"], tags, "{labels:?} {agent}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn entries_are_found_by_their_labels() {
    let (client, f) = scored().await;
    let vote = ArticleChange { vote: Some(Some(Vote::Up)), ..ArticleChange::default() };
    marks::set_marks(&client.app.app, &[f.articles[5]], vote).await.expect("voted");
    for (tag, titles) in [
        ("Score+8%2B", vec!["a0"]),
        ("Score+8+", vec!["a0"]),
        ("Score 5-7", vec!["a2"]),
        ("Score 0-4", vec!["a3"]),
        ("Topic: Textiles", vec!["a0", "a2", "a3"]),
        ("topic: textiles", vec!["a0", "a2", "a3"]),
        ("Liked", vec!["b1"]),
        ("Disliked", vec![]),
        ("Weaving", vec![]),
    ] {
        assert_eq!(client.titles(&format!("/v1/entries?tags={tag}&order=id")).await, titles, "{tag}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn a_text_begins_with_its_score() {
    let (client, f) = scored().await;
    let (a0, a1) = (f.articles[0], f.articles[1]);
    let shown = "<p>Score 8.4 — Looms &amp; &lt;b&gt;more&lt;/b&gt;. · Textiles</p><p>A shuttle.</p>";
    assert_eq!(client.get(&format!("/v1/entries/{a0}")).await["content"], shown);
    assert_eq!(client.get(&format!("/v1/entries/{a0}/fetch-content")).await["content"], shown);
    assert_eq!(client.get(&format!("/v1/entries/{a1}")).await["content"], "<p>A loom & a weaver.</p>", "no score");
    assert_eq!(client.fever(&format!("items&with_ids={a0}")).await["items"][0]["html"], shown);
    client.app.finish().await;
}

#[tokio::test]
async fn titles_begin_with_the_score_where_the_device_wants_it() {
    let (client, f) = scored().await;
    set_view(&client, DeviceView { score_in_title: true, ..DeviceView::default() }).await;
    let titles = ["8.4 · a0", "a1", "5.0 · a2", "4.9 · a3", "b0", "b1"];
    assert_eq!(client.titles("/v1/entries?order=id").await, titles);
    assert_eq!(super::support::titles_in(&client.fever("items").await["items"]), titles);
    preferences::change(&client.app.app, |preferences| preferences.without_model = true).await.expect("changed");
    let entry = client.get(&format!("/v1/entries/{}", f.articles[0])).await;
    assert_eq!(
        (&entry["title"], &entry["content"], &entry["tags"]),
        (&json!("a0"), &json!("<p>A shuttle.</p>"), &json!([]))
    );
    client.app.finish().await;
}

#[tokio::test]
async fn only_good_articles_are_shown_and_those_nobody_scored_for_a_day() {
    let (client, f) = scored().await;
    set_view(&client, DeviceView { min_score: Some(5.0), ..DeviceView::default() }).await;
    let ids = |ids: &[usize]| ids.iter().map(|n| f.articles[*n].to_string()).collect::<Vec<_>>().join(",");
    for (hours, titles, unread, starred) in [
        (0, vec!["a0", "a2"], ids(&[0, 2]), ids(&[2])),
        (25, vec!["a0", "a1", "a2", "b0", "b1"], ids(&[0, 2, 4, 5]), ids(&[2, 4])),
    ] {
        client.app.clock.advance(Duration::from_secs(hours * 3_600));
        assert_eq!(client.titles("/v1/entries?order=id").await, titles, "after {hours} h");
        assert_eq!(client.get("/v1/entries").await["total"], titles.len());
        assert_eq!(super::support::titles_in(&client.fever("items").await["items"]), titles, "after {hours} h");
        let fever = client.fever("unread_item_ids&saved_item_ids&items").await;
        assert_eq!((&fever["unread_item_ids"], &fever["saved_item_ids"]), (&json!(unread), &json!(starred)));
        assert_eq!(fever["total_items"], titles.len());
        let unreads = &client.get("/v1/feeds/counters").await["unreads"];
        assert_eq!(unreads[f.loom.to_string()], 2, "after {hours} h: {unreads}");
    }
    let hidden = format!("/v1/entries/{}", f.articles[3]);
    assert_eq!(client.send(Method::GET, &hidden, Value::Null).await.status, 404);
    client.put("/v1/users/1/mark-all-as-read", Value::Null).await;
    set_view(&client, DeviceView::default()).await;
    assert_eq!(client.titles("/v1/entries?status=unread").await, ["a3"], "what is not shown is not marked");
    client.app.finish().await;
}

/// Otherwise a reader that asks for what is new since its last look would never get it.
#[tokio::test]
async fn what_comes_into_a_view_late_counts_as_new_there() {
    let (client, f) = scored().await;
    let token = super::greader_support::log_in(&client).await;
    let looked = B_ARRIVED + 60;
    client.app.clock.advance(Duration::from_secs(60));
    // a1 is scored after the look, by a model that was busy until then.
    score(&client.app, f.articles[1], 9.0, looked + 5).await;
    let with_lowest = DeviceView { min_score: Some(5.0), ..DeviceView::default() };
    for (view, since, fresh) in [
        (DeviceView::default(), looked, vec![]),
        (with_lowest, looked, vec![1]),
        (with_lowest, looked + 6, vec![]),
        // Without a score, b0 and b1 come into the view a day after they arrived.
        (with_lowest, B_ARRIVED + 24 * 3_600 - 5, vec![4, 5]),
        (with_lowest, B_ARRIVED + 24 * 3_600 + 5, vec![]),
    ] {
        let late = since > looked + 3_600;
        client.app.clock.advance(Duration::from_secs(if late { 25 * 3_600 } else { 0 }));
        set_view(&client, view).await;
        let ids: Vec<i64> = fresh.iter().map(|at: &usize| f.articles[*at].0).collect();
        let path = format!("/reader/api/0/stream/items/ids?r=o&ot={since}");
        let request =
            client.app.request(Method::GET, &path).header("authorization", format!("GoogleLogin auth={token}"));
        let listed = client.app.send(request).await.json();
        assert_eq!(super::greader_support::refs_in(&listed), ids, "{view:?} {since}");
        let entries = client.get(&format!("/v1/entries/ids?changed_after={since}&order=id")).await;
        assert_eq!(entries["entry_ids"], json!(ids), "{view:?} {since}");
    }
    client.app.finish().await;
}

/// Two folders whose names are written alike stay apart.
#[tokio::test]
async fn no_two_labels_have_one_stream() {
    let greader = super::greader_support::GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    for (feed, name) in [(f.loom, "Wool/Silk"), (f.dye, "Wool Silk")] {
        let folder_id = Some(Some(subscriptions::create_folder(&app.app, name).await.expect("created").id));
        let change = FeedChange { folder_id, ..FeedChange::default() };
        subscriptions::update_feed(&app.app, feed, change).await.expect("moved");
    }
    let tags = greader.get("tag/list").await;
    let feeds = greader.get("subscription/list").await;
    for (feed, label, ids) in [(f.loom, "Wool Silk", 0..4), (f.dye, "Wool Silk (2)", 4..6)] {
        let stream = format!("user/-/label/{label}");
        let is_in = |list: &Value| list.as_array().is_some_and(|all| all.iter().any(|member| member["id"] == stream));
        assert!(is_in(&tags["tags"]), "{tags}");
        let listed = feeds["subscriptions"].as_array().expect("a list").iter();
        let listed = listed.clone().find(|one| one["id"] == format!("feed/{feed}")).expect("there");
        assert_eq!(listed["categories"], json!([{ "id": stream, "label": label }]));
        let expected: Vec<i64> = f.articles[ids].iter().map(|id| id.0).collect();
        assert_eq!(greader.ids(&format!("r=o&s={stream}")).await, expected, "{label}");
        let items = greader.get(&format!("stream/contents?s={stream}")).await;
        assert!(items["items"][0]["categories"].as_array().is_some_and(|all| all.contains(&json!(stream))), "{items}");
    }
    greader.client.app.finish().await;
}

/// The next `ot` of NetNewsWire is the `Date` of its last list.
#[tokio::test]
async fn answers_are_dated_before_they_were_made() {
    let client = ClientApp::start().await;
    for path in ["/reader/api/0/stream/items/ids", "/v1/entries", "/fever/?api", "/accounts/ClientLogin"] {
        let answer = client.app.send(client.request(Method::GET, path)).await;
        assert_eq!(answer.header("date"), "Sun, 01 Mar 2026 12:00:00 GMT", "{path}");
    }
    client.app.finish().await;
}
