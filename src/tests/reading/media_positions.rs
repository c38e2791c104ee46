//! How far audio and video were played: saved by the page and by the API, shown on every device.

use crate::support::{
    articles::article_records,
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{domain::ids::ArticleId, server::services::subscriptions};
use reqwest::Method;
use serde_json::{Value, json};

const SOUND: &str = "https://x.example/a.mp3";

async fn start() -> (TestApp, ArticleId) {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    server.on(
        "/f",
        FeedReply::feed(format!(
            "<rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel><title>F</title><item>
             <title>Talk</title><guid>1</guid><enclosure url=\"{SOUND}\" type=\"audio/mpeg\" length=\"9\"/>
             <itunes:duration>3600</itunes:duration></item></channel></rss>"
        )),
    );
    subscriptions::subscribe_to_first(&app.app, &server.url("/f"), None).await.expect("subscribed");
    let id = article_records(&app.app).await[0].id();
    (app, id)
}

async fn position(app: &TestApp, id: ArticleId) -> Value {
    app.get(&format!("/api/articles/{id}")).await.json()["media"][0]["position_seconds"].clone()
}

#[tokio::test]
async fn a_player_goes_on_where_it_stopped_and_a_finished_file_begins_anew() {
    let (app, id) = start().await;
    let page = app.get(&format!("/articles/{id}")).await.body;
    assert!(page.contains(&format!("src=\"{SOUND}\"")) && page.contains("id=\"media-position\""), "{page}");
    for (by_page, seconds, kept) in [
        (true, 754, json!(754)),
        (false, 755, json!(755)),
        (true, 3_589, json!(3_589)),
        (true, 3_590, Value::Null),
        (false, 12, json!(12)),
        (false, 0, Value::Null),
        (true, 100, json!(100)),
        (true, -5, Value::Null),
    ] {
        let status = if by_page {
            let fields = [("article", id.to_string()), ("url", SOUND.to_owned()), ("seconds", seconds.to_string())];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            app.post_form("/fn/articles/media-position", &fields).await.status.as_u16()
        } else {
            let body = json!({ "url": SOUND, "seconds": seconds });
            app.json(Method::PUT, &format!("/api/articles/{id}/media-position"), &body).await.status.as_u16()
        };
        assert!(status < 400, "{seconds}: {status}");
        assert_eq!(position(&app, id).await, kept, "{seconds}");
        let page = app.get(&format!("/articles/{id}")).await.body;
        let source = if kept.is_null() { format!("src=\"{SOUND}\"") } else { format!("src=\"{SOUND}#t={kept}\"") };
        assert!(page.contains(&source) && page.contains(&format!("data-file=\"{SOUND}\"")), "{seconds}: {page}");
    }
    app.json(Method::PUT, &format!("/api/articles/{id}/media-position"), &json!({ "url": SOUND, "seconds": 754 }))
        .await;
    let page = app.get(&format!("/articles/{id}")).await.body.replace("<!>", "");
    assert!(page.contains("goes on after 12:34"), "{page}");
}

#[tokio::test]
async fn only_files_of_the_article_have_a_position() {
    let (app, id) = start().await;
    for (article, url) in [(id.0, "https://x.example/b.mp3"), (id.0 + 1, SOUND)] {
        let body = json!({ "url": url, "seconds": 5 });
        let answer = app.json(Method::PUT, &format!("/api/articles/{article}/media-position"), &body).await;
        assert_eq!(answer.status, 404, "{article} {url}");
    }
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM media_positions").fetch_one(&app.app.db.read).await.expect("counted");
    assert_eq!(rows, 0);
}
