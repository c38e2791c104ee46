//! Lists, the sidebar and the reader without JavaScript.

use crate::support::{
    articles::{new_article, store_articles, store_plain_articles, test_feed_id},
    test_app::{START_TIME, TestApp, TestResponse},
};
use gleaner::{
    domain::ids::ArticleId,
    server::services::{preferences, subscriptions},
};
use reqwest::{Method, StatusCode};

/// Opens an article as a person does: it is read from then on.
async fn open_article(app: &TestApp, path: &str) -> String {
    let request = app.request(Method::GET, path).header("sec-fetch-dest", "document").header("sec-fetch-site", "none");
    let answer: TestResponse = app.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body.replace("<!>", "")
}

/// The articles of the rows on a page, in their order.
fn row_ids(page: &str) -> Vec<i64> {
    page.split("<li id=\"a").skip(1).filter_map(|row| row.split('"').next()?.parse().ok()).collect()
}

/// A page without the marks that leptos puts between texts.
async fn get_page(app: &TestApp, path: &str) -> String {
    app.get(path).await.body.replace("<!>", "")
}

/// The address of the link that matches, unescaped.
fn href(page: &str, marked: &str) -> Option<String> {
    let tag = page.split("<a ").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    let tag = tag.into_iter().find(|tag| tag.contains(marked))?;
    Some(tag.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

async fn store_dated_articles(app: &TestApp, count: i64) -> Vec<ArticleId> {
    let articles: Vec<_> = (0..count)
        .map(|n| {
            let mut article = new_article(&format!("Article {n}"), "<p>Looms.</p>");
            article.published_at = Some(START_TIME.0 - n * 3600);
            article.url = Some(format!("https://loom.example/{n}"));
            article
        })
        .collect();
    store_articles(&app.app, &articles).await
}

#[tokio::test]
async fn back_leads_to_the_same_page_of_the_list_with_the_article_still_in_its_place() {
    let app = TestApp::start().await;
    let ids = store_dated_articles(&app, 7).await;
    let first = get_page(&app, "/?sort=newest&limit=3").await;
    let second_url = href(&first, "rel=\"next\"").expect("a second page");
    let second = get_page(&app, &second_url).await;
    assert_eq!(row_ids(&second), [ids[3].0, ids[4].0, ids[5].0]);

    let opened = href(&second, &format!("href=\"/articles/{}", ids[4])).expect("a link to the article");
    let reader = open_article(&app, &opened).await;
    let back = href(&reader, "data-back").expect("a way back");
    let list = get_page(&app, &back).await;
    assert_eq!(row_ids(&list), [ids[3].0, ids[4].0, ids[5].0, ids[6].0], "what was read stays in its place");
    let focused = format!("href=\"/articles/{}", ids[4]);
    let autofocus: Vec<&str> =
        list.split("<a ").filter(|tag| tag.split('>').next().unwrap_or_default().contains("autofocus")).collect();
    assert!(autofocus.len() == 1 && autofocus[0].contains(&focused), "it has the focus: {autofocus:?}");
    assert!(list.contains(&format!("<li id=\"a{}\" class=\"row\"", ids[4])), "and is read");

    let anew = get_page(&app, "/?sort=newest&limit=7").await;
    assert!(!row_ids(&anew).contains(&ids[4].0), "a list opened anew holds what is unread");
}

#[tokio::test]
async fn the_readers_previous_leads_back_through_what_was_just_read() {
    let app = TestApp::start().await;
    let ids = store_dated_articles(&app, 4).await;
    let mut page = open_article(&app, &format!("/articles/{}?sort=newest", ids[0])).await;
    for id in &ids[1..3] {
        let next = href(&page, "rel=\"next\"").expect("a next article");
        assert!(next.starts_with(&format!("/articles/{id}?")), "{next}");
        page = open_article(&app, &next).await;
    }
    for id in [ids[1], ids[0]] {
        let previous = href(&page, "rel=\"prev\"").expect("a previous article");
        assert!(previous.starts_with(&format!("/articles/{id}?")), "{previous}");
        page = open_article(&app, &previous).await;
    }
    assert_eq!(href(&page, "rel=\"prev\""), None);
    let next = href(&page, "rel=\"next\"").expect("forward again");
    assert!(next.starts_with(&format!("/articles/{}?", ids[1])), "{next}");
}

/// Feeds that were never fetched: two in the folder Craft, thirty in none.
async fn import_feeds(app: &TestApp) {
    let outline = |name: String| format!("<outline text=\"{name}\" xmlUrl=\"http://127.0.0.1:9/{name}\"/>");
    let quiet: String = (0..30).map(|n| outline(format!("Quiet{n}"))).collect();
    let craft = outline("Looms".into()) + &outline("Kilns".into());
    let document =
        format!("<opml version=\"2.0\"><body><outline text=\"Craft\">{craft}</outline>{quiet}</body></opml>");
    subscriptions::import_opml(&app.app, document.as_bytes()).await.expect("imported");
}

async fn folder_id(app: &TestApp) -> i64 {
    subscriptions::list_folders(&app.app).await.expect("folders")[0].id.0
}

#[tokio::test]
async fn the_sidebar_names_every_feed_and_keeps_order_and_view() {
    let app = TestApp::start().await;
    import_feeds(&app).await;
    let folder = folder_id(&app).await;
    let page = get_page(&app, "/?view=all&sort=oldest").await;
    let sidebar =
        page.split("<nav id=\"sidebar\"").nth(1).and_then(|nav| nav.split("</nav>").next()).expect("a sidebar");
    for name in (0..30).map(|n| format!("Quiet{n}")).chain(["Looms".into(), "Kilns".into(), "Craft".into()]) {
        assert!(sidebar.contains(&format!("<span dir=\"auto\">{name}</span>")), "{name}: {sidebar}");
    }
    assert!(
        sidebar.contains("<details>") && sidebar.contains("Feeds in "),
        "a folder folds without a script: {sidebar}"
    );
    let kept = format!("href=\"/?view=all&amp;folder={folder}&amp;sort=oldest\"");
    assert!(sidebar.contains(&kept) || sidebar.contains(&kept.replace("&amp;", "&")), "{sidebar}");
    let inside = get_page(&app, &format!("/?folder={folder}")).await;
    let inside_sidebar = inside.split("<nav id=\"sidebar\"").nth(1).unwrap_or_default();
    assert!(inside_sidebar.contains("<details open>"), "the folder on display is open: {inside_sidebar}");
    let list = inside.split("class=\"folder-feeds\"").nth(1).and_then(|list| list.split("</details>").next());
    let list = list.expect("the feeds of the folder");
    assert!(list.contains("Looms") && list.contains("Kilns") && !list.contains("Quiet"), "{list}");
    assert!(
        sidebar.contains(concat!("Version ", env!("CARGO_PKG_VERSION"))) || sidebar.contains(env!("CARGO_PKG_VERSION"))
    );
}

#[tokio::test]
async fn the_table_of_feeds_leads_to_articles_and_to_settings_and_is_filtered() {
    let app = TestApp::start().await;
    import_feeds(&app).await;
    let feed =
        subscriptions::list_feeds(&app.app).await.expect("feeds").into_iter().find(|f| f.display_title() == "Looms");
    let id = feed.expect("imported").id;
    let page = get_page(&app, "/feeds?find=LOOM").await;
    let table = page.split("<main").nth(1).and_then(|main| main.split("id=\"folders\"").next()).expect("tables");
    assert!(table.contains("Looms") && !table.contains("Kilns") && !table.contains("Quiet"), "{table}");
    assert_eq!(
        href(table, &format!("feed={id}&")).or_else(|| href(table, &format!("feed={id}&amp;"))),
        Some(format!("/?feed={id}&view=all"))
    );
    assert_eq!(href(table, "title=\"Settings\""), Some(format!("/feeds/{id}")));
    assert!(get_page(&app, "/feeds?find=nosuchfeed").await.contains("No feed has this in its title or URL."));
}

#[tokio::test]
async fn the_settings_decide_what_an_address_without_parameters_shows() {
    let app = TestApp::start().await;
    let ids = store_dated_articles(&app, 3).await;
    open_article(&app, &format!("/articles/{}", ids[0])).await;
    let form =
        [("refresh_minutes", "60"), ("view", "all"), ("sort", "oldest"), ("model", "true"), ("keyboard", "true")];
    let saved = app.post_form("/fn/preferences/save", &form).await;
    assert_eq!(saved.status, StatusCode::FOUND, "{}", saved.body);
    let page = get_page(&app, "/").await;
    assert_eq!(row_ids(&page), [ids[2].0, ids[1].0, ids[0].0], "all articles, the oldest first");
    let unread = href(&page, "view=unread").expect("a link to the unread articles");
    assert_eq!(row_ids(&get_page(&app, &unread).await), [ids[2].0, ids[1].0]);
    let refused = app.post_form("/fn/preferences/save", &[("refresh_minutes", "60"), ("sort", "sideways")]).await;
    assert!(refused.header("location").contains("outcome="), "{:?}", refused.headers);
}

#[tokio::test]
async fn without_a_model_no_page_shows_scores() {
    let app = TestApp::start().await;
    let ids = store_dated_articles(&app, 3).await;
    let with_model = get_page(&app, "/").await;
    assert!(with_model.contains("class=\"score\"") && with_model.contains("Best first"), "{with_model}");
    preferences::change(&app.app, |saved| saved.without_model = true).await.expect("saved");
    let list = get_page(&app, "/").await;
    assert_eq!(row_ids(&list), [ids[0].0, ids[1].0, ids[2].0], "the newest first");
    let article = get_page(&app, &format!("/articles/{}", ids[0])).await;
    let feed = get_page(&app, &format!("/feeds/{}", test_feed_id(&app.app).await)).await;
    for (page, name) in
        [(list, "list"), (article, "article"), (feed, "feed"), (get_page(&app, "/status").await, "status")]
    {
        for word in [
            "class=\"score\"",
            "Best first",
            "queued",
            "Score again",
            "data-vote",
            "notice warn",
            "/settings/ollama",
            "Scoring",
        ] {
            assert!(!page.contains(word), "{name}: {word}: {page}");
        }
    }
    let empty = TestApp::start().await;
    preferences::change(&empty.app, |saved| saved.without_model = true).await.expect("saved");
    assert!(!get_page(&empty, "/").await.contains("The model that scores"));
}

#[tokio::test]
async fn a_first_visit_shows_the_state_of_the_model() {
    let app = TestApp::start().await;
    let page = get_page(&app, "/").await;
    for text in [
        "No feeds yet",
        "The model that scores",
        "/settings/ollama",
        "/interests",
        "Gleaner works without a model, too",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn the_buttons_of_a_row_have_text_without_a_stylesheet() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 1).await;
    let page = get_page(&app, "/").await;
    let row = page.split("<li id=\"a").nth(1).and_then(|row| row.split("</li>").next()).expect("a row");
    for button in row.split("<button").skip(1) {
        let words = button.split("<span class=\"sr\">").nth(1).and_then(|words| words.split("</span>").next());
        assert!(words.is_some_and(|words| !words.trim().is_empty()), "{button}");
    }
}
