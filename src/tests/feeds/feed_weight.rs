//! How a feed takes part in scoring: its weight, and that it is never scored.

use crate::support::{
    articles::{article_record, article_records, invariant_violations, model_run, new_article, store_articles_in},
    data,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ArticleChange,
        feed::FeedChange,
        ids::{ArticleId, FeedId},
        score::{Judgment, RescoreMode},
        scoring::{RescoreScope, ScoringStep},
    },
    error::ErrorKind,
    server::{
        services::{categories, keyword_rank, preferences, reading, scoring, subscriptions},
        storage::{queue, ranking, scores},
    },
};
use reqwest::Method;
use serde_json::{Value, json};

async fn patch(app: &TestApp, feed: FeedId, change: &Value) -> (u16, Value) {
    let answer = app.json(Method::PATCH, &format!("/api/feeds/{feed}"), change).await;
    (answer.status.as_u16(), answer.json())
}

async fn never_score(app: &TestApp, feed: FeedId, never_score: bool) {
    let change = FeedChange { never_score: Some(never_score), ..FeedChange::default() };
    subscriptions::update_feed(&app.app, feed, change).await.expect("changed");
}

/// Claims what waits for a step under lease 1.
async fn claim(app: &TestApp, step: ScoringStep) -> Vec<ArticleId> {
    let mut db = app.app.db.write().await.expect("a transaction");
    let lease = (1, app.app.clock.now().plus(60));
    let claimed = queue::claim(&mut db, step, 99, lease, &[]).await.expect("claimed");
    db.commit().await.expect("committed");
    claimed
}

/// Answers both steps for an article, with no categories; whether the score was stored.
async fn score(app: &TestApp, article: ArticleId, points: u8) -> bool {
    claim(app, ScoringStep::Categorize).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    scores::store_categories(&mut db, article, 1, &[], &model_run(ScoringStep::Categorize)).await.expect("stored");
    db.commit().await.expect("committed");
    claim(app, ScoringStep::Score).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    let judgment = Judgment { interest: points, quality: points, reasoning: "r".into(), evidence: vec![] };
    let run = model_run(ScoringStep::Score);
    let stored = scores::store_score(&mut db, article, 1, &judgment, &run, false).await.expect("stored");
    db.commit().await.expect("committed");
    stored
}

#[tokio::test]
async fn the_weight_of_a_feed_is_part_of_every_composite_of_it() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 1_000, feeds: 2 }).await.expect("data");
    let mut db = app.app.db.write().await.expect("a transaction");
    for feed in [1, 2] {
        ranking::add_pending_feed(&mut db, FeedId(feed)).await.expect("remembered");
    }
    db.commit().await.expect("committed");
    categories::finish_ranking(&app.app).await.expect("ranked");
    let before = article_records(&app.app).await;
    for (weight, status) in [(3, 200), (-3, 200), (0, 200), (4, 422), (-4, 422), (2, 200)] {
        let (answered, body) = patch(&app, FeedId(1), &json!({ "weight": weight })).await;
        assert_eq!(answered, status, "{weight}: {body}");
        if status == 422 {
            assert_eq!(body["error"]["field"], "weight", "{body}");
            continue;
        }
        let after = article_records(&app.app).await;
        let weighed = after.iter().filter(|l| l.feed_weight != 0).count();
        assert_eq!((weighed > 0, weighed < after.len()), (weight != 0, true), "one of two feeds");
        for (old, new) in before.iter().zip(&after) {
            let expected = old.composite.map(|old| {
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let points = new.feed_weight as f64;
                (old + points).clamp(0.0, 20.0)
            });
            let same = expected.zip(new.composite).map_or(expected == new.composite, |(a, b)| (a - b).abs() < 1e-9);
            assert!(same, "{weight}: {old:?} {new:?}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_change_of_weight_that_a_kill_interrupts_goes_on_at_the_next_start() {
    let app = TestApp::start().await;
    let articles: Vec<_> = (0..30).map(|n| new_article(&format!("Article {n}"), "<p>x</p>")).collect();
    let ids = store_articles_in(&app.app, "https://loom.example/feed", &articles).await;
    for id in &ids {
        assert!(score(&app, *id, 6).await);
    }
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql("UPDATE feeds SET weight = 2").execute(&mut *db).await.expect("changed");
    ranking::add_pending_feed(&mut db, FeedId(1)).await.expect("remembered");
    assert!(ranking::apply_pending(&mut db, 10).await.expect("ranked"));
    db.commit().await.expect("committed");
    let ranked = |records: &[crate::support::articles::ArticleRecord]| {
        records.iter().filter(|l| l.composite.is_some_and(|composite| (composite - 6.8).abs() < 1e-9)).count()
    };
    assert_eq!(ranked(&article_records(&app.app).await), 10, "the first slice");
    let app = TestApp::on(app.finish().await, |_| {}).await;
    categories::finish_ranking(&app.app).await.expect("ranked");
    assert_eq!(ranked(&article_records(&app.app).await), 30);
    app.finish().await;
}

#[tokio::test]
async fn the_weight_is_told_with_the_arithmetic_and_chosen_on_the_page() {
    let app = TestApp::start().await;
    let id = store_articles_in(&app.app, "https://loom.example/feed", &[new_article("One", "<p>x</p>")]).await[0];
    let saved = app.post_form("/fn/feeds/save", &[("id", "1"), ("weight", "-2")]).await;
    assert_eq!(saved.status, 302);
    assert!(score(&app, id, 8).await);
    let page = app.get(&format!("/articles/{id}")).await.body;
    assert!(page.contains("minus 2 for the weight of the feed, makes 5.2."), "{page}");
    let page = app.get("/feeds/1").await.body;
    let option = page.split("<option").find(|option| option.contains("value=\"-2\"")).expect("the weight");
    assert!(option.split('>').next().is_some_and(|attributes| attributes.contains("selected")), "{option}");
    let refused = app.post_form("/fn/feeds/save", &[("id", "1"), ("weight", "9")]).await;
    assert!(refused.header("location").starts_with("/feeds/1?"), "{refused:?}");
    app.finish().await;
}

#[tokio::test]
async fn articles_of_a_feed_that_is_never_scored_leave_the_queue() {
    let app = TestApp::start().await;
    let titles = ["waits", "at work", "scored", "scored, to be scored again", "failed", "read"];
    let articles: Vec<_> = titles.iter().map(|title| new_article(title, "<p>x</p>")).collect();
    let ids = store_articles_in(&app.app, "https://loom.example/feed", &articles).await;
    let other = store_articles_in(&app.app, "https://other.example/feed", &[new_article("other", "<p>x</p>")]).await[0];
    assert!(score(&app, ids[2], 5).await && score(&app, ids[3], 5).await);
    scoring::rescore(&app.app, RescoreScope::Article(ids[3]), Some(RescoreMode::Full), false).await.expect("queued");
    for _ in 0..3 {
        claim(&app, ScoringStep::Categorize).await;
        let mut db = app.app.db.write().await.expect("a transaction");
        assert!(queue::record_failed_attempt(&mut db, ids[4], 1, "no").await.expect("counted"));
        queue::release_leases(&mut db, queue::LeaseScope::Articles(&[ids[0], ids[3], other], 1))
            .await
            .expect("released");
        db.commit().await.expect("committed");
    }
    reading::update_article(&app.app, ids[5], ArticleChange::mark_read(true)).await.expect("read");
    never_score(&app, FeedId(1), true).await;
    for (n, state) in ["unscored", "unscored", "scored", "scored", "unscored", "unscored"].into_iter().enumerate() {
        let record = article_record(&app.app, ids[n]).await;
        assert_eq!((record.state.as_str(), record.next_step, record.leased), (state, None, false), "{}", titles[n]);
    }
    assert!(!score(&app, ids[1], 9).await, "an answer on its way is dropped");
    assert_eq!(
        article_record(&app.app, other).await.next_step.as_deref(),
        Some("categorize"),
        "the other feed goes on"
    );

    // Neither new nor edited ones enter it, nor what is asked for.
    let edited = [new_article("waits", "<p>Another text.</p>"), new_article("new", "<p>x</p>")];
    let new = store_articles_in(&app.app, "https://loom.example/feed", &edited).await;
    for id in new {
        assert_eq!(article_record(&app.app, id).await.state, "unscored");
    }
    for scope in [RescoreScope::Article(ids[2]), RescoreScope::Feed(FeedId(1))] {
        let refused = scoring::rescore(&app.app, scope, None, false).await.expect_err("never scored");
        assert_eq!(refused.kind, ErrorKind::Conflict);
        assert!(refused.message.contains("The Loom"), "{refused:?}");
    }
    for dry_run in [true, false] {
        let all = scoring::rescore(&app.app, RescoreScope::Unread, Some(RescoreMode::Full), dry_run).await;
        assert_eq!(all.expect("reported").rescore_queued, 0);
    }
    let page = app.get(&format!("/articles/{}", ids[0])).await.body;
    assert!(page.contains("Articles of this feed are never scored.") && !page.contains("Score again"), "{page}");
    let page = app.get("/feeds/1").await.body;
    assert!(
        page.contains("No model is asked about its articles.") && !page.contains("Score all articles again"),
        "{page}"
    );

    never_score(&app, FeedId(1), false).await;
    let states: Vec<_> = article_records(&app.app).await.into_iter().map(|l| (l.title, l.state)).collect();
    for (title, state) in states.iter().filter(|(title, _)| title != "other") {
        let expected = if title.starts_with("scored") {
            "scored"
        } else if title == "read" {
            "unscored"
        } else {
            "queued"
        };
        assert_eq!(state, expected, "{title}");
    }
    assert_eq!(invariant_violations(&article_records(&app.app).await), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn lists_sort_what_is_never_scored_by_the_words_of_the_interests() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    server.on("/f", FeedReply::feed(rss_document("F", &[("1", "Rain", "rain"), ("2", "Looms", "a loom")])));
    let feed = subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed");
    never_score(&app, feed, true).await;
    preferences::change(&app.app, |saved| saved.interests = "looms".into()).await.expect("saved");
    keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked");
    let list = app.get("/api/articles?view=all&sort=score").await.json();
    let titles: Vec<_> = list["items"].as_array().expect("items").iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, ["Looms", "Rain"]);
    assert_eq!(
        (&list["items"][0]["state"], &list["items"][0]["score"]["provisional"]),
        (&json!("unscored"), &json!(true))
    );
    app.finish().await;
}
