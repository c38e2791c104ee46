//! Languages of articles: as declared, else as detected.

use crate::support::{
    corpora,
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::server::{
    feed::parse,
    html::{language::detect_language, sanitize::sanitize, text::html_to_text},
    services::{search_index, subscriptions},
};
use url::Url;

const GERMAN: &str =
    "Der Stadtrat hat am Dienstag beschlossen, dass die alte Brücke bis zum Ende des Sommers gesperrt bleibt.";
const ENGLISH: &str =
    "The council decided on Tuesday that the old bridge will be closed for repairs until the end of next summer.";

async fn titles(app: &TestApp, query: &str) -> Vec<String> {
    let found = app.get(&format!("/api/articles?view=all&sort=oldest&q={query}")).await.json();
    let items = found["items"].as_array().expect("a list").iter();
    let mut titles: Vec<String> = items.map(|item| item["title"].as_str().expect("a title").to_owned()).collect();
    titles.sort();
    titles
}

#[tokio::test]
async fn a_language_is_detected_where_the_publisher_declares_none() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    let item = |title: &str, text: &str, language: &str| {
        format!("<item><guid>{title}</guid><title>{title}</title><description>{text}</description>{language}</item>")
    };
    let items = [
        item("Declared", GERMAN, "<dc:language>fr</dc:language>"),
        item("English", ENGLISH, ""),
        item("German", GERMAN, ""),
        item("Short", "Ein Satz.", ""),
    ];
    server.on(
        "/f",
        FeedReply::feed(format!(
            "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>F</title>{}</channel></rss>",
            items.concat()
        )),
    );
    subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed");
    let check = async |when: &str| {
        for (query, expected) in [
            ("lang:de", vec!["German"]),
            ("lang:fr", vec!["Declared"]),
            ("lang:en,de", vec!["English", "German"]),
            ("-lang:de%20-lang:en", vec!["Declared", "Short"]),
        ] {
            assert_eq!(titles(&app, query).await, expected, "{when}: {query}");
        }
        let listed = app.get("/api/articles?view=all").await.json();
        for item in listed["items"].as_array().expect("a list") {
            let expected = match item["title"].as_str() {
                Some("Declared") => Some("fr"),
                Some("English") => Some("en"),
                Some("German") => Some("de"),
                _ => None,
            };
            assert_eq!(item["language"].as_str(), expected, "{when}: {item}");
        }
    };
    check("stored").await;
    // As an earlier version left them.
    let mut tx = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql("UPDATE article_traits SET language = NULL; UPDATE search_index_progress SET below = 1000000")
        .execute(&mut *tx)
        .await
        .expect("changed");
    tx.commit().await.expect("committed");
    assert_eq!(titles(&app, "lang:de").await, Vec::<String>::new());
    search_index::index_pending(&app.app).await.expect("indexed");
    check("indexed anew").await;
}

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn detected_languages_are_those_that_publishers_declare() {
    let base = Url::parse("http://feeds.invalid/feed").expect("an address");
    let (mut right, mut wrong, mut none) = (0, Vec::new(), 0);
    let manifest = corpora::corpus_json("real-feeds-consensus.json");
    let folder = corpora::corpus_path("real-feeds");
    for case in corpora::json_array(&manifest, "cases") {
        let file = case["file"].as_str().expect("a name");
        let bytes = std::fs::read(folder.join(file)).expect("readable");
        let Ok(feed) = parse::parse(&bytes, None, &base) else { continue };
        for entry in feed.entries.iter().take(20) {
            let Some(declared) = &entry.details.language else { continue };
            let declared = declared.split('-').next().unwrap_or_default().to_lowercase();
            let text = html_to_text(&sanitize(entry.body(), None));
            match detect_language(&entry.title, &text) {
                None => none += 1,
                Some(found) if found == declared => right += 1,
                Some(found) => wrong.push(format!("{file}: {declared}, found {found}: {}", entry.title)),
            }
        }
    }
    println!("languages: {right} right, {} wrong, {none} not detected\n{}", wrong.len(), wrong.join("\n"));
    assert!(right >= 150 && wrong.len() * 50 <= right, "{right} right, {} wrong", wrong.len());
}
