//! Every call of the Miniflux API but its lists: what it answers, what it changes.

use super::support::{A1_PUBLISHED, B_ARRIVED, ClientApp, fill};
use crate::support::feed_server::{FeedReply, FeedServer};
use gleaner::{domain::time::Timestamp, server::services::subscriptions};
use reqwest::Method;
use serde_json::{Value, json};

const FEED: &str = "<rss version=\"2.0\"><channel><title>Carding</title><link>https://carding.example/</link>
    <item><title>Combs</title><guid>1</guid><description>&lt;p&gt;Two combs.&lt;/p&gt;</description></item></channel></rss>";

#[tokio::test]
async fn an_instance_has_one_user_named_as_the_device() {
    let client = ClientApp::start().await;
    let me = client.get("/v1/me").await;
    assert_eq!((&me["id"], &me["username"], &me["is_admin"]), (&json!(1), &json!("phone"), &json!(false)));
    for key in ["timezone", "language", "theme"] {
        assert!(me[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {me}");
    }
    assert_eq!(me["entry_sorting_direction"], "desc");
    assert_eq!(client.get("/v1/users").await, json!([me]));
    assert_eq!(client.get("/v1/users/1").await, me);
    assert_eq!(client.get("/v1/users/phone").await, me);
    assert_eq!(client.send(Method::GET, "/v1/users/2", Value::Null).await.status, 404);
    assert!(client.get("/v1/version").await["version"].as_str().is_some_and(|v| v.starts_with("2.")));
    assert_eq!(client.get("/v1/integrations/status").await, json!({ "has_integrations": false }));
    for (method, path) in [
        (Method::POST, "/v1/users"),
        (Method::PUT, "/v1/users/1"),
        (Method::DELETE, "/v1/users/1"),
        (Method::PUT, "/v1/flush-history"),
    ] {
        assert_eq!(client.send(method.clone(), path, json!({})).await.status, 403, "{method} {path}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn categories_are_folders_and_one_more() {
    let client = ClientApp::start().await;
    let fixture = fill(&client.app).await;
    let weaving = fixture.folder.0 + 1;
    let category = |id: i64, title: &str| json!({ "id": id, "title": title, "user_id": 1, "hide_globally": false });
    assert_eq!(client.get("/v1/categories").await, json!([category(1, "All"), category(weaving, "Weaving")]));
    let counted = client.get("/v1/categories?counts=true").await;
    let figures = |n: usize| (counted[n]["feed_count"].clone(), counted[n]["total_unread"].clone());
    assert_eq!([figures(0), figures(1)], [(json!(1), json!(2)), (json!(1), json!(3))]);
    for (id, feed) in [(1, fixture.dye), (weaving, fixture.loom)] {
        let feeds = client.get(&format!("/v1/categories/{id}/feeds")).await;
        assert_eq!((feeds.as_array().map(Vec::len), &feeds[0]["id"]), (Some(1), &json!(feed)), "{id}");
    }

    let made = client.send(Method::POST, "/v1/categories", json!({ "title": "Spinning" })).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let id = made["id"].as_i64().expect("an id");
    assert_eq!(made, category(id, "Spinning"));
    let renamed = client.send(Method::PUT, &format!("/v1/categories/{id}"), json!({ "title": "Yarn" })).await;
    assert_eq!((renamed.status.as_u16(), renamed.json()), (201, category(id, "Yarn")));
    for (method, path, body, status) in [
        (Method::POST, "/v1/categories".to_owned(), json!({ "title": "Weaving" }), 400),
        (Method::POST, "/v1/categories".to_owned(), json!({ "title": " " }), 400),
        (Method::POST, "/v1/categories".to_owned(), json!({}), 400),
        (Method::PUT, "/v1/categories/1".to_owned(), json!({ "title": "x" }), 400),
        (Method::DELETE, "/v1/categories/1".to_owned(), Value::Null, 400),
        (Method::PUT, "/v1/categories/99".to_owned(), json!({ "title": "x" }), 404),
        (Method::DELETE, "/v1/categories/99".to_owned(), Value::Null, 404),
        (Method::DELETE, format!("/v1/categories/{id}"), Value::Null, 204),
        (Method::DELETE, format!("/v1/categories/{weaving}"), Value::Null, 204),
    ] {
        let answer = client.send(method.clone(), &path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
    }
    let feed = client.get(&format!("/v1/feeds/{}", fixture.loom)).await;
    assert_eq!(feed["category"], category(1, "All"), "feeds of a removed folder stay");
    client.app.finish().await;
}

#[tokio::test]
async fn feeds_tell_what_clients_insist_on() {
    let client = ClientApp::start().await;
    let fixture = fill(&client.app).await;
    let feeds = client.get("/v1/feeds").await;
    assert_eq!(feeds.as_array().map(Vec::len), Some(2));
    let loom = client.get(&format!("/v1/feeds/{}", fixture.loom)).await;
    assert!(feeds.as_array().is_some_and(|all| all.contains(&loom)));
    assert_eq!(loom["feed_url"], "https://loom.example/feed");
    assert_eq!(loom["category"]["title"], "Weaving");
    assert_eq!((&loom["user_id"], &loom["icon"], &loom["parsing_error_count"]), (&json!(1), &Value::Null, &json!(0)));
    for key in ["site_url", "title", "checked_at", "parsing_error_message", "feed_url"] {
        assert!(loom[key].is_string(), "{key}: {loom}");
    }
    for key in ["crawler", "disabled", "ignore_http_cache", "fetch_via_proxy", "hide_globally"] {
        assert!(loom[key].is_boolean(), "{key}: {loom}");
    }
    let counters = client.get("/v1/feeds/counters").await;
    let (a, b) = (fixture.loom.to_string(), fixture.dye.to_string());
    assert_eq!(counters, json!({ "reads": { &a: 1 }, "unreads": { &a: 3, &b: 2 } }));
    client.app.finish().await;
}

#[tokio::test]
async fn feeds_are_subscribed_changed_and_removed() {
    let (client, server) = (ClientApp::start().await, FeedServer::start().await);
    let fixture = fill(&client.app).await;
    let weaving = fixture.folder.0 + 1;
    server.on("/carding.xml", FeedReply::feed(FEED));
    server
        .on("/", FeedReply::ok("text/html", "<link rel=alternate type=application/rss+xml title=C href=/carding.xml>"));
    let found = client.send(Method::POST, "/v1/discover", json!({ "url": server.url("/") })).await.json();
    assert_eq!(found[0]["url"], server.url("/carding.xml"), "{found}");
    let subscribe = |url: String, category: i64| json!({ "feed_url": url, "category_id": category });
    let made = client.send(Method::POST, "/v1/feeds", subscribe(server.url("/carding.xml"), weaving)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["feed_id"].as_i64().expect("an id");
    let path = format!("/v1/feeds/{id}");
    let feed = client.get(&path).await;
    assert_eq!((&feed["title"], &feed["category"]["id"]), (&json!("Carding"), &json!(weaving)));
    assert_eq!(client.titles(&format!("{path}/entries")).await, ["Combs"]);
    for (body, status) in [
        (subscribe(server.url("/carding.xml"), 1), 400),
        (subscribe(server.url("/nothing"), 1), 400),
        (subscribe(server.url("/carding.xml?2"), 99), 400),
        (json!({}), 400),
        (json!([]), 400),
    ] {
        let answer = client.send(Method::POST, "/v1/feeds", body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        assert!(answer.json()["error_message"].is_string(), "{body}");
    }

    let change = json!({ "title": "Combing", "category_id": 1, "crawler": true });
    let changed = client.send(Method::PUT, &path, change).await;
    assert_eq!(changed.status, 201);
    assert_eq!((&changed.json()["title"], &changed.json()["category"]["id"]), (&json!("Combing"), &json!(1)));
    assert_eq!(client.send(Method::PUT, &path, json!({ "feed_url": "https://x.example/" })).await.status, 400);
    assert_eq!(client.send(Method::PUT, &path, json!({ "category_id": 99 })).await.status, 400);
    client.put(&format!("{path}/refresh"), Value::Null).await;
    client.put("/v1/feeds/refresh", Value::Null).await;
    client.put(&format!("/v1/categories/{weaving}/refresh"), Value::Null).await;
    assert_eq!(client.send(Method::GET, &format!("{path}/icon"), Value::Null).await.status, 404);
    assert_eq!(client.send(Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(client.send(Method::DELETE, &path, Value::Null).await.status, 404);
    let again = client.send(Method::POST, "/v1/feeds", subscribe(server.url("/carding.xml"), 1)).await.json();
    assert!(again["feed_id"].as_i64() > Some(id), "an id is never given twice: {again} after {id}");
    let newest = client.get("/v1/entries?order=id&direction=desc&limit=1").await["entries"][0]["id"].as_i64();
    assert!(newest > Some(fixture.articles[5].0 + 1), "nor that of an entry: {newest:?}");
    client.app.finish().await;
}

#[tokio::test]
async fn an_icon_is_given_by_feed_and_by_number() {
    let client = ClientApp::start().await;
    let fixture = fill(&client.app).await;
    let hash = "a".repeat(64);
    super::support::execute(
        &client.app,
        &format!("INSERT INTO icons (id, hash, mime_type, data) VALUES (1, '{hash}', 'image/png', x'89504e47')"),
    )
    .await;
    super::support::execute(&client.app, &format!("UPDATE feeds SET icon_id = 1 WHERE id = {}", fixture.loom)).await;
    let icon = client.get(&format!("/v1/feeds/{}/icon", fixture.loom)).await;
    assert_eq!((&icon["mime_type"], &icon["data"]), (&json!("image/png"), &json!("image/png;base64,iVBORw==")));
    assert_eq!(client.get(&format!("/v1/icons/{}", icon["id"])).await, icon);
    let feed = client.get(&format!("/v1/feeds/{}", fixture.loom)).await;
    assert_eq!(feed["icon"]["icon_id"], icon["id"]);
    let favicons = client.fever("favicons&feeds").await;
    assert_eq!(favicons["favicons"], json!([{ "id": icon["id"], "data": "image/png;base64,iVBORw==" }]));
    let served = client.app.get(&format!("/icons/{hash}")).await;
    assert_eq!((served.status.as_u16(), served.header("cross-origin-resource-policy")), (200, "cross-origin"));
    client.app.finish().await;
}

#[tokio::test]
async fn an_entry_tells_all_of_an_article() {
    let client = ClientApp::start().await;
    let fixture = fill(&client.app).await;
    let (a1, b1) = (fixture.articles[1], fixture.articles[5]);
    let entry = client.get(&format!("/v1/entries/{a1}")).await;
    for (key, value) in [
        ("id", json!(a1)),
        ("user_id", json!(1)),
        ("feed_id", json!(fixture.loom)),
        ("status", json!("read")),
        ("title", json!("a1")),
        ("url", json!("https://loom.example/a1")),
        ("author", json!("Abe")),
        ("content", json!("<p>A loom & a weaver.</p>")),
        ("comments_url", json!("")),
        ("share_code", json!("")),
        ("starred", json!(false)),
        ("published_at", json!(Timestamp(A1_PUBLISHED))),
        ("created_at", json!(Timestamp(B_ARRIVED - 20))),
        ("changed_at", json!(Timestamp(B_ARRIVED - 20))),
        ("enclosures", json!([])),
        ("tags", json!([])),
        ("reading_time", json!(1)),
    ] {
        assert_eq!(entry[key], value, "{key}");
    }
    assert_eq!(entry["hash"].as_str().map(str::len), Some(64));
    assert_eq!(entry["feed"]["category"]["title"], "Weaving");
    assert_eq!(client.get(&format!("/v1/feeds/{}/entries/{a1}", fixture.loom)).await, entry);
    assert_eq!(client.get(&format!("/v1/categories/1/entries/{a1}")).await, entry);
    let content = client.get(&format!("/v1/entries/{a1}/fetch-content")).await;
    assert_eq!(content, json!({ "content": entry["content"] }));
    let undated = client.get(&format!("/v1/entries/{b1}")).await;
    assert_eq!(undated["published_at"], json!(Timestamp(B_ARRIVED)), "without a date: its arrival");
    assert_eq!(undated["author"], "");
    assert_eq!(client.send(Method::POST, &format!("/v1/entries/{a1}/save"), Value::Null).await.status, 400);
    assert_eq!(client.send(Method::PUT, &format!("/v1/entries/{a1}"), json!({ "title": "x" })).await.status, 403);
    client.app.finish().await;
}

#[tokio::test]
async fn marks_are_set_and_stars_toggled() {
    let client = ClientApp::start().await;
    let fixture = fill(&client.app).await;
    let [a0, a1, a2, a3, b0, b1] = fixture.articles;
    let change =
        |ids: &[gleaner::domain::ids::ArticleId], key: &str, value: Value| json!({ "entry_ids": ids, key: value });
    for _ in 0..2 {
        client.put("/v1/entries", change(&[a0, a3, 999.into()], "status", json!("read"))).await;
        assert_eq!(client.titles("/v1/entries?status=read&order=id").await, ["a0", "a1", "a3"], "set, never toggled");
    }
    client.put("/v1/entries", change(&[a0, a1], "status", json!("unread"))).await;
    assert_eq!(client.titles("/v1/entries?status=read&order=id").await, ["a3"]);
    client.put("/v1/entries", change(&[b1, a2], "starred", json!(true))).await;
    assert_eq!(client.titles("/v1/entries?starred=true&order=id").await, ["a2", "b0", "b1"]);
    client.put("/v1/entries", json!({ "entry_ids": [b1], "starred": false, "status": "read" })).await;
    assert_eq!(client.titles("/v1/entries?starred=true&order=id").await, ["a2", "b0"]);
    assert_eq!(client.titles("/v1/entries?status=read&order=id").await, ["a3", "b1"]);
    for (path, expected) in [
        (format!("/v1/entries/{b0}/bookmark"), vec!["a2"]),
        (format!("/v1/entries/{b0}/star"), vec!["a2", "b0"]),
        (format!("/v1/entries/{a2}/bookmark"), vec!["b0"]),
    ] {
        client.put(&path, Value::Null).await;
        assert_eq!(client.titles("/v1/entries?starred=true&order=id").await, expected, "{path}");
    }
    for body in [
        json!({}),
        json!({ "entry_ids": [] , "status": "read" }),
        json!({ "entry_ids": [a0] }),
        json!({ "entry_ids": [a0], "status": "removed" }),
        json!({ "entry_ids": ["a"], "status": "read" }),
        json!("read"),
    ] {
        let answer = client.send(Method::PUT, "/v1/entries", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["error_message"].is_string(), "{body}");
    }
    let page = client.app.app.clone();
    let row = gleaner::server::services::reading::load_article(&page, a3).await.expect("there").row;
    assert!(row.is_read && !row.is_starred, "pages see what clients mark");
    client.app.finish().await;
}

#[tokio::test]
async fn a_feed_a_category_or_everything_is_marked_read() {
    let client = ClientApp::start().await;
    let fixture = fill(&client.app).await;
    let weaving = fixture.folder.0 + 1;
    for (path, unread) in [
        (format!("/v1/feeds/{}/mark-all-as-read", fixture.dye), vec!["a0", "a2", "a3"]),
        ("/v1/categories/1/mark-all-as-read".to_owned(), vec!["a0", "a2", "a3"]),
        (format!("/v1/categories/{weaving}/mark-all-as-read"), vec![]),
    ] {
        client.put(&path, Value::Null).await;
        assert_eq!(client.titles("/v1/entries?status=unread&order=id").await, unread, "{path}");
    }
    client.put("/v1/entries", json!({ "entry_ids": fixture.articles, "status": "unread" })).await;
    client.put("/v1/users/1/mark-all-as-read", Value::Null).await;
    assert_eq!(client.get("/v1/entries?status=unread").await["total"], 0);
    for path in ["/v1/feeds/99/mark-all-as-read", "/v1/categories/99/mark-all-as-read", "/v1/users/2/mark-all-as-read"]
    {
        assert_eq!(client.send(Method::PUT, path, Value::Null).await.status, 404, "{path}");
    }
    client.app.finish().await;
}

#[tokio::test]
async fn opml_export_and_import() {
    let client = ClientApp::start().await;
    fill(&client.app).await;
    let answer = client.send(Method::GET, "/v1/export", Value::Null).await;
    assert!(answer.header("content-type").starts_with("text/xml") && answer.body.contains("https://loom.example/feed"));
    let more = answer.body.replace("dye.example", "felt.example");
    let taken = client.app.send(client.request(Method::POST, "/v1/import").body(more)).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    assert!(taken.json()["message"].as_str().is_some_and(|message| message.contains("1 new")), "{}", taken.body);
    assert_eq!(subscriptions::list_feeds(&client.app.app).await.expect("readable").len(), 3);
    let refused = client.app.send(client.request(Method::POST, "/v1/import").body("<html>")).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    client.app.finish().await;
}
