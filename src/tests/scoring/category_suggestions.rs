//! Suggested categories: stored separately, and accepted, merged or refused on pages and by the API.

use crate::support::{
    articles::{article_record, model_run, new_article, store_articles_in},
    simulated_model::{app_with, is_categorization, valid_answer},
    simulator::{Endpoint, Simulator},
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{
        category_suggestion::{
            CategoryChoice, MAX_OPEN_SUGGESTIONS, MAX_SUGGESTIONS_PER_FEED_AND_DAY, SuggestedCategory,
        },
        ids::{ArticleId, CategoryId},
        scoring::ScoringStep,
    },
    server::{
        services::{categories, category_suggestions, preferences, scoring::store_results::store_choices},
        state::App,
        storage::queue,
        worker::scorer,
    },
};
use serde_json::{Value, json};

/// Stores articles with these titles in a feed of their own.
async fn store_in_feed(app: &App, feed: usize, titles: &[&str]) -> Vec<ArticleId> {
    let articles: Vec<_> = titles.iter().map(|title| new_article(title, "<p>Words.</p>")).collect();
    store_articles_in(app, &format!("https://feed{feed}.example/"), &articles).await
}

/// A model's answer for an article: AI, and these names under Technology.
async fn answer(app: &App, article: ArticleId, names: &[&str]) {
    let mut choices = vec![CategoryChoice::Known(CategoryId(10))];
    let parsed = names.iter().filter_map(|name| SuggestedCategory::parse(name, Some(CategoryId(1))));
    choices.extend(parsed.map(CategoryChoice::Suggested));
    let mut db = app.db.write().await.expect("a transaction");
    queue::claim(&mut db, ScoringStep::Categorize, 999, (1, START_TIME), &[]).await.expect("claimed");
    store_choices(&mut db, article, 1, &choices, &model_run(ScoringStep::Categorize))
        .await
        .expect("stored")
        .expect("the lease holds");
    db.commit().await.expect("committed");
}

/// Name, articles and feeds of all suggestions.
async fn suggestions(app: &App) -> Vec<(String, i64, i64)> {
    let all = category_suggestions::list(app).await.expect("listed");
    all.into_iter().map(|s| (s.name, s.article_count, s.feed_count)).collect()
}

async fn category_id(app: &App, name: &str) -> Option<CategoryId> {
    categories::list(app).await.expect("listed").into_iter().find(|c| c.name == name).map(|c| c.id)
}

#[tokio::test]
async fn a_name_becomes_a_category_after_three_articles_of_two_feeds() {
    let app = TestApp::start().await;
    let one = store_in_feed(&app.app, 1, &["a", "b", "c"]).await;
    let two = store_in_feed(&app.app, 2, &["d", "e"]).await;
    for (article, expected) in
        [(one[0], Some((1, 1))), (one[0], None), (one[0], Some((1, 1))), (one[1], Some((2, 1))), (one[2], Some((3, 1)))]
    {
        answer(&app.app, article, if expected.is_some() { &["Looms"] } else { &[] }).await;
        let kept = expected.map(|(articles, feeds)| ("Looms".to_owned(), articles, feeds));
        assert_eq!(suggestions(&app.app).await, kept.into_iter().collect::<Vec<_>>(), "{article}");
        sqlx_requeue(&app.app).await;
    }
    assert_eq!(category_id(&app.app, "Looms").await, None);
    answer(&app.app, two[0], &["looms"]).await;
    assert_eq!(suggestions(&app.app).await, []);
    let all = categories::list(&app.app).await.expect("listed");
    let looms = all.iter().find(|c| c.name == "Looms").expect("a category");
    assert_eq!((looms.article_count, looms.is_new, looms.parent_id), (4, true, Some(CategoryId(1))));
    assert_eq!(article_record(&app.app, one[0]).await.categories, "AI, Looms");
    answer(&app.app, two[1], &["LOOMS"]).await;
    assert_eq!(article_record(&app.app, two[1]).await.categories, "AI, Looms", "a category now");
}

/// Puts all articles back to the first step.
async fn sqlx_requeue(app: &App) {
    let mut db = app.db.write().await.expect("a transaction");
    sqlx::raw_sql("UPDATE articles SET state = 'queued', next_step = 'categorize', lease = NULL, lease_until = NULL")
        .execute(&mut *db)
        .await
        .expect("queued");
    db.commit().await.expect("committed");
}

#[tokio::test]
async fn names_that_break_the_rules_are_dropped_and_the_answer_counts() {
    let app = TestApp::start().await;
    let ids = store_in_feed(&app.app, 1, &["Splash, a framework", "b", "c", "d", "e"]).await;
    for (article, name) in [(0, "Splash"), (1, "Bug"), (2, "Bug-1"), (3, "The 2009-01-10"), (4, "x")] {
        answer(&app.app, ids[article], &[name]).await;
        assert_eq!(article_record(&app.app, ids[article]).await.categories, "AI", "{name}");
    }
    assert_eq!(suggestions(&app.app).await, [("Bug".to_owned(), 1, 1)]);
}

#[tokio::test]
async fn one_feed_cannot_fill_the_list() {
    let app = TestApp::start().await;
    let titles: Vec<String> = (0..30).map(|n| format!("Planted {n}")).collect();
    let ids = store_in_feed(&app.app, 1, &titles.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let names: Vec<String> = ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("Topic {a}{b}"))).collect();
    for (id, pair) in ids.iter().zip(names.chunks(2)) {
        answer(&app.app, *id, &[&pair[0], &pair[1]]).await;
    }
    let limit = usize::try_from(MAX_SUGGESTIONS_PER_FEED_AND_DAY).expect("a size");
    assert_eq!(suggestions(&app.app).await.len(), limit);
    for feed in 2..=60 {
        let titles = ["a", "b", "c"].map(|letter| format!("{letter} {feed}"));
        let ids = store_in_feed(&app.app, feed, &titles.each_ref().map(String::as_str)).await;
        for (n, id) in ids.iter().enumerate() {
            answer(&app.app, *id, &[&names[feed * 6 + 2 * n], &names[feed * 6 + 2 * n + 1]]).await;
        }
    }
    let most = usize::try_from(MAX_OPEN_SUGGESTIONS).expect("a size");
    assert_eq!(suggestions(&app.app).await.len(), most);
    assert_eq!(categories::list(&app.app).await.expect("listed").len(), 22);
}

#[tokio::test]
async fn the_reader_accepts_merges_and_refuses_through_the_api() {
    let app = TestApp::start().await;
    let ids = store_in_feed(&app.app, 1, &["a", "b", "c", "d"]).await;
    for (id, name) in ids.iter().zip(["Looms", "Machine Learning", "Spam", "Yarn"]) {
        answer(&app.app, *id, &[name]).await;
    }
    let listed = app.get("/api/categories/suggestions").await.json();
    let id_of = |name: &str| {
        let all = listed.as_array().expect("a list");
        all.iter().find(|s| s["name"] == name).and_then(|s| s["id"].as_i64()).unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(listed[0]["examples"], json!([{"id": ids[0].0, "title": "a"}]));
    let path = |name: &str, action: &str| format!("/api/categories/suggestions/{}/{action}", id_of(name));
    for (path, body, status) in [
        (path("Looms", "accept"), Value::Null, 200),
        (path("Looms", "accept"), Value::Null, 404),
        (path("Machine Learning", "merge"), json!({"into": 9_999}), 404),
        (path("Machine Learning", "merge"), json!({"into": 10}), 200),
        (path("Spam", "refuse"), Value::Null, 204),
        (path("Spam", "accept"), Value::Null, 404),
    ] {
        let reply = app.post(&path, &body).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
    // The reader's own word counts as acceptance.
    let yarn = categories::create(&app.app, "yarn", None).await.expect("created");
    assert_eq!(yarn.article_count, 1);
    let names = ["AI, Looms", "AI", "AI", "AI, yarn"];
    for (id, categories) in ids.iter().zip(names) {
        assert_eq!(article_record(&app.app, *id).await.categories, categories);
    }
    assert_eq!(suggestions(&app.app).await, []);
    let more = store_in_feed(&app.app, 2, &["e", "f"]).await;
    answer(&app.app, more[0], &["machine-learning", "SPAM"]).await;
    assert_eq!(article_record(&app.app, more[0]).await.categories, "AI", "an alias of AI, and a refused name");
    assert_eq!(suggestions(&app.app).await, []);
}

#[tokio::test]
async fn the_page_lists_suggestions_with_a_form_for_each_action() {
    let app = TestApp::start().await;
    let ids = store_in_feed(&app.app, 1, &["First article"]).await;
    assert!(!app.get("/categories").await.body.contains("Suggested by models"));
    answer(&app.app, ids[0], &["Looms"]).await;
    let page = app.get("/categories").await.body;
    for part in [
        "Suggested by models",
        "Looms",
        " under Technology",
        "1 article",
        &format!("/articles/{}", ids[0]),
        "/fn/categories/suggestions/accept",
        "/fn/categories/suggestions/merge",
        "/fn/categories/suggestions/refuse",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[tokio::test]
async fn suggestions_are_not_offered_to_models_and_can_be_disabled() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_in_feed(&app.app, 1, &["a", "b"]).await;
    sim.answer_with(|body| {
        if !is_categorization(body) {
            return valid_answer(body);
        }
        json!({"categories": ["AI"], "new_categories": [{"name": "Looms", "parent": "Technology"}]}).to_string()
    });
    scorer::drain(&app.app).await;
    assert_eq!(suggestions(&app.app).await, [("Looms".to_owned(), 2, 1)]);
    store_in_feed(&app.app, 1, &["c"]).await;
    preferences::change(&app.app, |saved| saved.suggest_categories = false).await.expect("saved");
    scorer::drain(&app.app).await;
    let asked: Vec<String> = sim
        .requests_of(Endpoint::Chat)
        .iter()
        .filter(|request| is_categorization(&request.body))
        .map(|request| request.body.to_string())
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| !request.contains("Looms")), "kept aside");
    assert_eq!(asked.iter().filter(|request| request.contains("new_categories")).count(), 2, "then switched off");
    assert_eq!(suggestions(&app.app).await, [("Looms".to_owned(), 2, 1)], "what comes unasked is not kept");
}
