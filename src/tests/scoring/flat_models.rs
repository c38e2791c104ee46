//! Models that give every article the same score, or whose answers cannot be used: the words of the interests rank, and it is said.

use crate::support::{
    articles::{article_records, new_article, store_articles},
    simulated_model::{app_with, is_categorization, valid_answer},
    simulator::Simulator,
    test_app::TestApp,
};
use gleaner::{
    domain::{
        answer_problem::AnswerProblemKind,
        article::{ArticleSort, ArticleView, ListQuery},
        diagnostics::{DiagnosticCheck, DiagnosticOutcome},
        scoring::RescoreScope,
    },
    server::{
        services::{doctor, keyword_rank, models, preferences, reading, scoring, scoring::flat_models},
        worker::scorer,
    },
};
use serde_json::{Value, json};

/// An answer with this score, to either step.
fn answer_of(body: &Value, interest: i64) -> String {
    if is_categorization(body) {
        return valid_answer(body);
    }
    json!({"evidence": [], "explanation": "A summary of the article.", "interest": interest, "quality": 5}).to_string()
}

/// Lets the worker score everything, and the ranker follow.
async fn score_all(test: &TestApp) {
    scorer::drain(&test.app).await;
    flat_models::apply_changes(&test.app).await.expect("applied");
    keyword_rank::update_keyword_ranks(&test.app).await.expect("ranked");
}

/// Articles of which some have words of the interests; the first has most, the last none.
async fn store_ranked(test: &TestApp, from: usize, to: usize) {
    let articles: Vec<_> = (from..to)
        .map(|n| {
            let text = if n % 10 == 0 { "<p>A loom, an old loom, a loom again.</p>" } else { "<p>Rain.</p>" };
            new_article(&format!("{} {n}", if n % 10 == 0 { "Looms" } else { "Weather" }), text)
        })
        .collect();
    store_articles(&test.app, &articles).await;
    keyword_rank::update_keyword_ranks(&test.app).await.expect("ranked");
}

async fn best_titles(test: &TestApp, count: usize) -> Vec<String> {
    let query = ListQuery { view: ArticleView::All, sort: ArticleSort::Best, limit: 50, ..ListQuery::default() };
    let rows = reading::list(&test.app, &query).await.expect("listed").rows;
    rows.into_iter().take(count).map(|row| row.title).collect()
}

async fn flat_count(test: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM articles WHERE is_flat = 1")
        .fetch_one(&test.app.db.read)
        .await
        .expect("a number")
}

async fn set_interests(test: &TestApp, interests: &str) {
    preferences::change(&test.app, |saved| saved.interests = interests.into()).await.expect("saved");
    keyword_rank::update_keyword_ranks(&test.app).await.expect("ranked");
}

#[tokio::test]
async fn a_flat_model_keeps_the_order_by_words_until_its_scores_differ() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(|body| answer_of(body, 5));
    let test = app_with(&sim).await;
    set_interests(&test, "looms").await;
    store_ranked(&test, 0, 19).await;
    score_all(&test).await;
    assert_eq!(
        (flat_count(&test).await, flat_models::find_problems(&test.app).await.expect("read")),
        (0, vec![]),
        "19 are too few"
    );

    store_ranked(&test, 19, 31).await;
    score_all(&test).await;
    assert_eq!(flat_count(&test).await, 31, "those from before are among them");
    let best = best_titles(&test, 4).await;
    assert!(best[..4].iter().all(|title| title.starts_with("Looms")), "{best:?}");
    let records = article_records(&test.app).await;
    assert!(
        records.iter().all(|article| article.composite.is_some() && article.provisional.is_some()),
        "the scores stay"
    );

    let [problem] = &flat_models::find_problems(&test.app).await.expect("read")[..] else { panic!("one problem") };
    assert_eq!((problem.kind, problem.model.as_str()), (AnswerProblemKind::Flat, "qwen3:8b"));
    let status = test.get("/api/scoring/status").await.json();
    let told = &status["answer_problems"][0];
    assert_eq!(
        (&told["kind"], &told["interest"], &told["quality"]),
        (&json!("flat"), &json!(5), &json!(5)),
        "{status}"
    );
    let page = test.get("/status").await.body;
    assert!(
        page.contains("gave its last 20 articles the same score") && page.contains("write shorter interests"),
        "{page}"
    );
    let report = doctor::run_checks(&test.app, None, |_| {}).await;
    let finding = report.results.iter().find(|result| result.topic == DiagnosticCheck::Scores).expect("checked");
    assert_eq!(finding.outcome, DiagnosticOutcome::Warn, "{finding:?}");
    assert!(finding.remedy.as_ref().is_some_and(|text| text.contains("Try another")), "{finding:?}");

    let first = records.first().expect("an article").id;
    let article = test.get(&format!("/articles/{first}")).await.body;
    assert!(article.contains("so the words of your interests rank it: as "), "{article}");

    // One article with another score, and everything is as if it had never been flat.
    sim.answer_with(|body| answer_of(body, if body.to_string().contains("Weather 31") { 9 } else { 5 }));
    store_ranked(&test, 31, 32).await;
    score_all(&test).await;
    assert_eq!(flat_count(&test).await, 0);
    assert_eq!(best_titles(&test, 1).await, ["Weather 31"]);
    assert_eq!(flat_models::find_problems(&test.app).await.expect("read"), vec![]);
    assert!(!test.get("/status").await.body.contains("the same score"));
    assert!(!test.get(&format!("/articles/{first}")).await.body.contains("rank it: as "));
    test.finish().await;
}

/// Other interests make another prompt: its scores count by themselves, and articles that the flat one scored wait for a better score.
#[tokio::test]
async fn other_settings_rank_the_articles_that_they_score() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(|body| answer_of(body, 5));
    let test = app_with(&sim).await;
    set_interests(&test, "looms").await;
    store_ranked(&test, 0, 25).await;
    score_all(&test).await;
    assert_eq!(flat_count(&test).await, 25);
    set_interests(&test, "looms and rain").await;
    sim.answer_with(|body| answer_of(body, if body.to_string().contains("Weather") { 8 } else { 3 }));
    store_ranked(&test, 25, 28).await;
    score_all(&test).await;
    assert_eq!(flat_count(&test).await, 25, "those that were scored with the old interests");
    assert_eq!(flat_models::find_problems(&test.app).await.expect("read"), vec![], "nothing is said of old settings");
    scoring::rescore(&test.app, RescoreScope::Unread, None, false).await.expect("queued");
    score_all(&test).await;
    assert_eq!(flat_count(&test).await, 0);
    // A process that ends between the decision and the articles: the next one goes on.
    sim.answer_with(|body| answer_of(body, 5));
    set_interests(&test, "looms, rain").await;
    scoring::rescore(&test.app, RescoreScope::Unread, None, false).await.expect("queued");
    scorer::drain(&test.app).await;
    assert!(flat_count(&test).await < 28, "the earlier ones have not followed yet");
    let test = TestApp::on(test.finish().await, |_| {}).await;
    assert!(flat_models::apply_changes(&test.app).await.expect("applied"));
    assert_eq!(flat_count(&test).await, 28);
    assert!(!flat_models::apply_changes(&test.app).await.expect("applied"), "once");
    test.finish().await;
}

#[tokio::test]
async fn many_refused_answers_are_told() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_with(|body| {
        if is_categorization(body) { valid_answer(body) } else { "I am sorry, but I cannot judge articles.".to_owned() }
    });
    let test = app_with(&sim).await;
    store_ranked(&test, 0, 20).await;
    score_all(&test).await;
    let [problem] = &flat_models::find_problems(&test.app).await.expect("read")[..] else { panic!("one problem") };
    assert_eq!((problem.kind, problem.refused), (AnswerProblemKind::Refusing, Some(20)));
    assert_eq!(problem.suggestion, None, "none of the built-in list is larger");
    let list = "[[model]]\nname = \"large:70b\"\nsize = 9_000_000_000_000\nmemory = 1\ncontext = 8_192\nlanguages = \"English\"\n\
                good_for = \"Tests.\"\nspeed = \"slow\"\n";
    models::poll_now(&test.app).await;
    std::fs::write(test.app.config.data_dir.join("models.toml"), list).expect("written");
    let [problem] = &flat_models::find_problems(&test.app).await.expect("read")[..] else { panic!("one problem") };
    assert_eq!(problem.suggestion.as_ref().map(|name| name.as_str()), Some("large:70b"), "a recommended one that fits");
    let page = test.get("/status").await.body;
    assert!(page.contains("20 of the last 20 answers of qwen3:8b could not be used"), "{page}");
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM model_answers").fetch_one(&test.app.db.read).await.expect("a number");
    assert!(kept <= 80, "bounded: {kept}");

    sim.answer_with(|body| answer_of(body, if body.to_string().contains("Looms") { 7 } else { 4 }));
    store_ranked(&test, 20, 40).await;
    score_all(&test).await;
    assert_eq!(flat_models::find_problems(&test.app).await.expect("read"), vec![], "it answers again");
    test.finish().await;
}
