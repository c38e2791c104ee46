//! Ranking by keywords before a model has scored.

use crate::support::{
    articles::{article_records, new_article, store_articles},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        interests::NEUTRAL_KEYWORD_RANK,
        live_event::LiveEvent,
        preferences::{Preferences, Theme},
    },
    server::{
        services::{keyword_rank, preferences},
        worker::keyword_ranker,
    },
};

async fn save_interests(app: &TestApp, wanted: &str, unwanted: &str) {
    let saved = preferences::change(&app.app, |saved| {
        saved.interests = wanted.into();
        saved.anti_interests = unwanted.into();
    });
    saved.await.expect("saved");
    keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked");
}

async fn keyword_ranks(app: &TestApp) -> Vec<Option<f64>> {
    article_records(&app.app).await.iter().map(|l| l.provisional).collect()
}

#[tokio::test]
async fn articles_without_a_score_are_ranked_by_keywords() {
    let app = TestApp::start().await;
    let entries: Vec<_> = [
        ("Looms of Bronze Age", "<p>A loom, an old loom, a museum.</p>"),
        ("Market news", "<p>A loom maker sells shares.</p>"),
        ("Weather", "<p>Rain.</p>"),
        ("Crypto looms", "<p>A coin for weavers, crypto at last.</p>"),
        ("Crypto", "<p>Coins, crypto.</p>"),
    ]
    .map(|(title, html)| new_article(title, html))
    .to_vec();
    store_articles(&app.app, &entries).await;
    assert_eq!(keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked"), 0);
    assert!(keyword_ranks(&app).await.iter().all(Option::is_none), "with no interests there is no number");

    save_interests(&app, "I love looms", "crypto").await;
    let by_words: Vec<f64> = keyword_ranks(&app).await.into_iter().flatten().collect();
    assert_eq!(by_words.len(), 5);
    let [bronze, market, weather, both, crypto] = by_words[..] else { panic!("five") };
    assert!(bronze > market && market > weather && weather > crypto && both > crypto, "{by_words:?}");
    assert!(by_words.iter().all(|r| (0.0..=10.0).contains(r)));
    assert!((weather - NEUTRAL_KEYWORD_RANK).abs() < 1e-9);

    store_articles(&app.app, &[new_article("A new loom", "<p>Loom.</p>")]).await;
    assert_eq!(keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked"), 1, "only what is new");
    assert!(keyword_ranks(&app).await[5].is_some_and(|r| r > weather));

    save_interests(&app, "", "").await;
    assert!(keyword_ranks(&app).await.iter().all(Option::is_none), "no words, no rank");
}

#[tokio::test]
async fn saving_interests_wakes_the_ranker_and_nobody_waits_for_it() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("A loom", "<p>Loom.</p>"), new_article("Weather", "<p>Rain.</p>")]).await;
    let mut events = app.app.events.subscribe();
    preferences::change(&app.app, |saved| saved.interests = "looms".into()).await.expect("saved");
    assert!(keyword_ranks(&app).await.iter().all(Option::is_none), "the answer does not wait for the ranking");
    app.app.lifecycle.spawn(keyword_ranker::run(app.app.clone()));
    let ranked = async {
        // Tells open pages when it is done.
        while !matches!(events.recv().await, Ok(LiveEvent::Feeds { new_articles: 0 })) {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), ranked).await.expect("ranked");
    assert!(keyword_ranks(&app).await.iter().all(Option::is_some));
    // A process that ended between the two is made up for by the next one.
    let app = TestApp::on(app.finish().await, |_| {}).await;
    preferences::change(&app.app, |saved| saved.interests = "rain".into()).await.expect("saved");
    let app = TestApp::on(app.finish().await, |_| {}).await;
    assert_eq!(keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked"), 2);
    assert_eq!(keyword_rank::update_keyword_ranks(&app.app).await.expect("ranked"), 0, "once");
}

#[tokio::test]
async fn preferences_that_cannot_be_saved_name_their_field() {
    let app = TestApp::start().await;
    let good = preferences::get(&app.app).await.expect("preferences");
    for (bad, field) in [
        (Preferences { feed_refresh_interval: 5, ..good.clone() }, "feed_refresh_interval"),
        (Preferences { interests: "x".repeat(5_000), ..good.clone() }, "interests"),
    ] {
        let error = preferences::change(&app.app, |saved| *saved = bad).await.expect_err("refused");
        assert!(error.kind.status() == 422 && error.field.as_deref() == Some(field), "{error:?}");
    }
    assert_eq!(preferences::get(&app.app).await.expect("preferences"), good);
}

/// A change of one preference does not bring back an older value of another.
#[tokio::test]
async fn concurrent_changes_of_different_preferences_both_stand() {
    let app = TestApp::start().await;
    // Both requests wait for this write, whatever they have read before.
    let busy = app.app.db.write().await.expect("a transaction");
    let interests = [("interests", "tides"), ("anti_interests", "")];
    let both = async {
        tokio::join!(
            app.post_form("/fn/preferences/interests", &interests),
            app.post_form("/fn/theme", &[("theme", "dark")]),
            app.post_form("/fn/preferences/save", &[("refresh_minutes", "45")]),
        )
    };
    let release = async {
        // The requests are answered in their own tasks; each has reached the write lock once the others have run.
        for _ in 0..200 {
            tokio::task::yield_now().await;
            app.get("/healthz").await;
        }
        busy.rollback().await.expect("rolled back");
    };
    tokio::join!(both, release);
    let saved = preferences::get(&app.app).await.expect("preferences");
    assert_eq!(
        (saved.interests.as_str(), saved.feed_refresh_interval, saved.theme),
        ("tides", 2_700, Some(Theme::Dark))
    );
}
