//! The text of the page behind an article: when it is fetched, which text is read, shown, searched and scored.

use crate::support::{
    articles::article_records,
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ArticleChange,
        full_text::{FullTextChoice, ShownText},
        ids::{ArticleId, FeedId},
        scoring::ScoringStep,
    },
    server::{
        services::{full_text, reading, subscriptions},
        storage::queue,
        worker,
    },
};
use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// An article as a page has it; `word` stands in its text alone.
pub fn page(word: &str) -> String {
    let paragraph = format!(
        "<p>The council of {word} met on Tuesday, and it took a decision about the bridge, which had been closed for years.</p>"
    );
    format!(
        "<html><head><title>Bridge</title></head><body><nav><a href=/>Home</a></nav><article><h1>Bridge</h1>{}<script>alert(1)</script></article></body></html>",
        paragraph.repeat(8)
    )
}

/// A feed of items: link, title, text.
pub fn feed(items: &[(&str, &str, &str)]) -> String {
    let items: String = items
        .iter()
        .enumerate()
        .map(|(n, (link, title, text))| {
            format!("<item><guid>{n}</guid><link>{link}</link><title>{title}</title><description><![CDATA[{text}]]></description></item>")
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>F</title>{items}</channel></rss>")
}

/// A Gleaner that fetches pages by itself.
pub async fn start() -> TestApp {
    TestApp::with(|config| config.fetch.full_text = true).await
}

pub async fn subscribe(app: &TestApp, server: &FeedServer, document: String) -> FeedId {
    server.on("/f", FeedReply::feed(document));
    subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed")
}

/// Fetches every page that is due.
pub async fn fetch_due(app: &TestApp) {
    while let Some(page) = full_text::claim_next(&app.app, &[]).await.expect("readable") {
        full_text::fetch_claimed(&app.app, &page).await.expect("stored");
    }
}

pub async fn queued(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM full_text_queue").fetch_one(&app.app.db.read).await.expect("counted")
}

pub async fn first(app: &TestApp) -> ArticleId {
    article_records(&app.app).await[0].id()
}

async fn found(app: &TestApp, word: &str) -> usize {
    let found = app.get(&format!("/api/articles?view=all&q={word}")).await.json();
    found["items"].as_array().expect("a list").len()
}

/// What a model would be asked about.
async fn claim(app: &TestApp) -> Vec<queue::ClaimedArticle> {
    let mut db = app.app.db.write().await.expect("a transaction");
    let until = app.app.clock.now().plus(60);
    let ids = queue::claim(&mut db, ScoringStep::Categorize, 9, (1, until), &[]).await.expect("claimed");
    let claimed = queue::load_claimed(&mut *db, &ids, 1).await.expect("read");
    db.rollback().await.expect("rolled back");
    claimed
}

#[tokio::test]
async fn a_short_article_gets_the_text_of_its_page() {
    let (server, app) = (FeedServer::start().await, start().await);
    server.on("/a", FeedReply::ok("text/html", page("Ulm")));
    subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "The council of Bonn…")])).await;
    assert!(claim(&app).await.is_empty(), "models wait for the text");
    assert_eq!(queue::load_heads(&app.app.db.read).await.expect("read"), []);
    fetch_due(&app).await;

    let id = first(&app).await;
    let article = app.get(&format!("/api/articles/{id}")).await.json();
    let (shown, other) = (article["content_html"].as_str().expect("a text"), article["other_html"].as_str());
    assert!(shown.contains("council of Ulm") && !shown.contains("alert") && !shown.contains("Home"), "{shown}");
    assert!(other.is_some_and(|other| other.contains("council of Bonn")), "the feed's text is kept: {other:?}");
    assert_eq!(article["full_text"]["shown"], "full");
    assert_eq!(article["summary"], "The council of Bonn…", "lists stay as they are");
    assert_eq!((found(&app, "Ulm").await, found(&app, "bridge").await), (1, 1), "the search knows the fuller text");
    let claimed = claim(&app).await;
    assert!(claimed.len() == 1 && claimed[0].html.contains("council of Ulm"), "models read the fuller text");

    let reader = app.get(&format!("/articles/{id}")).await.body;
    assert!(reader.contains("Shown: the full text of ") && reader.contains("Show the feed’s text"), "{reader}");
    let switched = app.post_form("/fn/articles/show-text", &[("feed", &id.to_string())]).await;
    assert_eq!(switched.status, 302);
    let reader = app.get(&format!("/articles/{id}")).await.body;
    assert!(reader.contains("Show the full text") && !reader.contains("council of Ulm"), "{reader}");
    assert!(claim(&app).await[0].html.contains("council of Ulm"), "what is shown changes nothing of the scoring");
    let path = format!("/api/articles/{id}/full-text");
    assert_eq!(app.json(Method::PATCH, &path, &json!({ "shown": "full" })).await.json()["full_text"]["shown"], "full");
    app.finish().await;
}

#[tokio::test]
async fn pages_are_fetched_by_the_rule_of_the_feed() {
    let long = "The council of Bonn met. ".repeat(60);
    let cut = format!("{long}…");
    let video = "short]]></description><enclosure url='https://x.example/a.mp4' type='video/mp4' length='1'/><description><![CDATA[";
    /// Name, choice for the feed, titles and texts, pages fetched.
    type FeedCase<'a> = (&'a str, Option<FullTextChoice>, Vec<(&'a str, &'a str)>, i64);
    let cases: [FeedCase<'_>; 9] = [
        ("short texts", None, vec![("A", "short"), ("B", "short")], 2),
        ("long texts", None, vec![("A", &long), ("B", &long)], 0),
        ("long texts that are cut", None, vec![("A", &cut), ("B", &cut)], 2),
        ("a long one among short ones", None, vec![("A", &long), ("B", "short"), ("C", "short")], 2),
        ("a short one among long ones", None, vec![("A", &long), ("B", "short"), ("C", &long)], 0),
        ("notes without a title", None, vec![("", "short"), ("", "short")], 0),
        ("videos", None, vec![("A", video)], 0),
        ("always", Some(FullTextChoice::Always), vec![("A", &long), ("", "short")], 2),
        ("never", Some(FullTextChoice::Never), vec![("A", "short")], 0),
    ];
    for (name, choice, items, expected) in cases {
        let (server, app) = (FeedServer::start().await, start().await);
        let links: Vec<String> = (0..items.len()).map(|n| server.url(&format!("/{n}"))).collect();
        let items: Vec<_> =
            items.iter().zip(&links).map(|((title, text), link)| (link.as_str(), *title, *text)).collect();
        // What a feed says of itself holds from its next document on.
        let id = subscribe(&app, &server, feed(if choice.is_some() { &[] } else { &items })).await;
        if let Some(choice) = choice {
            let body = json!({ "full_text": choice });
            let saved = app.json(Method::PATCH, &format!("/api/feeds/{id}"), &body).await.json();
            assert_eq!(saved["full_text"], choice.as_str());
            server.on("/f", FeedReply::feed(feed(&items)));
            subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
        }
        assert_eq!(queued(&app).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_choice_of_a_feed_reaches_what_is_there() {
    let (server, app) = (FeedServer::start().await, start().await);
    let long = "The council of Bonn met. ".repeat(60);
    let (one, two) = (server.url("/1"), server.url("/2"));
    let id = subscribe(&app, &server, feed(&[(&one, "A", &long), (&two, "B", &long)])).await.to_string();
    let records = article_records(&app.app).await;
    reading::update_article(&app.app, records[0].id(), ArticleChange::mark_read(true)).await.expect("marked");
    for (choice, expected) in [("always", 1), ("never", 0)] {
        let saved =
            app.post_form("/fn/feeds/save", &[("id", &id), ("title", ""), ("folder", ""), ("full_text", choice)]).await;
        assert_eq!((saved.status.as_u16(), queued(&app).await), (302, expected), "{choice}: unread articles only");
        let page = app.get(&format!("/feeds/{id}")).await.body;
        assert!(page.contains(&format!("value=\"{choice}\" selected")), "{page}");
    }
    app.finish().await;
}

#[tokio::test]
async fn without_the_setting_nothing_is_fetched_by_itself_and_the_reader_still_can() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    server.on("/a", FeedReply::ok("text/html", page("Ulm")));
    subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "Short")])).await;
    assert_eq!(queued(&app).await, 0);
    let id = first(&app).await;
    let reader = app.get(&format!("/articles/{id}")).await.body;
    assert!(reader.contains("Fetch the full text"), "{reader}");
    let sent = app.post_form("/fn/articles/fetch-full-text", &[("article", &id.to_string())]).await;
    assert_eq!((sent.status.as_u16(), queued(&app).await), (302, 0));
    assert!(app.get(&format!("/articles/{id}")).await.body.contains("council of Ulm"));
    app.finish().await;
}

#[tokio::test]
async fn the_article_behind_a_discussion_is_fetched() {
    let (server, app) = (FeedServer::start().await, start().await);
    server.on("/a", FeedReply::ok("text/html", page("Ulm")));
    let discussion = "https://www.reddit.com/r/bridges/comments/1/bridge/";
    let text =
        format!("submitted by x <a href=\"{}\">[link]</a> <a href=\"{discussion}\">[comments]</a>", server.url("/a"));
    subscribe(&app, &server, feed(&[(discussion, "Bridge", &text)])).await;
    fetch_due(&app).await;
    let article = app.get(&format!("/api/articles/{}", first(&app).await)).await.json();
    assert!(article["content_html"].as_str().is_some_and(|html| html.contains("council of Ulm")), "{article}");
    assert_eq!(article["comments_url"], discussion);
    assert_eq!(article["full_text"]["url"], server.url("/a"));
    app.finish().await;
}

#[tokio::test]
async fn an_unread_article_is_scored_again_when_its_text_comes_late() {
    for (is_read, state) in [(false, "queued"), (true, "scored")] {
        let (server, app) = (FeedServer::start().await, TestApp::start().await);
        server.on("/a", FeedReply::ok("text/html", page("Ulm")));
        subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "Short")])).await;
        let id = first(&app).await;
        let mut db = app.app.db.write().await.expect("a transaction");
        let statements = format!(
            "UPDATE articles SET state = 'scored', next_step = NULL, composite = 5, is_read = {is_read};
             INSERT INTO scores (article_id, interest, quality, reasoning, scored_at) SELECT id, 5, 5, '', 0 FROM articles"
        );
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *db).await.expect("scored");
        db.commit().await.expect("committed");
        full_text::fetch_now(&app.app, id).await.expect("fetched");
        assert_eq!(article_records(&app.app).await[0].state, state, "read: {is_read}");
    }
}

#[tokio::test]
async fn an_edit_of_the_publisher_fetches_the_page_anew_and_loses_no_text() {
    let (server, app) = (FeedServer::start().await, start().await);
    server.on("/a", FeedReply::ok("text/html", page("Ulm")));
    let link = server.url("/a");
    let id = subscribe(&app, &server, feed(&[(&link, "Bridge", "Short")])).await;
    fetch_due(&app).await;
    for (reply, kept) in [(FeedReply::ok("text/html", page("Jena")), "Jena"), (FeedReply::status(403), "Jena")] {
        let text = format!("Edited {}", server.asked().len());
        server.on("/f", FeedReply::feed(feed(&[(&link, "Bridge", &text)])));
        server.on("/a", reply);
        subscriptions::refresh_feed(&app.app, id).await.expect("refreshed");
        assert_eq!(queued(&app).await, 1, "{text}");
        fetch_due(&app).await;
        let detail = reading::load_article(&app.app, first(&app).await).await.expect("there");
        assert!(detail.content_html.contains(kept), "{:?}", detail.content_html);
        assert_eq!((detail.full_text.shown, found(&app, kept).await), (Some(ShownText::Full), 1), "{text}");
        assert!(detail.other_html.is_some_and(|html| html.contains(&text)), "{text}");
    }
    app.finish().await;
}

#[tokio::test]
async fn models_wait_ten_minutes_and_no_longer() {
    let (server, app) = (FeedServer::start().await, start().await);
    subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "Short")])).await;
    app.clock.advance(Duration::from_secs(599));
    full_text::end_holds(&app.app).await.expect("ended");
    assert!(claim(&app).await.is_empty());
    app.clock.advance(Duration::from_secs(1));
    full_text::end_holds(&app.app).await.expect("ended");
    assert_eq!((claim(&app).await.len(), queued(&app).await), (1, 1), "the page is still fetched");
    app.finish().await;
}

#[tokio::test]
async fn a_kill_loses_no_page_and_a_page_that_crashes_the_process_is_skipped() {
    let (server, app) = (FeedServer::start().await, start().await);
    server.on("/a", FeedReply::ok("text/html", page("Ulm")));
    subscribe(&app, &server, feed(&[(&server.url("/a"), "Bridge", "Short")])).await;
    let mut app = app;
    for attempt in 1..=4_i64 {
        let claimed = full_text::claim_next(&app.app, &[]).await.expect("readable").expect("due");
        assert_eq!(claimed.attempts, attempt);
        assert!(full_text::claim_next(&app.app, &[]).await.expect("readable").is_none(), "taken once");
        if attempt == 4 {
            full_text::fetch_claimed(&app.app, &claimed).await.expect("stored");
            break;
        }
        // The process ends without storing anything, and another one begins later.
        let data = app.finish().await;
        app = TestApp::on(data, |config| config.fetch.full_text = true).await;
        app.clock.advance(Duration::from_secs(600 * attempt.unsigned_abs()));
    }
    let detail = reading::load_article(&app.app, first(&app).await).await.expect("there");
    assert_eq!(detail.full_text.problem.map(|problem| problem.as_str()), Some("interrupted"));
    assert_eq!((queued(&app).await, server.requests_for("/a").len()), (0, 0));
    full_text::fetch_now(&app.app, detail.row.id).await.expect("fetched");
    let detail = reading::load_article(&app.app, detail.row.id).await.expect("there");
    assert!(detail.content_html.contains("council of Ulm"), "the reader may try it all the same");
    app.finish().await;
}

#[tokio::test]
async fn the_loop_fetches_one_page_of_a_host_at_a_time_and_gives_back_what_it_cannot_finish() {
    let (server, app) = (FeedServer::start().await, start().await);
    let links: Vec<String> = (0..3).map(|n| server.url(&format!("/{n}"))).collect();
    for n in 0..3 {
        server.on(&format!("/{n}"), FeedReply::ok("text/html", page("Ulm")).held());
    }
    let items: Vec<_> = links.iter().map(|link| (link.as_str(), "Bridge", "Short")).collect();
    let items: Vec<_> =
        items.into_iter().zip(["A", "B", "C"]).map(|((link, _, text), title)| (link, title, text)).collect();
    subscribe(&app, &server, feed(&items)).await;
    let mut events = app.app.events.subscribe();
    app.app.lifecycle.spawn(worker::full_text::run(app.app.clone()));
    server.release(1);
    events.recv().await.expect("one is stored");
    // The feed, robots.txt, the first page and the second one.
    server.wait_for_requests(4).await;
    assert_eq!((server.most_held_at_once(), queued(&app).await), (1, 2));
    let data = app.finish().await;
    let app = TestApp::on(data, |config| config.fetch.full_text = true).await;
    let claimed = full_text::claim_next(&app.app, &[]).await.expect("readable").expect("due at once");
    assert_eq!((queued(&app).await, claimed.attempts), (2, 1), "an orderly stop counts as no attempt");
    app.finish().await;
}
