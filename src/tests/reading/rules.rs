//! Rules: what they do when articles arrive, change and are scored, dry runs, applying and undoing.

use crate::support::{
    articles::{article_records, model_run, new_article, store_articles, store_articles_in},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::{ArticleChange, ArticleView, ListQuery},
        ids::{ArticleId, CategoryId, RuleId},
        rule::{RuleActions, RuleInput, RuleScoring},
        score::Judgment,
        scoring::ScoringStep,
    },
    error::ErrorKind,
    server::{
        services::{categories, reading, rules},
        storage::{queue, rule_applications, scores},
    },
};
use sqlx::AssertSqlSafe;
use std::time::Duration;

pub const NONE: RuleActions =
    RuleActions { mark_read: false, star: false, hide: false, category: None, weight: 0, scoring: None };

pub async fn save(app: &TestApp, name: &str, query: &str, actions: RuleActions) -> RuleId {
    let input = RuleInput { name: name.to_owned(), query: query.to_owned(), actions, is_enabled: true };
    rules::save(&app.app, None, input).await.expect("saved").id
}

/// Everything that rules change of articles, one line each.
async fn states(app: &TestApp) -> Vec<String> {
    let sql = "SELECT a.title || ' ' || s.state || ' ' || coalesce(round(a.composite, 3), '-') || ' ' || a.is_hidden || ' ' ||
                   coalesce((SELECT group_concat(l.category_id) FROM article_categories l WHERE l.article_id = a.id), '-') || ' ' ||
                   (SELECT count(*) FROM rule_matches m WHERE m.article_id = a.id)
               FROM articles a JOIN article_rule_states s ON s.id = a.id ORDER BY a.id";
    sqlx::query_scalar(sql).fetch_all(&app.app.db.read).await.expect("states")
}

pub async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&app.app.db.read).await.expect("a number")
}

async fn run_sql(app: &TestApp, sql: &'static str) {
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *db).await.expect("changed");
    db.commit().await.expect("committed");
}

pub async fn titles(app: &TestApp, view: ArticleView, search: Option<&str>) -> Vec<String> {
    let list = ListQuery { view, search: search.map(str::to_owned), ..ListQuery::default() };
    let mut titles: Vec<String> =
        reading::list(&app.app, &list).await.expect("a list").rows.into_iter().map(|row| row.title).collect();
    titles.sort();
    titles
}

async fn arrive(app: &TestApp, titles: &[&str]) -> Vec<ArticleId> {
    let articles: Vec<_> = titles.iter().map(|title| new_article(title, "<p>Text of it.</p>")).collect();
    let ids = store_articles(&app.app, &articles).await;
    rules::run_queue(&app.app).await;
    ids
}

/// Gives an article a score as a model does.
async fn score(app: &TestApp, id: ArticleId, interest: u8, quality: u8) {
    let mut db = app.app.db.write().await.expect("a transaction");
    for step in [ScoringStep::Categorize, ScoringStep::Score] {
        let until = app.app.clock.now().plus(600);
        let claimed = queue::claim(&mut db, step, 100, (7, until), &[]).await.expect("claimed");
        assert!(claimed.contains(&id), "{step:?}");
        match step {
            ScoringStep::Categorize => {
                scores::store_categories(&mut db, id, 7, &[CategoryId(2)], &model_run(step)).await.expect("stored");
            }
            ScoringStep::Score => {
                let judgment = Judgment { interest, quality, reasoning: "x".into(), evidence: Vec::new() };
                assert!(scores::store_score(&mut db, id, 7, &judgment, &model_run(step), false).await.expect("stored"));
            }
        }
        queue::release_leases(&mut db, queue::LeaseScope::All).await.expect("released");
    }
    db.commit().await.expect("committed");
    rules::run_queue(&app.app).await;
}

/// Each action, and all that go together.
fn all_actions() -> Vec<(&'static str, RuleActions)> {
    vec![
        ("read", RuleActions { mark_read: true, ..NONE }),
        ("star", RuleActions { star: true, ..NONE }),
        ("hide", RuleActions { hide: true, ..NONE }),
        ("category", RuleActions { category: Some(CategoryId(3)), ..NONE }),
        ("blocking category", RuleActions { category: Some(CategoryId(4)), ..NONE }),
        ("weight", RuleActions { weight: 3, ..NONE }),
        ("negative weight", RuleActions { weight: -3, ..NONE }),
        ("first", RuleActions { scoring: Some(RuleScoring::First), ..NONE }),
        ("never", RuleActions { scoring: Some(RuleScoring::Never), ..NONE }),
        (
            "all",
            RuleActions {
                mark_read: true,
                star: true,
                hide: true,
                category: Some(CategoryId(3)),
                weight: 2,
                scoring: Some(RuleScoring::Never),
            },
        ),
    ]
}

/// Articles in all states: some that a rule for looms matches, some that it does not; a story whose copy matches too.
async fn with_articles() -> TestApp {
    let app = TestApp::start().await;
    run_sql(&app, "UPDATE categories SET weight = 'block' WHERE id = 4").await;
    let names = ["Loom one", "Loom two", "Loom three", "Tea", "Loom read", "Loom starred", "Loom failed", "Salt"];
    let ids = arrive(&app, &names).await;
    score(&app, ids[0], 8, 6).await;
    reading::update_article(&app.app, ids[4], ArticleChange::mark_read(true)).await.expect("marked");
    reading::update_article(&app.app, ids[5], ArticleChange::set_starred(true)).await.expect("marked");
    run_sql(&app, "UPDATE articles SET state = 'failed', attempts = 3, last_error = 'x' WHERE title = 'Loom failed'")
        .await;
    run_sql(&app, "UPDATE articles SET state = 'unscored', next_step = NULL WHERE title = 'Loom two'").await;
    app
}

#[tokio::test]
async fn a_dry_run_equals_what_then_happens_and_undo_restores_all_of_it() {
    for (name, actions) in all_actions() {
        let app = with_articles().await;
        let (before, counts) = (states(&app).await, app.get("/api/articles/counts").await.json());
        let preview = rules::preview(&app.app, "title:loom").await.expect("tried");
        assert_eq!((preview.matched, preview.looked_at, preview.examples.len()), (6, 8, 6));
        assert_eq!(states(&app).await, before, "{name}: a dry run changes nothing");
        let rule = save(&app, name, "title:loom", actions).await;
        assert_eq!(states(&app).await, before, "{name}: saving changes nothing");
        rules::begin_application(&app.app, rule).await.expect("begun");
        rules::work_off(&app.app).await.expect("applied");
        let shown = rules::load(&app.app, rule).await.expect("there");
        assert_eq!(shown.matched, preview.matched, "{name}");
        assert_eq!(shown.application.map(|last| last.matched), Some(preview.matched), "{name}");
        let after = states(&app).await;
        assert_eq!(number(&app, "SELECT count(*) FROM rule_matches").await, preview.matched);
        let untouched = |line: &&String| !line.starts_with("Loom");
        assert_eq!(
            after.iter().filter(untouched).collect::<Vec<_>>(),
            before.iter().filter(untouched).collect::<Vec<_>>()
        );
        assert_ne!(after, before, "{name}");
        // What the rule says is so for every article that it matched.
        let holds = match name {
            "read" => "is_read = 1",
            "star" => "is_starred = 1",
            "hide" => "is_hidden = 1 AND hidden_by_rule = 1",
            "category" => {
                "EXISTS (SELECT 1 FROM article_categories l WHERE l.article_id = articles.id AND l.category_id = 3)"
            }
            "blocking category" => "state = 'blocked' AND composite IS NULL",
            "weight" => "composite IS NULL OR round(composite, 3) = 9.4",
            "negative weight" => "composite IS NULL OR round(composite, 3) = 3.4",
            "first" => "next_step IS NULL OR state = 'failed' OR scoring_priority = 1",
            "never" => "next_step IS NULL AND state IN ('unscored', 'scored') AND is_never_scored = 1",
            _ => {
                "is_read AND is_starred AND is_hidden AND next_step IS NULL AND (composite IS NULL OR round(composite, 3) = 8.4)"
            }
        };
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT count(*) FROM articles WHERE title LIKE 'Loom%' AND ({holds})"
        )))
        .fetch_one(&app.app.db.read)
        .await
        .expect("a number");
        assert_eq!(found, preview.matched, "{name}: {after:#?}");

        rules::begin_undo(&app.app, rule).await.expect("begun");
        rules::work_off(&app.app).await.expect("undone");
        assert_eq!(states(&app).await, before, "{name}: undone");
        assert_eq!(app.get("/api/articles/counts").await.json(), counts, "{name}: undone");
        assert_eq!(rules::load(&app.app, rule).await.expect("there").matched, 0);
        assert_eq!(rules::begin_undo(&app.app, rule).await.expect_err("once").kind, ErrorKind::NotFound);
        app.finish().await;
    }
}

#[tokio::test]
async fn an_application_that_was_interrupted_goes_on_and_can_be_undone_from_anywhere() {
    for is_undone_early in [false, true] {
        let app = with_articles().await;
        let before = states(&app).await;
        let (_, actions) = all_actions().pop().expect("all");
        let rule = save(&app, "All", "title:loom", actions).await;
        rules::begin_application(&app.app, rule).await.expect("begun");
        let row = rule_applications::select(&app.app.db.read, Some(rule)).await.expect("read").pop().expect("there");
        let mut db = app.app.db.write().await.expect("a transaction");
        let now = app.app.clock.now();
        let first = rule_applications::apply(&mut db, &row, &actions, &[ArticleId(1), ArticleId(2)], (2, now));
        assert!(first.await.expect("applied"));
        db.commit().await.expect("committed");
        let again = rules::begin_application(&app.app, rule).await.expect_err("it goes on");
        assert_eq!(again.kind, ErrorKind::Conflict);
        // Here the process ends, and the next one starts.
        let app = TestApp::on(app.finish().await, |_| {}).await;
        if is_undone_early {
            rules::begin_undo(&app.app, rule).await.expect("begun");
            // The slice that was at hand finds that it is undone.
            let mut db = app.app.db.write().await.expect("a transaction");
            let late = rule_applications::apply(&mut db, &row, &actions, &[ArticleId(3)], (3, now)).await;
            assert!(!late.expect("looked"));
            db.commit().await.expect("committed");
        } else {
            rules::work_off(&app.app).await.expect("applied");
            assert_eq!(rules::load(&app.app, rule).await.expect("there").matched, 6);
            assert_eq!(titles(&app, ArticleView::All, None).await, ["Salt", "Tea"]);
            rules::begin_undo(&app.app, rule).await.expect("begun");
            // The undoing is interrupted too.
            let row = rule_applications::select(&app.app.db.read, Some(rule)).await.expect("read").pop();
            let mut db = app.app.db.write().await.expect("a transaction");
            let row = row.expect("there");
            assert!(!rule_applications::undo_slice(&mut db, &row, 2).await.expect("undone"));
            db.commit().await.expect("committed");
        }
        let app = TestApp::on(app.finish().await, |_| {}).await;
        rules::work_off(&app.app).await.expect("undone");
        assert_eq!(states(&app).await, before, "{is_undone_early}");
        app.finish().await;
    }
}

#[tokio::test]
async fn undo_keeps_what_the_reader_did_since_and_ends_after_ten_minutes() {
    let app = with_articles().await;
    let rule = save(&app, "Looms", "title:loom", RuleActions { mark_read: true, star: true, ..NONE }).await;
    rules::begin_application(&app.app, rule).await.expect("begun");
    rules::work_off(&app.app).await.expect("applied");
    let mark = async |id: i64, change| {
        reading::update_article(&app.app, ArticleId(id), change).await.expect("marked");
    };
    mark(1, ArticleChange::set_starred(false)).await;
    mark(2, ArticleChange::mark_read(false)).await;
    app.clock.advance(Duration::from_secs(600));
    rules::begin_undo(&app.app, rule).await.expect("within ten minutes");
    rules::work_off(&app.app).await.expect("undone");
    assert_eq!(number(&app, "SELECT is_starred + is_read FROM articles WHERE id = 1").await, 0);
    assert_eq!(number(&app, "SELECT is_starred + is_read FROM articles WHERE id = 2").await, 0);
    rules::begin_application(&app.app, rule).await.expect("begun");
    rules::work_off(&app.app).await.expect("applied");
    app.clock.advance(Duration::from_secs(601));
    assert_eq!(rules::begin_undo(&app.app, rule).await.expect_err("too late").kind, ErrorKind::NotFound);
    assert!(number(&app, "SELECT count(*) FROM rule_changes").await > 0);
    rules::work_off(&app.app).await.expect("forgotten");
    assert_eq!(number(&app, "SELECT count(*) FROM rule_changes").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn rules_run_once_for_articles_that_arrive_change_or_are_scored_in_their_order() {
    let app = TestApp::start().await;
    save(&app, "Star", "title:loom", RuleActions { star: true, ..NONE }).await;
    save(&app, "Read starred", "is:starred", RuleActions { mark_read: true, ..NONE }).await;
    save(&app, "Good", "score:>7", RuleActions { weight: 2, ..NONE }).await;
    save(&app, "Bad", "-score:>3", RuleActions { hide: true, ..NONE }).await;
    save(&app, "Uncategorized", "cat:none", RuleActions { hide: true, ..NONE }).await;
    let ids = arrive(&app, &["Loom", "Tea", "Salt"]).await;
    assert_eq!(titles(&app, ArticleView::Starred, None).await, ["Loom"], "the first rule");
    assert_eq!(
        titles(&app, ArticleView::Unread, None).await,
        ["Salt", "Tea"],
        "the second one sees what the first did"
    );
    // What the reader undoes stays undone.
    reading::update_article(&app.app, ids[0], ArticleChange::set_starred(false)).await.expect("marked");
    arrive(&app, &["Loom"]).await;
    assert_eq!(titles(&app, ArticleView::Starred, None).await, Vec::<String>::new(), "a rule acts once");
    run_sql(&app, "UPDATE articles SET provisional = 9.0").await;
    arrive(&app, &["Tea"]).await;
    assert_eq!(number(&app, "SELECT count(*) FROM rule_matches WHERE rule_id IN (3, 4, 5)").await, 0, "no score yet");
    score(&app, ids[1], 10, 6).await;
    score(&app, ids[2], 1, 1).await;
    assert_eq!(number(&app, "SELECT CAST(composite AS INTEGER) FROM articles WHERE title = 'Tea'").await, 10);
    assert_eq!(titles(&app, ArticleView::All, None).await, ["Loom", "Tea"], "the bad one is hidden");
    let shown = rules::list(&app.app).await.expect("a list");
    let matched: Vec<i64> = shown.iter().map(|rule| rule.matched).collect();
    assert_eq!(matched, [1, 1, 1, 1, 0]);
    assert!(shown[0].last_matched_at.is_some() && shown[4].last_matched_at.is_none());
    // An edit lets the text match.
    save(&app, "Text", "text:sponsored", RuleActions { star: true, ..NONE }).await;
    store_articles(&app.app, &[new_article("Tea", "<p>Sponsored text.</p>")]).await;
    rules::run_queue(&app.app).await;
    assert_eq!(titles(&app, ArticleView::Starred, None).await, ["Tea"]);
    assert_eq!(number(&app, "SELECT count(*) FROM rule_queue").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn an_article_whose_rules_did_not_run_before_a_kill_gets_them_at_the_next_start() {
    let app = TestApp::start().await;
    save(&app, "Read", "title:loom", RuleActions { mark_read: true, ..NONE }).await;
    store_articles(&app.app, &[new_article("Loom", "<p>x</p>"), new_article("Tea", "<p>x</p>")]).await;
    let app = TestApp::on(app.finish().await, |_| {}).await;
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["Loom", "Tea"]);
    gleaner::server::worker::start(&app.app);
    for _ in 0..100_000 {
        if number(&app, "SELECT count(*) FROM rule_queue").await == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["Tea"]);
    app.finish().await;
}

#[tokio::test]
async fn a_hidden_article_stands_in_no_list_and_can_be_shown_again() {
    let app = TestApp::start().await;
    save(&app, "No looms <b>", "title:loom", RuleActions { hide: true, ..NONE }).await;
    let ids = arrive(&app, &["Loom", "Tea"]).await;
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["Tea"]);
    assert_eq!(titles(&app, ArticleView::All, Some("title:loom")).await, Vec::<String>::new());
    assert_eq!(titles(&app, ArticleView::All, Some("is:hidden")).await, ["Loom"]);
    assert_eq!(app.get("/api/articles/counts").await.json()["unread"], 1);
    assert_eq!(number(&app, "SELECT count(*) FROM articles WHERE state = 'queued'").await, 2, "it is scored");
    let page = app.get(&format!("/articles/{}", ids[0])).await.body;
    assert!(page.contains("No looms &lt;b&gt;") && page.contains("Show again"), "{page}");
    assert_eq!(app.get(&format!("/api/articles/{}", ids[0])).await.json()["hidden_by"], "No looms <b>");
    let answer = app.post_form("/fn/articles/show", &[("article", &ids[0].to_string())]).await;
    assert!(answer.header("location").contains("done=article-shown"), "{answer:?}");
    assert_eq!(titles(&app, ArticleView::All, None).await, ["Loom", "Tea"]);
    arrive(&app, &["Loom"]).await;
    assert_eq!(titles(&app, ArticleView::All, None).await, ["Loom", "Tea"], "it stays shown after an edit");
    assert_eq!(rules::show_article(&app.app, ids[0]).await.expect_err("shown").kind, ErrorKind::NotFound);
    app.finish().await;
}

#[tokio::test]
async fn another_copy_of_a_story_stands_in_lists_when_a_rule_hides_the_first() {
    let app = TestApp::start().await;
    let first = store_articles(&app.app, &[new_article("Loom", "<p>x</p>")]).await[0];
    let second =
        store_articles_in(&app.app, "https://other.example/feed", &[new_article("The loom", "<p>x</p>")]).await[0];
    run_sql(
        &app,
        "UPDATE articles SET story_id = 1; UPDATE articles SET is_duplicate = 1, is_hidden = 1, state = 'unscored',
                   next_step = NULL WHERE id = 2",
    )
    .await;
    let rule =
        save(&app, "Hide and read", "feed:#1", RuleActions { hide: true, mark_read: true, star: true, ..NONE }).await;
    rules::begin_application(&app.app, rule).await.expect("begun");
    rules::work_off(&app.app).await.expect("applied");
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["The loom"]);
    let records = article_records(&app.app).await;
    assert_eq!(records.iter().find(|row| row.id == second.0).map(|row| row.state.as_str()), Some("queued"));
    assert_eq!(number(&app, "SELECT is_read + is_starred FROM articles WHERE id = 2").await, 0, "it shares no marks");
    rules::begin_undo(&app.app, rule).await.expect("begun");
    rules::work_off(&app.app).await.expect("undone");
    assert_eq!(number(&app, "SELECT sum(is_read + is_starred) FROM articles").await, 0);
    assert_eq!(number(&app, "SELECT sum(is_hidden) FROM articles").await, 1, "one of the two stands for the story");
    assert!(first < second);
    app.finish().await;
}

#[tokio::test]
async fn categories_of_rules_stay_when_a_model_chooses_others() {
    let app = TestApp::start().await;
    save(&app, "Looms", "title:loom", RuleActions { category: Some(CategoryId(3)), ..NONE }).await;
    let ids = arrive(&app, &["Loom"]).await;
    score(&app, ids[0], 5, 5).await;
    let labels = "SELECT count(*) FROM article_categories WHERE article_id = 1 AND category_id IN (2, 3)";
    assert_eq!(number(&app, labels).await, 2);
    categories::delete(&app.app, CategoryId(3)).await.expect("removed");
    let rule = rules::list(&app.app).await.expect("a list").remove(0);
    assert_eq!((rule.input.actions.category, rule.category_name), (None, None));
    app.finish().await;
}

#[tokio::test]
async fn points_follow_the_weight_of_the_rule_and_end_with_it() {
    let app = TestApp::start().await;
    let rule = save(&app, "Looms", "title:loom", RuleActions { weight: 2, ..NONE }).await;
    let ids = arrive(&app, &["Loom"]).await;
    score(&app, ids[0], 8, 6).await;
    let composite = async || number(&app, "SELECT CAST(round(composite * 10) AS INTEGER) FROM articles").await;
    assert_eq!(composite().await, 84);
    let page = app.get(&format!("/articles/{}", ids[0])).await.body.replace("<!>", "");
    assert!(page.contains("Rule Looms: +2") && page.contains("plus 2 for the rules below"), "{page}");
    let mut input = rules::load(&app.app, rule).await.expect("there").input;
    for (weight, expected) in [(-3, 34), (3, 94)] {
        input.actions.weight = weight;
        rules::save(&app.app, Some(rule), input.clone()).await.expect("saved");
        assert_eq!(composite().await, expected);
    }
    rules::remove(&app.app, rule).await.expect("removed");
    assert_eq!(composite().await, 64);
    app.finish().await;
}
