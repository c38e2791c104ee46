//! Feeds of saved searches, as their readers and their owner meet them.

use crate::{
    access::support::start_closed,
    clients::support::{B_ARRIVED, fill, score},
    support::test_app::{TestApp, TestResponse},
};
use gleaner::{
    domain::{ids::SavedSearchId, outgoing_feed::OutgoingFormat},
    server::{
        feed::{opml, parse::parse},
        services::{
            outgoing_feeds::{self, RequestedSite},
            saved_searches,
        },
    },
};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use url::Url;

const SITE: RequestedSite<'static> = RequestedSite { host: "news.example", is_secure: true };

async fn save(app: &TestApp, name: &str, query: &str) -> SavedSearchId {
    saved_searches::create(&app.app, name, query).await.expect("saved").id
}

/// The path of the feed of a search with a new secret, without its ending.
async fn renew(app: &TestApp, id: SavedSearchId) -> String {
    let feed = outgoing_feeds::renew(&app.app, id, SITE).await.expect("renewed");
    feed.address.strip_prefix("https://news.example").expect("at the host").to_owned()
}

async fn get_json(app: &TestApp, path: &str) -> serde_json::Value {
    let answer = app.get(&format!("{path}.json")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn every_format_holds_the_same_articles_with_scores_and_needs_no_login() {
    let app = start_closed(|_| {}).await;
    let f = fill(&app).await;
    score(&app, f.articles[0], 8.4, B_ARRIVED).await;
    let path = renew(&app, save(&app, "Looms & yarn", "feed:#1 OR title:b0").await).await;
    let base = Url::parse("https://elsewhere.example/").expect("an address");
    for format in [OutgoingFormat::Atom, OutgoingFormat::Rss, OutgoingFormat::Json] {
        let answer = app.get(&format!("{path}.{}", format.as_str())).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, format.media_type()));
        assert_eq!((answer.header("x-robots-tag"), answer.header("set-cookie")), ("noindex", ""));
        let feed = parse(answer.body.as_bytes(), None, &base).expect("a feed");
        assert_eq!(feed.title, "Looms & yarn", "{format:?}");
        assert_eq!(feed.site.as_deref().map(|site| site.starts_with(&app.url)), Some(true), "{:?}", feed.site);
        let titles: Vec<&str> = feed.entries.iter().map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, ["a3", "a2", "a1", "b0", "a0"], "{format:?}: the newest first");
        let scored = &feed.entries[4];
        let text = "<p>Score 8.4 — Looms &amp; &lt;b&gt;more&lt;/b&gt;. · Textiles</p><p>A shuttle.</p>";
        assert_eq!(scored.content.as_deref(), Some(text), "{format:?}");
        assert_eq!((scored.link.as_deref(), scored.author.as_deref()), (Some("https://loom.example/a0"), Some("Zed")));
        assert_eq!(scored.details.categories, ["Textiles"], "{format:?}");
        let ids: BTreeSet<_> = feed.entries.iter().map(|entry| entry.id.clone().expect("an id")).collect();
        assert!(ids.len() == 5 && ids.iter().all(|id| id.starts_with("urn:uuid:") && id.len() == 45), "{ids:?}");
    }
    let item = &get_json(&app, &path).await["items"][4];
    assert_eq!(item["_gleaner"], json!({ "score": 8.4, "reason": "Looms & <b>more</b>." }));
    let list = app.get(&format!("{path}.opml")).await;
    let feeds = opml::parse(list.body.as_bytes()).expect("a list").outlines;
    let urls: BTreeSet<&str> = feeds.iter().map(|outline| outline.url.as_str()).collect();
    assert_eq!(urls, BTreeSet::from(["https://dye.example/feed", "https://loom.example/feed"]));
    app.finish().await;
}

#[tokio::test]
async fn only_the_present_secret_opens_a_feed() {
    let app = TestApp::start().await;
    fill(&app).await;
    let id = save(&app, "Looms", "feed:#1").await;
    let (first, other) = (renew(&app, id).await, renew(&app, save(&app, "Dye", "feed:#2").await).await);
    assert_eq!(first.len(), "/out/".len() + 64, "256 bits in hex");
    let status = async |path: &str| app.get(path).await.status.as_u16();
    for (path, expected) in [
        (format!("{first}.atom"), 200),
        (format!("{first}.xml"), 404),
        (first.clone(), 404),
        (format!("{}.atom", first.to_uppercase().replace("/OUT/", "/out/")), 404),
        (format!("/out/{}.atom", "0f".repeat(32)), 404),
        ("/out/.atom".into(), 404),
        (format!("/out/{}.atom", "x".repeat(9_000)), 404),
    ] {
        let answer = app.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-robots-tag")), (expected, "noindex"), "{path}");
    }
    let posted = app.send(app.request(Method::POST, &format!("{first}.atom"))).await;
    assert_eq!(posted.status, 405);
    let second = renew(&app, id).await;
    assert_eq!((status(&format!("{first}.json")).await, status(&format!("{second}.json")).await), (404, 200));
    outgoing_feeds::switch_off(&app.app, id).await.expect("switched off");
    assert_eq!(status(&format!("{second}.json")).await, 404);
    saved_searches::remove(&app.app, saved_searches::list(&app.app).await.expect("a list")[1].id)
        .await
        .expect("removed");
    assert_eq!(status(&format!("{other}.json")).await, 404, "the secret goes with its search");
    app.finish().await;
}

#[tokio::test]
async fn a_reader_that_has_the_feed_is_told_so() {
    let app = TestApp::start().await;
    let f = fill(&app).await;
    let path = renew(&app, save(&app, "All", "sort:newest").await).await;
    let ask = async |format: &str, tag: &str| -> TestResponse {
        app.send(app.request(Method::GET, &format!("{path}.{format}")).header("if-none-match", tag)).await
    };
    for format in ["atom", "json", "rss", "opml"] {
        let tag = ask(format, "\"x\"").await.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        let again = ask(format, &format!("\"x\", {tag}")).await;
        assert_eq!(
            (again.status.as_u16(), again.body.as_str(), again.header("etag")),
            (304, "", tag.as_str()),
            "{format}"
        );
    }
    let before = ask("atom", "").await.header("etag").to_owned();
    score(&app, f.articles[0], 8.4, B_ARRIVED).await;
    assert_eq!(ask("atom", &before).await.status, 200, "a score changes the feed");
    app.finish().await;
}

#[tokio::test]
async fn addresses_are_absolute_and_below_the_base_path() {
    let app = TestApp::with(|config| {
        config.access.public_url = Some("https://news.example.org".parse().expect("an address"));
        config.access.base_path = "/reader".parse().expect("a path");
    })
    .await;
    save(&app, "Looms", "loom").await;
    let made = app.json(Method::PUT, "/reader/api/searches/1/feed", &json!({})).await.json();
    let shown = app.get("/reader/api/searches/1/feed").await.json();
    assert_eq!(made, shown);
    for (format, address) in shown.as_object().expect("addresses") {
        let path = address.as_str().expect("an address").strip_prefix("https://news.example.org").expect("absolute");
        assert!(path.starts_with("/reader/out/") && path.ends_with(&format!(".{format}")), "{path}");
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    let feed = get_json(&app, shown["json"].as_str().expect("an address")[24..].trim_end_matches(".json")).await;
    assert_eq!(feed["feed_url"], shown["json"]);
    assert_eq!(feed["home_page_url"], "https://news.example.org/reader/search?q=loom");
    app.finish().await;
}

#[tokio::test]
async fn the_owner_makes_renews_and_ends_a_feed_by_forms() {
    let app = TestApp::start().await;
    let id = save(&app, "Looms", "loom").await.to_string();
    let field = |page: &str| {
        page.split("<input readonly value=\"").nth(1).map(|rest| rest.split('"').next().unwrap_or("").to_owned())
    };
    assert_eq!(field(&app.get("/searches").await.body), None, "off at first");
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let made = app.post_form("/fn/searches/outgoing/renew", &[("id", &id)]).await;
        assert_eq!(made.header("location"), "/searches?done=out-renewed");
        let address = field(&app.get("/searches").await.body).expect("an address");
        assert!(address.starts_with(&app.url) && address.ends_with(".atom"), "{address}");
        addresses.push(address[app.url.len()..].to_owned());
    }
    assert_eq!(
        (app.get(&addresses[0]).await.status.as_u16(), app.get(&addresses[1]).await.status.as_u16()),
        (404, 200)
    );
    let ended = app.post_form("/fn/searches/outgoing/off", &[("id", &id)]).await;
    assert_eq!(ended.header("location"), "/searches?done=out-off");
    assert_eq!(app.get(&addresses[1]).await.status, 404);
    let missing = app.get(&format!("/api/searches/{id}/feed")).await;
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("no outgoing feed"), "{}", missing.body);
    app.finish().await;
}
