//! The calls of Google Reader's API: subscriptions, labels, items, marks.

use super::{
    greader_support::GreaderClient,
    support::{A1_PUBLISHED, B_ARRIVED, execute, fill, score},
};
use crate::support::feed_server::{FeedReply, FeedServer, rss_document};
use gleaner::{
    domain::{
        access::device::{DeviceView, LabelChoice},
        article::ArticleScope,
        vote::Vote,
    },
    server::services::{devices, reading, subscriptions},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const READ: &str = "user/-/state/com.google/read";
const STARRED: &str = "user/-/state/com.google/starred";

#[tokio::test]
async fn subscriptions_and_labels_are_listed_in_full() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    execute(app, "UPDATE feeds SET site_url = 'https://dye.example/' WHERE url LIKE '%dye%'").await;
    execute(app, "INSERT INTO icons (id, hash, mime_type, data) VALUES (1, 'abc', 'image/png', x'89504e47')").await;
    execute(app, &format!("UPDATE feeds SET icon_id = 1, custom_title = 'Loom & Co' WHERE id = {}", f.loom)).await;
    score(app, f.articles[0], 8.4, B_ARRIVED).await;
    let listed = greader.get("subscription/list?output=json").await;
    let host = app.url.trim_start_matches("http://");
    assert_eq!(
        listed["subscriptions"],
        json!([
            { "id": format!("feed/{}", f.loom), "title": "Loom & Co", "url": "https://loom.example/feed", "htmlUrl": "",
              "iconUrl": format!("http://{host}/icons/abc"),
              "categories": [{ "id": "user/-/label/Weaving", "label": "Weaving" }] },
            { "id": format!("feed/{}", f.dye), "title": "The Loom", "url": "https://dye.example/feed",
              "htmlUrl": "https://dye.example/", "iconUrl": "", "categories": [] },
        ])
    );
    assert_eq!(app.get("/icons/abc").await.status, 200, "clients fetch it without a token");
    let tags = greader.get("tag/list?output=json").await;
    let tag = |name: &str, kind: &str| json!({ "id": format!("user/-/label/{name}"), "type": kind });
    let all = json!([
        { "id": STARRED }, tag("Weaving", "folder"), tag("Score 8+", "tag"), tag("Score 5-7", "tag"), tag("Score 0-4", "tag"),
        tag("Liked", "tag"), tag("Disliked", "tag"), tag("Topic: Textiles", "tag"),
    ]);
    assert_eq!(tags["tags"], all);
    let netnewswire = greader.request(Method::GET, "tag/list").header("user-agent", "NetNewsWire (RSS Reader)");
    assert_eq!(app.send(netnewswire).await.json()["tags"], json!([{ "id": STARRED }, tag("Weaving", "folder")]));
    let name = &greader.client.secrets.username;
    assert_eq!(
        greader.get("user-info").await,
        json!({ "userId": "1", "userName": name, "userProfileId": "1", "userEmail": "" })
    );
    assert_eq!(greader.get("preference/list").await, json!({ "prefs": [] }));
    assert_eq!(greader.get("preference/stream/list").await, json!({ "streamprefs": {} }));
    assert_eq!(greader.get("friend/list").await, json!({ "friends": [] }));
    greader.client.app.finish().await;
}

#[tokio::test]
async fn unread_counts_are_those_of_the_pages() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    for (at, composite) in [(0, 8.0), (1, 9.0), (2, 7.9), (4, 3.0)] {
        score(app, f.articles[at], composite, B_ARRIVED).await;
    }
    execute(app, &format!("UPDATE articles SET state = 'blocked', next_step = NULL WHERE id = {}", f.articles[5]))
        .await;
    let id = |at: usize| f.articles[at].to_string();
    greader.change("edit-tag", &[("i", &id(3)), ("i", &id(1)), ("a", "user/-/label/Liked")]).await;
    let answer = greader.get("unread-count?output=json&all=true").await;
    let counted: BTreeMap<String, i64> = answer["unreadcounts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            let newest = row["newestItemTimestampUsec"].as_str().expect("a text");
            assert!(newest.parse::<i64>().expect("a number") >= 0, "{row}");
            (row["id"].as_str().expect("an id").to_owned(), row["count"].as_i64().expect("a number"))
        })
        .collect();
    let mut shown: BTreeMap<String, i64> = BTreeMap::new();
    for feed in subscriptions::list_feeds(&app.app).await.expect("readable") {
        shown.insert(format!("feed/{}", feed.id), feed.unread);
    }
    for folder in subscriptions::list_folders(&app.app).await.expect("readable") {
        shown.insert(format!("user/-/label/{}", folder.name), folder.unread);
    }
    shown.insert(
        "user/-/state/com.google/reading-list".into(),
        reading::load_view_counts(&app.app, ArticleScope::All).await.expect("readable").unread,
    );
    for (label, unread) in
        [("Score 8+", 1), ("Score 5-7", 1), ("Score 0-4", 1), ("Liked", 1), ("Disliked", 0), ("Topic: Textiles", 3)]
    {
        shown.insert(format!("user/-/label/{label}"), unread);
    }
    assert_eq!(counted, shown);
    assert_eq!(answer["max"], 4);
    for (stream, count) in &counted {
        let listed = greader.ids(&format!("n=100&xt={READ}&s={}", stream.replace('+', "%2B"))).await.len();
        assert_eq!(listed, usize::try_from(*count).expect("a count"), "{stream}");
    }
    greader.client.app.finish().await;
}

#[tokio::test]
async fn items_have_every_member_that_a_client_reads() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    score(app, f.articles[1], 8.4, B_ARRIVED).await;
    greader.change("edit-tag", &[("i", &f.articles[1].to_string()), ("a", STARRED), ("a", "user/-/label/Liked")]).await;
    let id = f.articles[1].0;
    let long = format!("tag:google.com,2005:reader/item/{id:016x}");
    for form in [long.clone(), format!("{id:016x}"), id.to_string(), format!("tag:google.com,2005:reader/item/{id:x}")]
    {
        let answer =
            greader.post("stream/items/contents", &[("i", &form), ("i", "99999"), ("output", "json")]).await.json();
        assert_eq!(answer["items"].as_array().expect("a list").len(), 1, "{form}: {answer}");
        assert!(answer.get("continuation").is_none() && answer.get("self").is_none() && answer["updated"].is_i64());
        let item = &answer["items"][0];
        let arrived: i64 = item["timestampUsec"].as_str().expect("a text").parse().expect("a number");
        assert_eq!(item["crawlTimeMsec"], (arrived / 1_000).to_string());
        assert_eq!(
            item,
            &json!({
                "id": long, "title": "a1", "author": "Abe", "published": A1_PUBLISHED, "updated": A1_PUBLISHED,
                "timestampUsec": arrived.to_string(), "crawlTimeMsec": (arrived / 1_000).to_string(),
                "canonical": [{ "href": "https://loom.example/a1" }],
                "alternate": [{ "href": "https://loom.example/a1", "type": "text/html" }],
                "summary": { "content": "<p>Score 8.4 — Looms &amp; &lt;b&gt;more&lt;/b&gt;. · Textiles</p><p>A loom & a weaver.</p>" },
                "categories": [
                    "user/-/state/com.google/reading-list", READ, STARRED, "user/-/label/Weaving", "user/-/label/Score 8+",
                    "user/-/label/Liked", "user/-/label/Topic: Textiles",
                ],
                "origin": { "streamId": format!("feed/{}", f.loom), "title": "The Loom", "htmlUrl": "" },
            })
        );
    }
    let b1 = greader.post("stream/items/contents", &[("i", &f.articles[5].to_string())]).await.json();
    assert_eq!((&b1["items"][0]["author"], &b1["items"][0]["title"]), (&json!(""), &json!("b1")), "never null");
    let view = DeviceView { labels: LabelChoice::None, min_score: Some(8.0), score_in_title: true };
    devices::set_view(&app.app, greader.client.device.id, view).await.expect("set");
    let all: Vec<(&str, String)> = f.articles.iter().map(|id| ("i", id.to_string())).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let items = greader.post("stream/items/contents", &all).await.json()["items"].clone();
    assert_eq!((items.as_array().expect("a list").len(), &items[0]["title"]), (1, &json!("8.4 · a1")));
    let plain = json!(["user/-/state/com.google/reading-list", READ, STARRED, "user/-/label/Weaving"]);
    assert_eq!(items[0]["categories"], plain);
    greader.client.app.finish().await;
}

#[tokio::test]
async fn contents_name_their_stream_in_the_path_or_as_s() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    score(app, f.articles[0], 8.4, B_ARRIVED).await;
    for (path, titles) in [
        ("stream/contents?n=2".to_owned(), vec!["b1", "b0"]),
        ("stream/contents/?n=1".to_owned(), vec!["b1"]),
        ("stream/contents/user/-/state/com.google/reading-list?r=o&n=2".to_owned(), vec!["a0", "a1"]),
        (format!("stream/contents/feed%2F{}", f.loom), vec!["a3", "a2", "a1", "a0"]),
        (format!("stream/contents/feed/{}?xt={READ}", f.loom), vec!["a3", "a2", "a0"]),
        ("stream/contents/feed/https%3A%2F%2Fdye.example%2Ffeed".to_owned(), vec!["b1", "b0"]),
        (format!("stream/contents?s=feed/{}&it={READ}", f.loom), vec!["a1"]),
        ("stream/contents/user%2F-%2Fstate%2Fcom.google%2Fstarred".to_owned(), vec!["b0", "a2"]),
        ("stream/contents/user/-/label/Score%208+".to_owned(), vec!["a0"]),
        ("stream/contents?s=user/-/label/Score%208+".to_owned(), vec!["a0"]),
        ("stream/contents/user/1/label/Topic:%20Textiles".to_owned(), vec!["a0"]),
        (format!("stream/contents?s=user/-/label/Weaving&s={STARRED}"), vec!["a2"]),
    ] {
        let answer = greader.get(&path).await;
        assert_eq!(super::support::titles_in(&answer["items"]), titles, "{path}");
        assert!(answer["id"].is_string() && answer["updated"].is_i64(), "{answer}");
        let is_whole = !path.contains("n=");
        assert_eq!(answer.get("continuation").is_none(), is_whole, "{path}");
    }
    greader.client.app.finish().await;
}

#[tokio::test]
async fn tags_set_marks_and_votes() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    let id = f.articles[0];
    let long = format!("tag:google.com,2005:reader/item/{:016x}", id.0);
    let like = "user/-/state/com.google/like";
    let (liked, disliked) = ("user/-/label/Liked", "user/-/label/Disliked");
    let kept = "user/-/state/com.google/kept-unread";
    // Each line goes on where the one before ended: read, starred, vote.
    for (form, wanted) in [
        (vec![("a", READ)], (true, false, None)),
        (vec![("a", READ)], (true, false, None)),
        (vec![("r", READ), ("a", kept), ("a", "user/-/state/com.google/tracking-kept-unread")], (false, false, None)),
        (vec![("a", READ), ("r", kept), ("ac", "edit")], (true, false, None)),
        (vec![("a", STARRED), ("r", READ)], (false, true, None)),
        (vec![("a", liked)], (false, true, Some(Vote::Up))),
        (vec![("r", disliked)], (false, true, Some(Vote::Up))),
        (vec![("a", disliked)], (false, true, Some(Vote::Down))),
        (vec![("r", liked)], (false, true, Some(Vote::Down))),
        (vec![("r", disliked)], (false, true, None)),
        (vec![("a", like)], (false, true, Some(Vote::Up))),
        (vec![("r", like), ("r", STARRED)], (false, false, None)),
        (vec![("a", "user/-/label/Later"), ("r", "user/-/label/Score 8+")], (false, false, None)),
    ] {
        greader.change("edit-tag", &[&[("i", long.as_str()), ("T", "x")], &form[..]].concat()).await;
        let row = reading::load_article(&app.app, id).await.expect("there").row;
        assert_eq!((row.is_read, row.is_starred, row.vote), wanted, "{form:?}");
    }
    greader.change("edit-tag", &[("i", "99999"), ("a", READ)]).await;
    let many: Vec<(&str, String)> = f.articles.iter().map(|id| ("i", id.to_string())).collect();
    let mut many: Vec<(&str, &str)> = many.iter().map(|(name, id)| (*name, id.as_str())).collect();
    many.push(("a", READ));
    greader.change("edit-tag", &many).await;
    assert!(greader.ids(&format!("xt={READ}")).await.is_empty());
    greader.client.app.finish().await;
}

#[tokio::test]
async fn a_stream_is_marked_read_as_far_as_the_client_saw_it() {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let f = fill(app).await;
    let a_arrived = B_ARRIVED - 20;
    // a0 got its score after the client's last look, a2 before it, a3 is of another band.
    score(app, f.articles[0], 8.4, B_ARRIVED + 100).await;
    score(app, f.articles[2], 8.0, B_ARRIVED).await;
    score(app, f.articles[3], 6.0, B_ARRIVED).await;
    let us = |second: i64| (second * 1_000_000).to_string();
    let second = (a_arrived + 10).to_string();
    let millisecond = ((a_arrived + 10) * 1_000).to_string();
    let feed = format!("feed/{}", f.loom);
    for (stream, ts, left) in [
        ("user/-/label/Score 8+", Some(us(B_ARRIVED + 50)), vec!["a0", "a3", "b0", "b1"]),
        // A score of the same second may have been given after the client's look.
        ("user/-/label/Score 8 ", Some(us(B_ARRIVED + 100)), vec!["a0", "a3", "b0", "b1"]),
        ("user/-/label/Score 8+", Some(format!("{}900000", B_ARRIVED + 100)), vec!["a0", "a3", "b0", "b1"]),
        ("user/-/label/Score 8+", Some((B_ARRIVED + 100).to_string()), vec!["a0", "a3", "b0", "b1"]),
        ("user/-/label/Score 8+", Some(us(B_ARRIVED + 101)), vec!["a3", "b0", "b1"]),
        ("user/-/label/Topic: Textiles", Some(format!("{}900000", B_ARRIVED + 100)), vec!["a0", "b0", "b1"]),
        ("user/-/label/Score 8+", Some(us(a_arrived + 10)), vec!["a0", "a2", "a3", "b0", "b1"]),
        ("user/-/label/Score 8+", None, vec!["a3", "b0", "b1"]),
        ("user/-/label/Topic: Textiles", Some(us(B_ARRIVED + 50)), vec!["a0", "b0", "b1"]),
        ("user/-/label/Weaving", Some(us(B_ARRIVED + 50)), vec!["b0", "b1"]),
        (feed.as_str(), Some(second.clone()), vec!["b0", "b1"]),
        ("feed/https://loom.example/feed", None, vec!["b0", "b1"]),
        ("user/-/state/com.google/reading-list", Some(us(a_arrived + 10)), vec!["b0", "b1"]),
        ("user/-/state/com.google/reading-list", Some(millisecond), vec!["b0", "b1"]),
        ("user/-/state/com.google/reading-list", Some(second), vec!["b0", "b1"]),
        ("user/-/state/com.google/reading-list", Some("0".into()), vec!["a0", "a2", "a3", "b0", "b1"]),
        ("user/-/state/com.google/reading-list", None, vec![]),
        ("user/-/state/com.google/starred", None, vec!["a0", "a3", "b1"]),
        ("user/-/state/com.google/read", None, vec!["a0", "a2", "a3", "b0", "b1"]),
    ] {
        execute(app, &format!("UPDATE articles SET is_read = (id = {})", f.articles[1])).await;
        let ts = ts.unwrap_or_default();
        let form = [("s", stream), ("ts", ts.as_str())];
        greader.change("mark-all-as-read", if ts.is_empty() { &form[..1] } else { &form }).await;
        let unread = greader.get(&format!("stream/contents?r=o&xt={READ}")).await;
        assert_eq!(super::support::titles_in(&unread["items"]), left, "{stream} {ts}");
    }
    greader.client.app.finish().await;
}

#[tokio::test]
async fn subscriptions_are_made_changed_and_ended() {
    let site = FeedServer::start().await;
    let feed = || FeedReply::feed(rss_document("Spindle", &[("s1", "One", "<p>x</p>")]));
    site.on("/spindle", feed());
    site.on("/distaff", FeedReply::feed(rss_document("Distaff", &[("d1", "Two", "<p>y</p>")])));
    site.on("/page", FeedReply::ok("text/html", "<p>No feed here.</p>"));
    let greader = GreaderClient::start().await;
    let (address, other) = (site.url("/spindle"), site.url("/distaff"));
    let added =
        greader.post(&format!("subscription/quickadd?quickadd={}", site.url("/page")), &[("quickadd", &address)]).await;
    let added = added.json();
    let stream = added["streamId"].as_str().expect("a stream").to_owned();
    assert_eq!(added, json!({ "numResults": 1, "query": address, "streamId": stream, "streamName": "Spindle" }));
    let again = greader.post("subscription/quickadd", &[("quickadd", &format!("feed/{address}"))]).await.json();
    assert_eq!((&again["numResults"], &again["streamId"]), (&json!(1), &json!(stream)), "known already");
    let none = greader.post("subscription/quickadd", &[("quickadd", &site.url("/page"))]).await.json();
    assert!(none["numResults"] == 0 && none["error"].is_string(), "{none}");

    let one = |answer: &Value, stream: &str| {
        let found = answer["subscriptions"].as_array().expect("a list").iter().find(|s| s["id"] == stream);
        found.map(|s| (s["title"].as_str().unwrap_or_default().to_owned(), s["categories"].clone()))
    };
    let folder = |name: &str| json!([{ "id": format!("user/-/label/{name}"), "label": name }]);
    let by_address = format!("feed/{other}");
    let edits = [
        (vec![("ac", "edit"), ("s", stream.as_str()), ("a", "user/-/label/Wool")], "Spindle", folder("Wool")),
        (vec![("ac", "edit"), ("s", &stream), ("t", "Mine")], "Mine", folder("Wool")),
        (vec![("ac", "edit"), ("s", &stream), ("t", ""), ("r", "user/-/label/Other")], "Mine", folder("Wool")),
        (vec![("ac", "edit"), ("s", &stream), ("r", "user/-/label/Wool")], "Mine", json!([])),
        (
            vec![("ac", "edit"), ("s", &stream), ("r", "user/-/label/Wool"), ("a", "user/-/label/Silk")],
            "Mine",
            folder("Silk"),
        ),
        (vec![("ac", "subscribe"), ("s", &stream), ("a", "user/-/label/Wool")], "Mine", folder("Wool")),
    ];
    for (form, title, categories) in edits {
        greader.change("subscription/edit", &form).await;
        let found = one(&greader.get("subscription/list").await, &stream);
        assert_eq!(found, Some((title.to_owned(), categories)), "{form:?}");
    }
    // RSS Guard and others send everything in the address.
    let in_address = format!("subscription/edit?ac=subscribe&s=feed/{other}&t=Second&a=user/-/label/Wool");
    greader.change(&in_address, &[]).await;
    let listed = greader.get("subscription/list").await;
    let second = listed["subscriptions"].as_array().expect("a list").iter().find(|s| s["url"] == other).expect("there");
    assert_eq!((&second["title"], &second["categories"]), (&json!("Second"), &folder("Wool")));

    for (path, form, status) in [
        ("rename-tag", vec![("s", "user/-/label/Wool"), ("dest", "user/-/label/Yarn")], 200),
        ("rename-tag", vec![("t", "Yarn"), ("dest", "user/-/label/Wool")], 200),
        ("rename-tag", vec![("s", "user/-/label/Wool"), ("dest", "user/-/label/Silk")], 400),
        ("rename-tag", vec![("s", "user/-/label/Score 8+"), ("dest", "user/-/label/Best")], 400),
        ("rename-tag", vec![("s", "user/-/label/Gone"), ("dest", "user/-/label/Best")], 404),
        ("disable-tag", vec![("s", "user/-/label/Liked")], 400),
        ("disable-tag", vec![("s", "user/-/label/Silk")], 200),
        ("subscription/edit", vec![("ac", "edit"), ("s", &stream), ("a", "user/-/label/Score 8+")], 400),
        ("subscription/edit", vec![("ac", "edit"), ("s", "feed/999"), ("t", "x")], 404),
        ("subscription/edit", vec![("ac", "toggle"), ("s", &stream)], 400),
        ("subscription/edit", vec![("ac", "subscribe"), ("s", &format!("feed/{}", site.url("/page")))], 400),
        ("subscription/edit", vec![("ac", "unsubscribe"), ("s", &by_address)], 200),
        ("subscription/edit", vec![("ac", "unsubscribe"), ("s", &by_address)], 404),
    ] {
        let answer = greader.post(path, &form).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {form:?}: {}", answer.body);
    }
    let exported = greader.client.app.send(greader.request(Method::GET, "subscription/export")).await;
    assert!(
        exported.header("content-type").starts_with("text/xml") && exported.body.contains(&address),
        "{}",
        exported.body
    );
    greader.change("subscription/edit", &[("ac", "unsubscribe"), ("s", &stream)]).await;
    let import =
        greader.request(Method::POST, "subscription/import").header("content-type", "text/xml").body(exported.body);
    assert_eq!(greader.client.app.send(import).await.body, "OK");
    let listed = greader.get("subscription/list").await;
    assert_eq!(listed["subscriptions"][0]["url"], json!(address));
    assert_ne!(listed["subscriptions"][0]["id"], json!(stream), "ids are never given twice");
    greader.client.app.finish().await;
}
