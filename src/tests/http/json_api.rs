//! The JSON API: fields, statuses and refusals.

use crate::support::{data, test_app::TestApp};
use gleaner::server::services::devices;
use reqwest::Method;
use serde_json::{Value, json};

async fn seeded_app() -> TestApp {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 300, feeds: 10 }).await.expect("data");
    app
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_list_has_the_documented_fields_and_pages_by_cursor() {
    let app = seeded_app().await;
    let first = app.get("/api/articles?limit=20&sort=newest&feed=&q=").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.header("content-type"), "application/json");
    let first = first.json();
    let item = first["items"].as_array().expect("items").iter().find(|i| !i["score"].is_null()).expect("a scored one");
    let fields = [
        "also_in",
        "author",
        "categories",
        "feed_id",
        "feed_title",
        "id",
        "is_read",
        "is_starred",
        "language",
        "published_at",
        "score",
        "state",
        "summary",
        "suspicions",
        "title",
        "url",
        "vote",
    ];
    assert_eq!(keys(item), fields);
    let fields =
        ["composite", "interest", "model", "prompt_version", "provisional", "quality", "reasoning", "scored_at"];
    assert_eq!(keys(&item["score"]), fields);
    assert_eq!(keys(&item["categories"][0]), ["id", "name", "slug"]);
    assert!(item["published_at"].as_str().expect("a time").ends_with('Z'));

    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let second = app.get(&format!("/api/articles?limit=20&sort=newest&cursor={cursor}")).await.json();
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert_eq!(app.get("/api/articles?view=starred&limit=200").await.json()["next_cursor"], Value::Null);
}

#[tokio::test]
async fn an_article_is_shown_and_changed() {
    let app = seeded_app().await;
    let article = app.get("/api/articles/7").await.json();
    assert!(article["content_html"].as_str().expect("text").starts_with("<p>"));
    assert!(article.get("error").expect("named").is_null());
    let changed = app.json(Method::PATCH, "/api/articles/7", &json!({"is_read": true, "is_starred": true})).await;
    assert_eq!((changed.status.as_u16(), changed.json()["is_read"].as_bool()), (200, Some(true)), "{}", changed.body);
    let back = app.json(Method::PATCH, "/api/articles/7", &json!({"is_read": false})).await.json();
    assert_eq!((back["is_read"].as_bool(), back["is_starred"].as_bool()), (Some(false), Some(true)));
}

#[tokio::test]
async fn marking_a_folder_read_is_limited_to_it_and_can_be_undone() {
    let app = seeded_app().await;
    let folder: i64 = sqlx::query_scalar("SELECT folder_id FROM feeds WHERE folder_id IS NOT NULL LIMIT 1")
        .fetch_one(&app.app.db.read)
        .await
        .expect("a folder with feeds");
    let unread = |counts: Value| counts["unread"].as_i64().expect("a number");
    let all_before = unread(app.get("/api/articles/counts").await.json());
    let here = unread(app.get(&format!("/api/articles/counts?folder={folder}")).await.json());
    let request = json!({"scope": "folder", "id": folder, "before": "2030-01-01T00:00:00Z"});
    let marked = app.post("/api/articles/mark-read", &request).await.json();
    assert_eq!(marked["marked"].as_i64(), Some(here));
    assert_eq!(unread(app.get("/api/articles/counts").await.json()), all_before - here);
    let undo = json!({"undo_token": marked["undo_token"]});
    assert_eq!(app.post("/api/articles/undo", &undo).await.json()["unread"].as_i64(), Some(here));
    assert_eq!(unread(app.get("/api/articles/counts").await.json()), all_before);
    assert_eq!(app.post("/api/articles/undo", &undo).await.status, 404);
}

#[tokio::test]
async fn invalid_values_are_refused_with_their_field() {
    let app = seeded_app().await;
    let huge = json!({"undo_token": "x".repeat(2 << 20)}).to_string();
    for (method, path, kind, body, status, word) in [
        ("GET", "/api/articles?view=everything", "", "", 422, "`view`"),
        ("GET", "/api/articles?sort=best", "", "", 422, "`sort`"),
        ("GET", "/api/articles?limit=0", "", "", 422, "`limit`"),
        ("GET", "/api/articles?limit=201", "", "", 422, "`limit`"),
        ("GET", "/api/articles?cursor=zzz", "", "", 422, "`cursor`"),
        ("GET", "/api/articles?feed=1&folder=1", "", "", 422, "`folder`"),
        ("GET", "/api/articles?page=2", "", "", 400, "`page`"),
        ("GET", "/api/articles/first", "", "", 400, "number"),
        ("GET", "/api/articles/99999", "", "", 404, "article"),
        ("GET", "/api/nothing", "", "", 404, ""),
        ("GET", "/api", "", "", 404, ""),
        ("DELETE", "/api/articles", "", "", 405, "method"),
        ("PATCH", "/api/articles/7", "application/json", "{\"is_read\":tr", 400, "line 1"),
        ("PATCH", "/api/articles/7", "application/json", "[true]", 400, "object"),
        ("PATCH", "/api/articles/7", "application/json", "{\"is_red\":true}", 400, "`is_red`"),
        ("PATCH", "/api/articles/7", "application/json", "{\"is_read\":\"yes\"}", 422, "`is_read`"),
        ("PATCH", "/api/articles/7", "text/plain", "{}", 415, "Content-Type"),
        ("PATCH", "/api/articles/99999", "application/json", "{\"is_read\":true}", 404, "article"),
        ("POST", "/api/articles/mark-read", "application/json", "{}", 422, "`scope`"),
        ("POST", "/api/articles/mark-read", "application/json", "{\"scope\":\"feed\"}", 422, "`id`"),
        (
            "POST",
            "/api/articles/mark-read",
            "application/json",
            "{\"scope\":\"all\",\"before\":\"noon\"}",
            422,
            "`before`",
        ),
        ("POST", "/api/articles/mark-read", "application/json", "{\"scope\":\"feed\",\"id\":99}", 404, "feed"),
        ("POST", "/api/articles/undo", "application/json", huge.as_str(), 413, "too large"),
        ("POST", "/api/scoring/rescore", "application/json", "{\"scope\":\"some\"}", 422, "`scope`"),
        ("POST", "/api/scoring/rescore", "application/json", "{\"scope\":\"feed\"}", 422, "`id`"),
        ("POST", "/api/scoring/rescore", "application/json", "{\"scope\":\"unread\",\"mode\":\"half\"}", 422, "`mode`"),
        ("PATCH", "/api/categories/1", "application/json", "{\"weight\":\"huge\"}", 422, "`weight`"),
        ("POST", "/api/folders", "application/json", "{\"title\":\"x\"}", 400, "`title`"),
        ("POST", "/api/folders", "application/json", "{\"name\":\" \"}", 422, "name"),
        ("POST", "/api/opml", "application/json", "{}", 415, "OPML"),
    ] {
        let mut request =
            app.request(Method::from_bytes(method.as_bytes()).expect("a method"), path).body(body.to_owned());
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let answer = app.send(request).await;
        let case = format!("{method} {path}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status.as_u16(), status, "{case}");
        let error = &answer.json()["error"];
        assert!(error["kind"].is_string() && error.get("hint").is_some(), "{case}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(word)), "{case}");
    }
}

#[tokio::test]
async fn folders_are_made_renamed_and_removed() {
    let app = TestApp::start().await;
    let made = app.post("/api/folders", &json!({"name": "News"})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_i64().expect("an id");
    assert_eq!(app.post("/api/folders", &json!({"name": "news"})).await.status, 409);
    let renamed = app.json(Method::PATCH, &format!("/api/folders/{id}"), &json!({"name": "World"})).await;
    assert_eq!(renamed.json()["name"], "World");
    let path = format!("/api/folders/{id}");
    assert_eq!(app.send(app.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(app.send(app.request(Method::DELETE, &path)).await.status, 404);
}

#[tokio::test]
async fn another_origin_changes_nothing() {
    let app = seeded_app().await;
    let foreign = app.request(Method::PATCH, "/api/articles/7").header("origin", "https://evil.example");
    let foreign = foreign.header("content-type", "application/json").body("{\"is_starred\":true}");
    assert_eq!(app.send(foreign).await.status, 403);
}

/// A name as it is typed or pasted, with a right-to-left override, a line break, another control character and a tag character.
const UNSAFE_NAME: &str = " Wires \u{202e}and\n\u{7}\u{2066}looms\u{e0041} ";

#[tokio::test]
async fn names_are_stored_without_unsafe_characters() {
    let app = seeded_app().await;
    let tables: [(&str, Value); 4] = [
        ("/api/categories", json!({ "name": UNSAFE_NAME })),
        ("/api/folders", json!({ "name": UNSAFE_NAME })),
        ("/api/searches", json!({ "name": UNSAFE_NAME, "query": "is:unread" })),
        (
            "/api/servers",
            json!({ "name": UNSAFE_NAME, "kind": "openai", "address": "http://127.0.0.1:9/v1", "model": "m", "slots": 1 }),
        ),
    ];
    for (path, body) in tables {
        let added = app.post(path, &body).await;
        assert!(added.status.is_success(), "{path}: {} {}", added.status, added.body);
        let list = app.get(path).await.body;
        assert!(list.contains("\"Wires and looms\""), "{path}: {list}");
        for name in ["", " \u{200b}\u{2066} "] {
            let mut body = body.clone();
            body["name"] = name.into();
            let refused = app.post(path, &body).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["error"]["field"]),
                (422, &json!("name")),
                "{path}: {}",
                refused.body
            );
        }
    }
    let device = devices::add(&app.app, UNSAFE_NAME, "read").await.expect("added").device;
    assert_eq!(device.name, "Wires and looms");
    let named = app.json(Method::PATCH, "/api/feeds/1", &json!({ "custom_title": UNSAFE_NAME })).await;
    assert_eq!(named.json()["custom_title"], "Wires and looms", "{}", named.body);
    assert!(app.get("/api/opml").await.body.contains("\"Wires and looms\""));
}
