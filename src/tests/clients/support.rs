//! A Gleaner with a password and a device, asked as other readers ask, and some articles in it.

use crate::{
    access::support::start_closed,
    support::{
        articles::{new_article, store_articles_in},
        test_app::{TestApp, TestResponse},
    },
};
use gleaner::{
    domain::{
        access::device::{Device, DeviceSecrets},
        feed::FeedChange,
        ids::{ArticleId, CategoryId, FeedId, FolderId},
        safe_html::SafeHtml,
        words::IndexedArticle,
    },
    server::{
        secrets::fever_digest,
        services::{devices, subscriptions},
        storage::ingest::PreparedArticle,
    },
};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;

/// See the module.
pub struct ClientApp {
    pub app: TestApp,
    pub device: Device,
    pub secrets: DeviceSecrets,
}

impl ClientApp {
    /// With a device called "phone" that may read and write.
    pub async fn start() -> Self {
        let app = start_closed(|_| {}).await;
        let added = devices::add(&app.app, "phone", "read,write").await.expect("added");
        Self { app, device: added.device, secrets: added.secrets }
    }

    /// A request of the device to the Miniflux API.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app.request(method, path).header("x-auth-token", &self.secrets.token)
    }

    /// Sends a request with JSON, or without a body when it is null.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> TestResponse {
        let request = self.request(method, path);
        self.app.send(if body.is_null() { request } else { request.body(body.to_string()) }).await
    }

    /// GET, which must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// PUT of JSON, which must answer 204.
    pub async fn put(&self, path: &str, body: Value) {
        let answer = self.send(Method::PUT, path, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""), "{path} {body}");
    }

    /// The titles of the entries of a list, in its order.
    pub async fn titles(&self, path: &str) -> Vec<String> {
        titles_in(&self.get(path).await["entries"])
    }

    /// The key of the device for Fever.
    pub fn fever_key(&self) -> String {
        fever_digest(&self.secrets.username, &self.secrets.password)
    }

    /// A request of the device to Fever, whose parameters stand in the address.
    pub async fn fever(&self, parameters: &str) -> Value {
        let request = self.app.request(Method::POST, &format!("/fever/?api&{parameters}"));
        let form = format!("api_key={}", self.fever_key());
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = self.app.send(request).await;
        assert_eq!(answer.status, 200, "{parameters}: {}", answer.body);
        answer.json()
    }
}

/// The titles of items or entries.
pub fn titles_in(articles: &Value) -> Vec<String> {
    let articles = articles.as_array().expect("a list").iter();
    articles.map(|article| article["title"].as_str().expect("a title").to_owned()).collect()
}

/// The articles that [`fill`] stores.
#[derive(Clone, Copy, Debug)]
pub struct ClientFixture {
    /// "Loom", in [`Self::folder`], with a0 to a3.
    pub loom: FeedId,
    /// "Dye", in no folder, with b0 and b1.
    pub dye: FeedId,
    /// "Weaving".
    pub folder: FolderId,
    /// a0 a1 a2 a3 b0 b1.
    pub articles: [ArticleId; 6],
}

/// When a1 was published: 2026-03-01T10:00:00Z. a0 is an hour older; a2 and a3 follow by hours; b0 is half an hour older than a1.
pub const A1_PUBLISHED: i64 = 1_772_359_200;
/// When b0 and b1 arrive: 20 seconds after the others.
pub const B_ARRIVED: i64 = 1_772_366_420;

/// Six articles of two feeds; a1 is read, a2 and b0 are starred.
pub async fn fill(app: &TestApp) -> ClientFixture {
    let article = |title: &str, author: Option<&str>, published_at: Option<i64>, text: &str| {
        let html = format!("<p>{text}</p>");
        let index = IndexedArticle::new(title, author, &html);
        let author = author.map(str::to_owned);
        let html = SafeHtml::from_sanitized(html);
        let url = Some(format!("https://loom.example/{title}"));
        PreparedArticle { author, published_at, index, html, url, ..new_article(title, "") }
    };
    let hour = 3_600;
    let of_loom = [
        article("a0", Some("Zed"), Some(A1_PUBLISHED - hour), "A shuttle."),
        article("a1", Some("Abe"), Some(A1_PUBLISHED), "A loom & a weaver."),
        article("a2", None, Some(A1_PUBLISHED + hour), "Warp."),
        article("a3", None, Some(A1_PUBLISHED + hour + 1_800), "Weft."),
    ];
    let of_dye = [article("b0", None, Some(A1_PUBLISHED - 1_800), "Madder."), article("b1", None, None, "Woad.")];
    let first = store_articles_in(&app.app, "https://loom.example/feed", &of_loom).await;
    app.clock.advance(Duration::from_secs(20));
    let second = store_articles_in(&app.app, "https://dye.example/feed", &of_dye).await;
    let feeds = subscriptions::list_feeds(&app.app).await.expect("readable");
    let feed_of = |host: &str| feeds.iter().find(|feed| feed.url.as_str().contains(host)).expect("there").id;
    let (loom, dye) = (feed_of("loom"), feed_of("dye"));
    let folder = subscriptions::create_folder(&app.app, "Weaving").await.expect("created").id;
    let change = FeedChange { folder_id: Some(Some(folder)), ..FeedChange::default() };
    subscriptions::update_feed(&app.app, loom, change).await.expect("moved");
    let articles: Vec<ArticleId> = first.into_iter().chain(second).collect();
    let articles: [ArticleId; 6] = articles.try_into().expect("six");
    execute(app, &format!("UPDATE articles SET is_read = 1 WHERE id = {}", articles[1])).await;
    execute(app, &format!("UPDATE articles SET is_starred = 1 WHERE id IN ({}, {})", articles[2], articles[4])).await;
    ClientFixture { loom, dye, folder, articles }
}

/// Gives an article a score as a model would, at a second, and the category "Textiles".
pub async fn score(app: &TestApp, id: ArticleId, composite: f64, at: i64) -> CategoryId {
    for statement in [
        "INSERT OR IGNORE INTO categories (id, name, identity, slug, created_at) VALUES (900, 'Textiles', 'textiles', 'textiles', 0)"
            .to_owned(),
        format!("UPDATE articles SET state = 'scored', next_step = NULL, composite = {composite} WHERE id = {id}"),
        format!("INSERT INTO scores (article_id, interest, quality, reasoning, scored_at) VALUES ({id}, 8, 8, 'Looms & <b>more</b>.', {at})"),
        format!("INSERT INTO article_categories (article_id, category_id, position) VALUES ({id}, 900, 0)"),
        format!(
            "INSERT INTO model_runs (article_id, step, model, prompt_version, options, duration_ms, at)
             VALUES ({id}, 'categorize', 'qwen3:8b', '0123456789abcdef', '{{}}', 50, {at})"
        ),
    ] {
        execute(app, &statement).await;
    }
    CategoryId(900)
}

/// Runs a statement.
pub async fn execute(app: &TestApp, statement: &str) {
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut *db).await.expect(statement);
    db.commit().await.expect("committed");
}
