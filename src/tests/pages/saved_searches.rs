//! Saved searches without JavaScript and by the API, and the number of their unread articles.

use crate::support::{
    articles::{new_article, store_articles, store_plain_articles},
    test_app::{TestApp, TestResponse},
};
use gleaner::{
    domain::search::HitCount,
    server::{clock::Clock, services::saved_searches},
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

fn redirect_target(answer: &TestResponse) -> &str {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    answer.header("location")
}

/// The sidebar of a page, without the marks that leptos puts between texts.
async fn get_sidebar(app: &TestApp, path: &str) -> String {
    let page = app.get(path).await.body;
    let sidebar = page.split("<nav id=\"sidebar\"").nth(1).and_then(|rest| rest.split("</nav>").next());
    sidebar.expect("a sidebar").replace("<!>", "")
}

async fn save(app: &TestApp, name: &str, query: &str) -> TestResponse {
    app.post_form("/fn/searches/save", &[("name", name), ("query", query)]).await
}

#[tokio::test]
async fn a_search_is_saved_edited_moved_and_removed_by_forms() {
    let app = TestApp::start().await;
    store_articles(&app.app, &[new_article("A new loom", "<p>Weavers.</p>"), new_article("Of tea", "<p>Green.</p>")])
        .await;
    let without = get_sidebar(&app, "/").await;
    assert!(!without.contains("/search?"), "{without}");
    let page = app.get("/").await.body;
    let after_views = page.split("id=\"sidebar-all\"").nth(1).and_then(|rest| rest.split("<h2>").next());
    assert!(after_views.is_some_and(|html| html.ends_with("</li><!></ul>")), "not a byte more: {page}");
    let page = app.get("/search?q=title%3A%22a+new%22").await;
    assert!(page.body.contains("name=\"query\" value=\"title:&quot;a new&quot;\""), "{}", page.body);

    let saved = save(&app, "Looms <b>", "title:\"a new\"").await;
    assert_eq!(redirect_target(&saved), "/searches?done=search-saved");
    save(&app, "Everything", "sort:newest").await;
    let sidebar = get_sidebar(&app, "/search?q=title%3A%22a+new%22").await;
    let link = "<a href=\"/search?q=title%3A%22a+new%22\" aria-current=\"page\"><span dir=\"auto\">Looms &lt;b&gt;</span>\
                <span class=\"count\">1</span></a>";
    assert!(sidebar.contains(link), "{sidebar}");
    assert!(sidebar.contains("Everything</span><span class=\"count\">2<"), "{sidebar}");

    let again = save(&app, "LOOMS <b>", "tea").await;
    let form = app.get(redirect_target(&again)).await.body;
    assert!(form.contains("already exists") && form.matches("role=\"alert\"").count() == 1, "{form}");
    assert!(
        form.contains("value=\"LOOMS &lt;b&gt;\"") && form.contains("value=\"tea\""),
        "what was typed stays: {form}"
    );
    let unclear = save(&app, "Jane", "tea authr:jane").await;
    let form = app.get(redirect_target(&unclear)).await.body;
    assert!(form.contains("There is no field “authr:” (position 5)"), "{form}");

    let ids: Vec<_> =
        saved_searches::list(&app.app).await.expect("a list").into_iter().map(|s| s.id.to_string()).collect();
    let moved = app.post_form("/fn/searches/move", &[("id", &ids[1]), ("position", "1")]).await;
    assert_eq!(redirect_target(&moved), "/searches?done=search-moved");
    let names = async || {
        let all = saved_searches::list(&app.app).await.expect("a list");
        all.into_iter().map(|search| search.name).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Everything", "Looms <b>"]);
    let edited = app.post_form("/fn/searches/edit", &[("id", &ids[0]), ("name", "looms"), ("query", "tea")]).await;
    assert_eq!(redirect_target(&edited), "/searches?done=search-saved");
    assert_eq!(names().await, ["Everything", "looms"], "an edit keeps the place");
    for id in &ids {
        let removed = app.post_form("/fn/searches/remove", &[("id", id)]).await;
        assert_eq!(redirect_target(&removed), "/searches?done=search-removed");
    }
    assert_eq!(get_sidebar(&app, "/").await, without, "the sidebar is as it was");
}

#[tokio::test]
async fn searches_are_managed_by_the_api() {
    let app = TestApp::start().await;
    for (name, query) in [("One", "is:starred"), ("Two", "score:>7"), ("Three", "loom")] {
        assert_eq!(app.post("/api/searches", &json!({"name": name, "query": query})).await.status, 201);
    }
    let all = app.get("/api/searches").await.json();
    let path = |at: usize| format!("/api/searches/{}", all[at]["id"]);
    for (body, status) in [
        (json!({"name": "two"}), 409),
        (json!({"name": " "}), 422),
        (json!({"query": "authr:jane"}), 422),
        (json!({"position": 0}), 422),
        (json!({"position": i64::MIN}), 422),
        (json!({"place": 1}), 400),
        (json!({"position": 99}), 200),
        (json!({"name": "ONE", "query": "tea"}), 200),
    ] {
        let answer = app.json(Method::PATCH, &path(0), &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    let shown: Vec<_> = app.get("/api/searches").await.json().as_array().expect("a list").clone();
    let names: Vec<_> = shown.iter().map(|search| search["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["Two", "Three", "ONE"]);
    assert_eq!(
        (&shown[2]["query"], &shown[2]["unread"], &shown[2]["has_more_unread"]),
        (&json!("tea"), &json!(0), &json!(false))
    );
    assert_eq!(app.send(app.request(Method::DELETE, &path(1))).await.status, 204);
    assert_eq!(app.send(app.request(Method::DELETE, &path(1))).await.status, 404);
    for n in 2..50 {
        assert_eq!(app.post("/api/searches", &json!({"name": format!("{n}"), "query": "x"})).await.status, 201, "{n}");
    }
    assert_eq!(app.post("/api/searches", &json!({"name": "50", "query": "x"})).await.status, 409);
}

#[tokio::test]
async fn unread_articles_are_counted_for_a_minute_and_up_to_999() {
    let app = TestApp::start().await;
    let Clock::Fake(clock) = &app.app.clock else { panic!("tests move the clock") };
    save(&app, "All", "is:unread").await;
    save(&app, "Newest", "sort:newest").await;
    let counts = async || {
        let all = saved_searches::list(&app.app).await.expect("a list");
        all.into_iter().map(|search| search.unread).collect::<Vec<_>>()
    };
    assert_eq!(counts().await, [HitCount::Exactly(0); 2]);
    store_plain_articles(&app.app, 999).await;
    clock.advance(Duration::from_secs(59));
    assert_eq!(counts().await, [HitCount::Exactly(0); 2], "used for a minute");
    clock.advance(Duration::from_secs(1));
    assert_eq!(counts().await, [HitCount::Exactly(999); 2]);
    store_articles(&app.app, &[new_article("One more", "<p>Text.</p>")]).await;
    clock.advance(Duration::from_secs(60));
    assert_eq!(counts().await, [HitCount::MoreThan(999); 2]);
    let sidebar = get_sidebar(&app, "/").await;
    assert!(sidebar.contains("All</span><span class=\"count\">999+<"), "{sidebar}");
}
