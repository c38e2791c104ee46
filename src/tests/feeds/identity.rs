//! The identity of articles: none is lost, duplicated, or scored again without a reason.

use crate::support::simulator::{Endpoint, Simulator};
use crate::support::{
    articles::{article_records, invariant_violations},
    corpora,
    feed_server::{FeedReply, FeedServer},
    simulated_model::{app_with, valid_answer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::{ArticleChange, ArticleRow, ArticleView, ListQuery},
        article_identity::{GuidHistory, ItemDecision, KnownArticle, decide},
        feed::{Feed, SubscribeOutcome},
        ids::{ArticleId, FeedId},
        vote::Vote,
    },
    server::{
        feed::{identity::document_items, parse},
        services::{categories, reading, subscriptions},
        worker::scorer,
    },
};
use std::{collections::HashSet, path::Path, time::Duration};
use url::Url;

/// An item of RSS; what is `None` is left out.
fn item(guid: Option<&str>, link: &str, title: &str, date: Option<&str>, body: &str) -> String {
    let guid = guid.map(|guid| format!("<guid>{guid}</guid>")).unwrap_or_default();
    let date = date.map(|date| format!("<pubDate>{date}</pubDate>")).unwrap_or_default();
    format!(
        "<item>{guid}<link>{link}</link><title>{title}</title>{date}<description><![CDATA[{body}]]></description></item>"
    )
}

fn document(items: &[String]) -> FeedReply {
    let items = items.concat();
    FeedReply::feed(format!(
        "<rss version=\"2.0\"><channel><title>F</title><link>https://x.example/</link>{items}</channel></rss>"
    ))
}

async fn subscribe_to(app: &TestApp, url: &str) -> FeedId {
    match subscriptions::subscribe(&app.app, url, None).await {
        Ok(SubscribeOutcome::Added(id)) => id,
        other => panic!("not added: {other:?}"),
    }
}

async fn refresh(app: &TestApp, id: FeedId) -> Feed {
    subscriptions::refresh_feed(&app.app, id).await.expect("refreshed")
}

/// All articles, newest first.
async fn rows(app: &TestApp) -> Vec<ArticleRow> {
    let query = ListQuery { view: ArticleView::All, limit: 200, ..ListQuery::default() };
    reading::list(&app.app, &query).await.expect("a page").rows
}

async fn row(app: &TestApp, title: &str) -> ArticleRow {
    let mut rows = rows(app).await;
    rows.retain(|row| row.title == title);
    assert_eq!(rows.len(), 1, "one article named {title}");
    rows.remove(0)
}

async fn change(app: &TestApp, id: ArticleId, change: ArticleChange) {
    reading::update_article(&app.app, id, change).await.expect("changed");
}

const TEN: &str = "Wed, 01 Jul 2026 10:00:00 GMT";
const ELEVEN: &str = "Wed, 01 Jul 2026 11:00:00 GMT";

#[tokio::test]
async fn items_that_share_a_link_are_articles_of_their_own_and_keep_their_marks() {
    let server = FeedServer::start().await;
    let entry = |title: &str, date: &str| item(None, "https://x.example/status", title, Some(date), title);
    server.on("/f", document(&[entry("One", TEN), entry("Two", ELEVEN), entry("Three", TEN)]));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    let (one, two) = (row(&app, "One").await, row(&app, "Two").await);
    change(&app, one.id, ArticleChange::mark_read(true)).await;
    change(&app, two.id, ArticleChange::set_starred(true)).await;
    server.on("/f", document(&[entry("Four", ELEVEN), entry("Two", ELEVEN), entry("One", TEN)]));
    let feed = refresh(&app, id).await;
    assert_eq!((feed.total, feed.unread), (4, 3), "three stayed, one is new and unread");
    let (one_later, four) = (row(&app, "One").await, row(&app, "Four").await);
    assert_eq!((one_later.id, one_later.is_read), (one.id, true));
    assert!(row(&app, "Two").await.is_starred && !four.is_read && !four.is_starred);
}

#[tokio::test]
async fn an_item_that_shares_its_guid_stays_the_same_when_the_other_one_goes() {
    let server = FeedServer::start().await;
    let entry = |link: &str, title: &str| item(Some("shared"), link, title, Some(TEN), title);
    let (one, two) = (entry("https://x.example/1", "One"), entry("https://x.example/2", "Two"));
    server.on("/f", document(&[one.clone(), two.clone()]));
    let app = TestApp::start().await;
    let id = subscribe_to(&app, &server.url("/f")).await;
    change(&app, row(&app, "Two").await.id, ArticleChange::mark_read(true)).await;
    server.on("/f", document(std::slice::from_ref(&two)));
    assert_eq!(refresh(&app, id).await.total, 2);
    // The guid is on another item of the feed, so it does not identify the first one.
    server.on("/f", document(&[entry("https://x.example/3", "Three").replace(TEN, ELEVEN), two]));
    let feed = refresh(&app, id).await;
    assert_eq!((feed.total, feed.unread), (3, 2));
    server.on("/f", document(&[entry("https://x.example/4", "Four").replace(TEN, ELEVEN)]));
    assert_eq!(refresh(&app, id).await.total, 4, "although no guid is shared in this document");
}

#[tokio::test]
async fn a_site_that_moves_keeps_its_articles_and_their_scores() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(valid_answer);
    let app = app_with(&sim).await;
    let server = FeedServer::start().await;
    let entry = |site: &str, n: usize| {
        let link = format!("{site}/{n}");
        let body = format!("<p>Text {n}, <a href=\"{link}/more\">more</a>.</p>");
        item(Some(&link), &link, &format!("Title {n}"), Some(TEN), &body)
    };
    let published = |site: &str| document(&[entry(site, 1), entry(site, 2), entry(site, 3)]);
    server.on("/f", published("http://www.x.example"));
    let id = subscribe_to(&app, &server.url("/f")).await;
    scorer::drain(&app.app).await;
    let first = row(&app, "Title 1").await;
    change(&app, first.id, ArticleChange::mark_read(true)).await;
    change(&app, first.id, ArticleChange::set_starred(true)).await;
    change(&app, first.id, ArticleChange::set_vote(Some(Vote::Up))).await;
    let (before, calls) = (article_records(&app.app).await, sim.requests_of(Endpoint::Chat).len());
    for site in ["https://x.example", "https://new.example"] {
        server.on("/f", published(site));
        let feed = refresh(&app, id).await;
        assert_eq!((feed.total, feed.unread), (3, 2), "{site}");
        scorer::drain(&app.app).await;
        assert_eq!(article_records(&app.app).await, before, "{site}");
        assert_eq!(sim.requests_of(Endpoint::Chat).len(), calls, "nothing is scored again: {site}");
        let moved = row(&app, "Title 1").await;
        assert_eq!(moved.url.as_deref(), Some(format!("{site}/1").as_str()), "the new link");
        assert_eq!((moved.id, moved.is_read, moved.is_starred, moved.vote), (first.id, true, true, Some(Vote::Up)));
    }
}

#[tokio::test]
async fn after_a_restart_only_what_is_new_or_reworded_is_scored() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(valid_answer);
    let host: url::Url = sim.url.parse().expect("an address");
    let server = FeedServer::start().await;
    let entry = |n: usize, words: &str| {
        let body = format!("<p>{words} {n} <img alt=\"\" src=\"/{n}.png\"><img src=\"{n}b.png\" loading=\"lazy\"></p>");
        item(Some(&format!("g{n}")), &format!("https://x.example/{n}"), &format!("Title {n}"), Some(TEN), &body)
    };
    let old: Vec<String> = (0..8).map(|n| entry(n, "Text")).collect();
    server.on("/f", document(&old));
    let first = app_with(&sim).await;
    let id = subscribe_to(&first, &server.url("/f")).await;
    scorer::drain(&first.app).await;
    let calls = sim.requests_of(Endpoint::Chat).len();
    // As if another version of the sanitizer had made it.
    let mut db = first.app.db.write().await.expect("a transaction");
    sqlx::query_scalar::<_, i64>("UPDATE article_bodies SET html = '<p>older</p>' RETURNING article_id")
        .fetch_all(&mut *db)
        .await
        .expect("changed");
    db.commit().await.expect("committed");
    let data = first.finish().await;

    let again = TestApp::on(data, |config| config.ollama.host = host).await;
    let before = article_records(&again.app).await;
    server.on("/f", document(&[&[entry(8, "Text")], &old[..]].concat()));
    refresh(&again, id).await;
    scorer::drain(&again.app).await;
    let after = article_records(&again.app).await;
    assert_eq!(after[..8], before[..], "what was there is as it was");
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), calls + 2, "both steps for the new one");

    server.on("/f", document(&[&[entry(0, "Other words")], &old[1..]].concat()));
    refresh(&again, id).await;
    scorer::drain(&again.app).await;
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), calls + 4, "both steps for the reworded one");
    assert_eq!(invariant_violations(&article_records(&again.app).await), Vec::<String>::new());
}

#[tokio::test]
async fn the_first_item_of_a_document_is_the_newest() {
    let server = FeedServer::start().await;
    let titles = ["Ninth", "Eighth", "Seventh", "Sixth"];
    let items = titles.map(|title| item(Some(title), &format!("https://x.example/{title}"), title, None, title));
    server.on("/f", document(&items));
    let app = TestApp::start().await;
    subscribe_to(&app, &server.url("/f")).await;
    let found: Vec<String> = rows(&app).await.into_iter().map(|row| row.title).collect();
    assert_eq!(found, titles);
}

/// Arrivals of all articles in the order of their ids.
async fn arrivals(app: &TestApp) -> Vec<(i64, i64)> {
    sqlx::query_as("SELECT id, arrived_us FROM articles ORDER BY id")
        .fetch_all(&app.app.db.read)
        .await
        .expect("readable")
}

#[tokio::test]
async fn ids_and_arrivals_grow_and_are_never_given_twice() {
    let server = FeedServer::start().await;
    let entry = |n: usize| item(Some(&format!("g{n}")), &format!("https://x.example/{n}"), &format!("T{n}"), None, "x");
    server.on("/a", document(&[entry(1), entry(2)]));
    server.on("/b", document(&[entry(3), entry(4)]));
    let app = TestApp::start().await;
    let first = subscribe_to(&app, &server.url("/a")).await;
    let (folder, category) = (
        subscriptions::create_folder(&app.app, "Looms").await.expect("created").id,
        categories::create(&app.app, "Looms", None).await.expect("created").id,
    );
    let gone = arrivals(&app).await;
    subscriptions::unsubscribe(&app.app, first).await.expect("removed");
    subscriptions::delete_folder(&app.app, folder).await.expect("removed");
    categories::delete(&app.app, category).await.expect("removed");
    let data = app.finish().await;

    // Also after a restart, and with a clock that was put back.
    let app = TestApp::on(data, |_| {}).await;
    let second = subscribe_to(&app, &server.url("/b")).await;
    server.on("/b", document(&[entry(5), entry(3), entry(4)]));
    app.clock.advance(Duration::from_secs(1));
    refresh(&app, second).await;
    assert!(second > first);
    assert!(subscriptions::create_folder(&app.app, "Looms").await.expect("created").id > folder);
    assert!(categories::create(&app.app, "Looms", None).await.expect("created").id > category);
    let all = [gone, arrivals(&app).await].concat();
    assert!(all.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{all:?}");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn real_feeds_lose_no_item_and_change_nothing_when_read_again() {
    let base = Url::parse("http://feeds.invalid/feed").expect("an address");
    let (mut read, mut items, mut articles) = (0, 0, 0);
    for corpus in ["real-feeds", "feed-rs", "feedsmith", "rust-syndication"] {
        let folder = corpora::corpus_path(corpus);
        for file in files(&folder) {
            let bytes = std::fs::read(&file).expect("readable");
            let Ok(feed) = parse::parse(&bytes, None, &base) else { continue };
            let found = document_items(&feed, &base);
            let decisions = decide(&found, &[], GuidHistory::default());
            let inserted = found.iter().zip(&decisions.items).filter(|(_, d)| **d == ItemDecision::Insert);
            let known: Vec<KnownArticle> = (1..)
                .map(ArticleId)
                .zip(inserted)
                .map(|(id, (item, _))| KnownArticle { id, identity: item.identity })
                .collect();
            let different: HashSet<_> = feed
                .entries
                .iter()
                .map(|e| (e.link.as_ref().or(e.id.as_ref()), &e.title, e.date(), e.body().trim()))
                .collect();
            let name = file.display();
            assert!(known.len() >= different.len().min(found.len()), "{name}: {} of {}", known.len(), different.len());
            let again = decide(&found, &known, decisions.guids);
            let is_quiet = |d: &ItemDecision| matches!(d, ItemDecision::Unchanged(_) | ItemDecision::SameAs(_));
            assert!(again.items.iter().all(is_quiet) && again.identities.is_empty(), "{name}: {again:?}");
            (read, items, articles) = (read + 1, items + found.len(), articles + known.len());
        }
    }
    println!("identity: {articles} articles of {items} items in {read} feeds");
}
