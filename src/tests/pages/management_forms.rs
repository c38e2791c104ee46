//! The managing pages without JavaScript: forms, redirects, kept input, files.

use crate::support::{
    feed_server::{FeedReply, FeedServer},
    test_app::{TestApp, TestResponse},
};
use reqwest::{Method, StatusCode};
use std::time::Duration;

const FEED_XML: &str = r#"<rss version="2.0"><channel><title>Tides</title><link>http://127.0.0.1/</link>
    <item><title>Low water</title><guid>1</guid><description>Text.</description></item></channel></rss>"#;

/// The address that a form leads to.
fn redirect_target(answer: &TestResponse) -> &str {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    answer.header("location")
}

/// Sends a file as the form of the page does.
async fn upload(app: &TestApp, field: &str, document: &str) -> TestResponse {
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"feeds.opml\"\r\n\
         Content-Type: text/x-opml\r\n\r\n{document}\r\n--edge--\r\n"
    );
    let request = app
        .request(Method::POST, "/opml/import")
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html");
    app.send(request.body(body)).await
}

#[tokio::test]
async fn folders_are_managed_by_forms() {
    let app = TestApp::start().await;
    let added = app.post_form("/fn/folders/add", &[("name", "News <b>")]).await;
    assert_eq!(redirect_target(&added), "/feeds?done=folder-added#folders");
    let page = app.get("/feeds?done=folder-added").await;
    assert!(page.body.contains("Folder added.") && page.body.contains("News &lt;b&gt;"), "{}", page.body);

    let again = app.post_form("/fn/folders/add", &[("name", "news <B>")]).await;
    let form = app.get(redirect_target(&again)).await;
    assert!(form.body.contains(r#"value="news &lt;B&gt;""#), "what was typed stays: {}", form.body);
    assert_eq!(form.body.matches("role=\"alert\"").count(), 1, "the error stands once: {}", form.body);

    let id = app.app.db.read.clone();
    let id = sqlx::query_scalar::<_, i64>("SELECT id FROM folders").fetch_one(&id).await.expect("one folder");
    let renamed = app.post_form("/fn/folders/rename", &[("id", &id.to_string()), ("name", "World")]).await;
    assert_eq!(redirect_target(&renamed), "/feeds?done=folder-renamed#folders");
    let removed = app.post_form("/fn/folders/remove", &[("id", &id.to_string())]).await;
    assert_eq!(redirect_target(&removed), "/feeds?done=folder-removed#folders");
    assert!(!app.get("/feeds").await.body.contains("World"));
}

#[tokio::test]
async fn a_feed_is_added_edited_and_removed_by_forms() {
    let (app, site) = (TestApp::start().await, FeedServer::start().await);
    site.on("/tides.xml", FeedReply::feed(FEED_XML));
    let url = site.url("/tides.xml");
    let added = app.post_form("/fn/feeds/add", &[("address", &url), ("folder", "")]).await;
    let page = redirect_target(&added).split('?').next().expect("a path").to_owned();
    let id = page.strip_prefix("/feeds/").expect("the feed's page").to_owned();
    assert!(app.get(&page).await.body.contains("Tides"));

    let saved = app.post_form("/fn/feeds/save", &[("id", &id), ("title", " Ebb & flow "), ("folder", "")]).await;
    assert_eq!(redirect_target(&saved), format!("{page}?done=feed-saved"));
    let refreshed = app.post_form("/fn/feeds/refresh", &[("id", &id)]).await;
    assert_eq!(redirect_target(&refreshed), format!("{page}?done=feed-refreshed"));
    assert!(app.get(&page).await.body.contains("Ebb &amp; flow"), "the reader's title outlives a refresh");

    let asks = app.get(&format!("{page}/remove")).await;
    assert!(asks.body.contains("Ebb &amp; flow") && asks.body.contains("1 article"), "{}", asks.body);
    let removed = app.post_form("/fn/feeds/remove", &[("id", &id)]).await;
    assert_eq!(redirect_target(&removed), "/feeds?done=feed-removed");
    assert_eq!(app.get(&page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_address_stays_in_its_field() {
    let (app, site) = (TestApp::start().await, FeedServer::start().await);
    site.on("/page", FeedReply::ok("text/html", "<!doctype html><title>x</title><p>No feed."));
    for address in ["not a url", "ftp://127.0.0.1/x", &site.url("/page"), &site.url("/missing")] {
        let answer = app.post_form("/fn/feeds/add", &[("address", address), ("folder", "")]).await;
        let form = app.get(redirect_target(&answer)).await;
        assert_eq!(form.status, StatusCode::OK);
        assert!(form.body.contains(&format!("value=\"{address}\"")), "{address} stays: {}", form.body);
        assert_eq!(form.body.matches("role=\"alert\"").count(), 1, "{address}: the error stands once");
    }
}

#[tokio::test]
async fn several_feeds_are_offered_as_a_choice() {
    let (app, site) = (TestApp::start().await, FeedServer::start().await);
    let link = |href: &str| format!(r#"<link rel="alternate" type="application/rss+xml" href="{href}">"#);
    site.on(
        "/",
        FeedReply::ok("text/html", format!("<!doctype html><title>x</title>{}{}", link("/a.xml"), link("/b.xml"))),
    );
    site.on("/a.xml", FeedReply::feed(FEED_XML.replace("Tides", "Ebb")));
    site.on("/b.xml", FeedReply::feed(FEED_XML.replace("Tides", "Flood")));
    let answer = app.post_form("/fn/feeds/add", &[("address", &site.url("/")), ("folder", "")]).await;
    let choice = app.get(redirect_target(&answer)).await;
    assert!(choice.body.contains("Ebb") && choice.body.contains("Flood"), "{}", choice.body);

    let none = app.post_form("/fn/feeds/add-several", &[("folder", "")]).await;
    assert!(redirect_target(&none).contains("outcome="));
    let (a, b) = (site.url("/a.xml"), site.url("/b.xml"));
    let both = app.post_form("/fn/feeds/add-several", &[("urls[]", &a), ("urls[]", &b), ("folder", "")]).await;
    assert_eq!(redirect_target(&both), "/feeds?done=feeds-added&n=2");
}

#[tokio::test]
async fn a_list_of_feeds_is_imported_and_exported() {
    let app = TestApp::start().await;
    let opml = r#"<opml version="2.0"><body><outline text="Sea"><outline text="Tides" xmlUrl="http://127.0.0.1:9/tides"/>
        </outline><outline text="Old" xmlUrl="ftp://127.0.0.1/old"/></body></opml>"#;
    let imported = upload(&app, "file", opml).await;
    assert_eq!(imported.status, StatusCode::SEE_OTHER);
    let report = app.get(imported.header("location")).await;
    for text in ["1 new feed", "ftp://127.0.0.1/old", "Sea"] {
        assert!(report.body.contains(text), "{text}: {}", report.body);
    }
    let exported = app.get("/opml/export").await;
    assert!(exported.header("content-disposition").contains("gleaner.opml"));
    assert!(exported.body.contains("http://127.0.0.1:9/tides") && exported.body.contains("Sea"), "{}", exported.body);

    for (field, document) in [("file", ""), ("other", opml), ("file", "no OPML at all")] {
        let refused = upload(&app, field, document).await;
        let form = app.get(refused.header("location")).await;
        assert!(form.body.contains("role=\"alert\""), "{field} {document:?}: {}", form.body);
    }
}

#[tokio::test]
async fn a_list_from_another_site_is_refused() {
    let app = TestApp::start().await;
    let request = app
        .request(Method::POST, "/opml/import")
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example");
    assert_eq!(app.send(request.body("--edge--\r\n")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn categories_are_managed_by_forms() {
    let app = TestApp::start().await;
    let added = app.post_form("/fn/categories/add", &[("name", "Sea"), ("parent_id", "")]).await;
    let place = redirect_target(&added).to_owned();
    let id = place.rsplit('-').next().expect("an id").to_owned();
    assert_eq!(place, format!("/categories?done=category-added#category-{id}"));

    let again = app.post_form("/fn/categories/add", &[("name", "SEA"), ("parent_id", "")]).await;
    let form = app.get(redirect_target(&again)).await;
    assert!(form.body.contains("value=\"SEA\"") && form.body.contains("role=\"alert\""), "{}", form.body);

    let weighed = app.post_form("/fn/categories/weigh", &[("id", &id), ("weight", "boost")]).await;
    assert_eq!(redirect_target(&weighed), format!("/categories?done=category-weighed#category-{id}"));
    let inherits = app.post_form("/fn/categories/weigh", &[("id", &id), ("weight", "")]).await;
    assert_eq!(redirect_target(&inherits), format!("/categories?done=category-weighed#category-{id}"));
    let hidden = app.post_form("/fn/categories/hide", &[("id", &id), ("hidden", "true")]).await;
    assert_eq!(redirect_target(&hidden), format!("/categories?done=category-hidden#category-{id}"));
    let removed = app.post_form("/fn/categories/remove", &[("id", &id)]).await;
    assert_eq!(redirect_target(&removed), "/categories?done=category-removed");
    assert_eq!(app.get(&format!("/categories/{id}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn settings_are_saved_or_refused_beside_their_field() {
    let app = TestApp::start().await;
    let saved = app.post_form("/fn/preferences/save", &[("refresh_minutes", "45")]).await;
    assert_eq!(redirect_target(&saved), "/settings?done=settings-saved");
    let page = app.get("/settings").await;
    assert!(page.body.contains("value=\"45\""), "{}", page.body);
    assert!(!page.body.contains(r#"value="true" checked"#), "the box that was not sent is off: {}", page.body);

    let refused = app.post_form("/fn/preferences/save", &[("refresh_minutes", "often"), ("keyboard", "true")]).await;
    let form = app.get(redirect_target(&refused)).await;
    assert!(form.body.contains("value=\"often\"") && form.body.contains("role=\"alert\""), "{}", form.body);
}

#[tokio::test]
async fn interests_of_any_characters_are_kept() {
    let app = TestApp::start().await;
    let text = "Tides & <b>charts</b>\r\n\"pilots\"";
    let saved = app.post_form("/fn/preferences/interests", &[("interests", text), ("anti_interests", "")]).await;
    assert!(redirect_target(&saved).starts_with("/interests?done=interests-"));
    assert!(app.get("/interests").await.body.contains("Tides &amp; &lt;b>charts&lt;/b>"));
}

#[tokio::test]
async fn every_managing_page_works_without_feeds_and_ollama() {
    let app = TestApp::start().await;
    for path in ["/feeds", "/feeds/new", "/categories", "/interests", "/settings", "/settings/ollama", "/status"] {
        let page = app.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}: one heading");
    }
    for path in ["/feeds/7", "/feeds/x", "/feeds/7/remove", "/categories/0", "/categories/x"] {
        assert_eq!(app.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn one_feed_that_fails_keeps_no_other_from_being_added() {
    let (app, server) = (TestApp::start().await, FeedServer::start().await);
    for path in ["/a", "/c"] {
        server.on(path, FeedReply::feed(FEED_XML));
    }
    let urls = ["/a", "/b", "/c"].map(|path| server.url(path));
    let fields: Vec<(&str, &str)> = urls.iter().map(|url| ("urls[]", url.as_str())).chain([("folder", "")]).collect();
    let answer = app.post_form("/fn/feeds/add-several", &fields).await;
    let page = app.get(redirect_target(&answer).trim_start_matches(&app.url)).await.body;
    assert!(page.contains("1 of 3 feeds could not be added.") && page.contains("/b: "), "{page}");
    assert!(page.contains("The other feeds were added."), "{page}");
    assert_eq!(app.get("/api/feeds").await.json().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_form_that_is_too_large_gets_a_page_and_a_program_json() {
    let app = TestApp::start().await;
    let large = "x".repeat(2 * 1024 * 1024);
    let answer = app.post_form("/fn/feeds/add", &[("address", &large), ("folder", "")]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.header("content-type").starts_with("text/html"), "{:?}", answer.headers);
    assert!(answer.body.contains("request body is too large"), "{}", answer.body);
    let request = app.request(Method::POST, "/fn/feeds/add").header("sec-fetch-site", "same-origin");
    let answer = app.send(request.header("content-type", "application/x-www-form-urlencoded").body(large)).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"]["kind"].as_str()), (413, Some("too_large")));
}

#[tokio::test]
async fn a_failing_feed_says_since_when_and_when_it_last_worked() {
    let (app, site) = (TestApp::start().await, FeedServer::start().await);
    site.on("/tides.xml", FeedReply::feed(FEED_XML));
    let added = app.post_form("/fn/feeds/add", &[("address", &site.url("/tides.xml")), ("folder", "")]).await;
    let path = redirect_target(&added).split('?').next().expect("a path").to_owned();
    let id = path.strip_prefix("/feeds/").expect("an id").to_owned();
    assert!(!app.get(&path).await.body.contains("Failing since"));
    site.on("/tides.xml", FeedReply::status(500));
    for _ in 0..2 {
        app.clock.advance(Duration::from_secs(86_400));
        app.post_form("/fn/feeds/refresh", &[("id", &id)]).await;
    }
    let page = app.get(&path).await.body;
    for (label, moment) in [("Failing since", "2026-03-02T12:00:00Z"), ("Last success", "2026-03-01T12:00:00Z")] {
        let told = page.split(label).nth(1).unwrap_or_default().chars().take(120).collect::<String>();
        assert!(told.contains(moment), "{label}: {told}");
    }
    for list in ["/feeds", "/status"] {
        let page = app.get(list).await.body;
        assert!(page.contains("Failing since") && page.contains("2026-03-02T12:00:00Z"), "{list}: {page}");
    }
    site.on("/tides.xml", FeedReply::feed(FEED_XML));
    app.clock.advance(Duration::from_secs(86_400));
    app.post_form("/fn/feeds/refresh", &[("id", &id)]).await;
    assert!(!app.get(&path).await.body.contains("Failing since"), "it works again");
}

#[tokio::test]
async fn a_failed_subscription_does_not_promise_a_retry() {
    let (app, site) = (TestApp::start().await, FeedServer::start().await);
    for status in [404, 410, 429, 500, 418] {
        site.on("/x.xml", FeedReply::status(status));
        let answer = app.post_form("/fn/feeds/add", &[("address", &site.url("/x.xml")), ("folder", "")]).await;
        let form = app.get(redirect_target(&answer)).await.body;
        assert!(form.contains("role=\"alert\"") && !form.contains("retries"), "{status}: {form}");
    }
}
