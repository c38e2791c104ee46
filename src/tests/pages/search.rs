//! The search page without JavaScript, and the same query by the API and on a list.

use crate::support::{
    articles::{new_article, store_articles},
    test_app::TestApp,
};

async fn app_with_articles() -> TestApp {
    let app = TestApp::start().await;
    let mut articles = vec![
        new_article("A new loom", "<p>Weavers compare a new loom with an old one.</p>"),
        new_article("Of shuttles", "<p>Nothing about that machine, but the <b>loom</b>s are quick.</p>"),
        new_article("Of tea", "<p>Green and black.</p>"),
    ];
    articles[2].author = Some("Jane".to_owned());
    store_articles(&app.app, &articles).await;
    app
}

/// A page without the marks that leptos puts between texts.
async fn get_page(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body.replace("<!>", "").replace("<!---->", "")
}

#[tokio::test]
async fn hits_are_counted_and_their_words_marked() {
    let app = app_with_articles().await;
    let page = get_page(&app, "/search?q=loom").await;
    assert!(page.contains("2 articles") && page.matches("<li id=\"a").count() == 2, "{page}");
    assert!(page.contains("A new <mark>loom</mark>"), "the title: {page}");
    assert!(page.contains("Weavers compare a new <mark>loom</mark> with"), "the snippet: {page}");
    let titles = ["A new <mark>loom</mark>", "Of shuttles"].map(|title| page.find(title).expect(title));
    assert!(titles[0] < titles[1], "a word of the title counts more");
    assert!(get_page(&app, "/search?q=title%3Aloom+sort%3Anewest").await.contains("1 article<"));
    assert!(get_page(&app, "/search?q=nothing-there").await.contains("No results"));
}

#[tokio::test]
async fn query_problems_have_a_position_and_the_rest_is_searched() {
    let app = app_with_articles().await;
    let sentence = "There is no field “authr:” (position 6); the nearest is “author:”.";
    for path in ["/search?q=loom+authr%3Ajane", "/?q=loom+authr%3Ajane"] {
        let page = get_page(&app, path).await;
        assert!(page.contains(sentence) && page.contains("Of shuttles") && !page.contains("Of tea"), "{path}: {page}");
    }
    let answer = app.get("/api/articles?view=all&q=loom+authr%3Ajane").await;
    assert!(answer.body.contains(sentence), "{}", answer.body);
    let nothing = get_page(&app, "/search?q=authr%3Ajane").await;
    assert!(nothing.contains("No results") && nothing.contains("0 articles"), "{nothing}");
    let unknown = get_page(&app, "/search?q=feed%3Amissing").await;
    assert!(unknown.contains("There is no feed called “missing” (position 1)."), "{unknown}");
}

#[tokio::test]
async fn the_page_shows_the_query_syntax() {
    let app = app_with_articles().await;
    let page = get_page(&app, "/search").await;
    for example in ["score:&gt;7.5", "is:unread", "date:&lt;7d", "author:\"Jane Doe\""] {
        assert!(page.contains(example), "{example}: {page}");
    }
    assert!(page.contains("<details open"), "without a query the table is open");
    assert!(!get_page(&app, "/search?q=loom").await.contains("<details open"));
}
