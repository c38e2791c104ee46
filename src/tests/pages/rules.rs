//! The page of rules without JavaScript, and rules by the API.

use crate::support::{
    articles::{new_article, store_articles},
    gleaner_binary::{output_texts, run_gleaner},
    test_app::TestApp,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::test]
async fn a_rule_is_tested_then_saved_by_forms() {
    let app = TestApp::start().await;
    let articles: Vec<_> = (0..30).map(|n| new_article(&format!("Loom {n}"), "<p>x</p>")).collect();
    store_articles(&app.app, &articles).await;
    store_articles(&app.app, &[new_article("Tea", "<p>x</p>")]).await;
    let search = app.get("/search?q=title%3Aloom").await.body;
    assert!(search.contains("href=\"/rules/edit?query=title%3Aloom\""), "{search}");
    let form = app.get("/rules/edit?query=title%3Aloom").await.body;
    assert!(form.contains("value=\"title:loom\"") && !form.contains(">Save<"), "first the test: {form}");
    let tested = app
        .get("/rules/edit?name=Looms&query=title%3Aloom&star=true&weight=0&category=&scoring=&is_enabled=true&test=1");
    let tested = tested.await.body;
    assert!(tested.contains("It would have matched 30 of the last 31 articles."), "{tested}");
    assert_eq!(tested.matches("href=\"/articles/").count(), 10, "ten of them");
    assert!(tested.contains(">Save<") && tested.contains("name=\"tested\" value=\"title:loom\""), "{tested}");
    let refused = app.get("/rules/edit?name=x&query=title%3Aloom+authr%3Ax&test=1").await.body;
    assert!(refused.contains("position 12") && !refused.contains(">Save<"), "{refused}");

    let fields =
        [("name", "Looms"), ("query", "title:loom"), ("star", "true"), ("weight", "0"), ("is_enabled", "true")];
    let untested = app.post_form("/fn/rules/save", &fields).await;
    assert!(untested.header("location").starts_with("/rules/edit"), "{untested:?}");
    let shown = app.get(untested.header("location").split('#').next().expect("a path")).await.body;
    assert!(shown.contains("changed since it was tested") && shown.contains("value=\"Looms\""), "{shown}");
    let saved = [&fields[..], &[("tested", "title:loom"), ("apply", "true")]].concat();
    let saved = app.post_form("/fn/rules/save", &saved).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::FOUND, "/rules?done=rule-applying"));
    gleaner::server::services::rules::work_off(&app.app).await.expect("applied");
    let page = app.get("/rules").await.body.replace("<!>", "");
    assert!(page.contains("30 articles matched") && page.contains("Applied to 30 articles."), "{page}");
    assert!(page.contains(">Undo<"), "{page}");
    assert_eq!(app.get("/api/articles/counts").await.json()["starred"], 30);
    let undone = app.post_form("/fn/rules/undo", &[("id", "1")]).await;
    assert_eq!(undone.header("location"), "/rules?done=rule-undoing");
    gleaner::server::services::rules::work_off(&app.app).await.expect("undone");
    assert_eq!(app.get("/api/articles/counts").await.json()["starred"], 0);
    let removed = app.post_form("/fn/rules/remove", &[("id", "1")]).await;
    assert_eq!(removed.header("location"), "/rules?done=rule-removed");
    assert!(app.get("/rules").await.body.contains("No rules"));
    app.finish().await;
}

#[tokio::test]
async fn rules_are_managed_by_the_api() {
    let app = TestApp::start().await;
    let rule = |name: &str, query: &str| json!({"name": name, "query": query, "star": true});
    for (body, status, field) in [
        (rule("One", "title:loom"), 201, ""),
        (rule("Two", "is:starred"), 201, ""),
        (rule("ONE", "tea"), 409, "name"),
        (rule(" ", "tea"), 422, "name"),
        (rule(&"x".repeat(61), "tea"), 422, "name"),
        (rule("x", "authr:jane"), 422, "query"),
        (rule("x", "feed:missing"), 422, "query"),
        (rule("x", "sort:newest"), 422, "query"),
        (rule("x", &"y".repeat(501)), 422, "query"),
        (json!({"name": "x", "query": "tea"}), 422, "mark_read"),
        (json!({"name": "x", "query": "tea", "weight": 4}), 422, "weight"),
        (json!({"name": "x", "query": "tea", "category_id": 999}), 422, "category"),
    ] {
        let answer = app.post("/api/rules", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        if status != 201 {
            assert_eq!(answer.json()["error"]["field"], field, "{body}");
        }
    }
    assert_eq!(
        app.json(Method::PATCH, "/api/rules/2", &json!({"position": 1, "weight": -2, "scoring": "first"})).await.status,
        200
    );
    assert_eq!(app.json(Method::PATCH, "/api/rules/2", &json!({"position": 0})).await.status, 422);
    assert_eq!(app.json(Method::PATCH, "/api/rules/2", &json!({"scoring": null})).await.status, 200);
    let all = app.get("/api/rules").await.json();
    let names: Vec<&Value> = all.as_array().expect("a list").iter().map(|rule| &rule["name"]).collect();
    assert_eq!(names, ["Two", "One"]);
    assert_eq!((&all[0]["weight"], &all[0]["scoring"], &all[0]["star"]), (&json!(-2), &json!(null), &json!(true)));
    store_articles(&app.app, &[new_article("Loom", "<p>x</p>")]).await;
    let tried = app.post("/api/rules/test", &json!({"query": "title:loom"})).await.json();
    assert_eq!(
        (&tried["matched"], &tried["looked_at"], &tried["examples"][0]["title"]),
        (&json!(1), &json!(1), &json!("Loom"))
    );
    assert_eq!(app.post("/api/rules/1/apply", &json!({})).await.status, 202);
    gleaner::server::services::rules::work_off(&app.app).await.expect("applied");
    assert_eq!(app.get("/api/rules/1").await.json()["application"]["matched"], 1);
    assert_eq!(app.post("/api/rules/1/undo", &json!({})).await.status, 202);
    gleaner::server::services::rules::work_off(&app.app).await.expect("undone");
    assert_eq!(app.post("/api/rules/1/undo", &json!({})).await.status, 404);
    assert_eq!(app.send(app.request(Method::DELETE, "/api/rules/1")).await.status, 204);
    assert_eq!(app.send(app.request(Method::DELETE, "/api/rules/1")).await.status, 404);
    for n in 1..100 {
        assert_eq!(app.post("/api/rules", &rule(&format!("Rule {n}"), "tea")).await.status, 201, "{n}");
    }
    assert_eq!(app.post("/api/rules", &rule("One more", "tea")).await.status, 409);
    app.finish().await;
}

#[test]
fn the_commands_do_the_same() {
    let home = TempDir::new().expect("a folder");
    let run = |args: &[&str]| {
        let output = run_gleaner(home.path(), &[&["rules"], args].concat());
        let (text, said) = output_texts(&output);
        (output.status.code(), format!("{text}{said}"))
    };
    for (args, code, told) in [
        (&["list"][..], 0, "No rules yet"),
        (&["test", "title:loom"], 0, "no articles yet"),
        (&["add", "Looms", "title:loom", "--star", "true", "--weight", "-2"], 0, "star, -2 points"),
        (&["add", "Tea", "tea", "--scoring", "never"], 0, "score never"),
        (&["add", "Nothing", "tea"], 1, "at least one action"),
        (&["move", "2", "1"], 0, "Tea (2)"),
        (&["edit", "2", "--scoring", "normal", "--hide", "true"], 0, "tea → hide"),
        (&["apply", "1"], 0, "Applied to 0 articles."),
        (&["undo", "1"], 0, "is undone"),
        (&["undo", "1"], 1, "nothing to undo"),
        (&["show", "7"], 1, "No rule hides"),
        (&["remove", "1"], 0, "Rule 1 is removed."),
        (&["list"], 0, "Tea"),
    ] {
        let (found, text) = run(args);
        assert_eq!(found, Some(code), "{args:?}: {text}");
        assert!(text.contains(told), "{args:?}: {text}");
    }
}

#[tokio::test]
async fn a_test_sent_by_a_browser_without_formaction_saves_nothing() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("Loom", "<p>x</p>")]).await;
    let fields = [("name", "Looms"), ("query", "title:loom"), ("star", "true"), ("weight", "2"), ("test", "1")];
    let sent = app.post_form("/fn/rules/save", &fields).await;
    let page = app.get(sent.header("location")).await.body;
    assert!(page.contains("value=\"Looms\"") && page.contains("The newest of them"), "{page}");
    assert!(page.contains("name=\"tested\" value=\"title:loom\""), "{page}");
    assert_eq!(app.get("/api/rules").await.json(), json!([]));
    app.finish().await;
}
