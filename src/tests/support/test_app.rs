//! A whole Gleaner on a loopback port, with its own data folder and a clock that tests advance.

use gleaner::{
    domain::time::Timestamp,
    server::{
        clock::{Clock, FakeClock},
        config::{self, Config, ConfigSources},
        http::connections::{self, ConnectionLimits},
        lifecycle::Lifecycle,
        listener::ServerListener,
        startup,
        state::App,
    },
};
use reqwest::{Method, StatusCode, header::HeaderMap, redirect};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The time at which every test begins: 2026-03-01T12:00:00Z.
pub const START_TIME: Timestamp = Timestamp(1_772_366_400);

/// A running Gleaner. Dropping it checks the consistency of the database; [`TestApp::finish`] also that every task ends.
pub struct TestApp {
    pub app: App,
    pub clock: FakeClock,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    client: reqwest::Client,
    data: Option<TempDir>,
}

/// A whole response.
#[derive(Debug)]
pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl TestResponse {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.body))
    }

    /// A header's text, "" when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

/// Settings for tests: a free port, loopback feeds allowed, short pauses, an Ollama that refuses connections.
pub fn test_config(data_dir: &std::path::Path) -> Config {
    let sources = ConfigSources { user_data_dir: Some(data_dir.to_owned()), ..ConfigSources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.addr = ([127, 0, 0, 1], 0).into();
    config.data_dir = data_dir.to_owned();
    config.ollama.host = "http://127.0.0.1:9/".parse().expect("a URL");
    config.ollama.retries = 0;
    config.ollama.manifest_lookup = false;
    config.fetch.allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config.fetch.per_host_spacing = Duration::ZERO;
    config.fetch.full_text = false;
    config
}

impl TestApp {
    /// With [`test_config`]. No loop runs: a test calls services, or starts the loops it is about.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With the settings changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().expect("a temporary folder");
        Self::on(data, change).await
    }

    /// On an existing data folder, for tests of restarts.
    pub async fn on(data: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        Self::with_limits(data, ConnectionLimits::new(), change).await
    }

    /// As [`TestApp::on`], with other limits of connections.
    pub async fn with_limits(data: TempDir, limits: ConnectionLimits, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let mut config = test_config(data.path());
        config.addr = addr;
        change(&mut config);
        let clock = FakeClock::at(START_TIME);
        let lifecycle = Lifecycle::default();
        let app = startup::build(config, Clock::Fake(clock.clone()), lifecycle.clone()).await.expect("it starts");
        lifecycle.spawn(connections::serve(app.clone(), ServerListener::new(listener, None), limits));
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .build()
            .expect("a client");
        Self { app, clock, url: format!("http://{addr}"), client, data: Some(data) }
    }

    /// A request to start from, with its path beginning with `/`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends and reads to the end. Redirects are not followed.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> TestResponse {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        TestResponse { status, headers, body: response.text().await.expect("a whole answer") }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> TestResponse {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON, as by a program.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> TestResponse {
        self.json(Method::POST, path, body).await
    }

    /// Any method with JSON, as by a program.
    pub async fn json(&self, method: Method, path: &str, body: &serde_json::Value) -> TestResponse {
        let request = self.request(method, path).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// POST of a form, as by a browser without JavaScript on a page of Gleaner.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("referer", format!("{}/", self.url))
            .header("accept", "text/html");
        self.send(request.body(body)).await
    }

    /// Stops softly and asserts that every task ends and no write is open. Returns the data folder, for a restart.
    pub async fn finish(mut self) -> TempDir {
        self.app.lifecycle.soft_stop.cancel();
        let limit = Duration::from_secs(10);
        tokio::time::timeout(limit, self.app.lifecycle.wait_for_tasks()).await.expect("every task heeds the soft stop");
        let write = tokio::time::timeout(limit, self.app.db.write()).await.expect("no write is left open");
        write.expect("a transaction").rollback().await.expect("rolled back");
        tokio::time::timeout(limit, self.app.db.close()).await.expect("no connection is left in use");
        self.data.take().expect("only finish takes it")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.lifecycle.soft_stop.cancel();
        self.app.lifecycle.hard_stop.cancel();
        let file = self.app.config.data_dir.join(gleaner::server::storage::DATABASE_FILE_NAME);
        if std::thread::panicking() || !file.exists() {
            return;
        }
        // On a separate thread, since a runtime may not block within another.
        let found = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(find_inconsistencies(&file))
        });
        assert_eq!(found.join().expect("the check ran"), Vec::<String>::new(), "the database disagrees with itself");
    }
}

/// Stored counters that differ from a recount, and dangling references.
async fn find_inconsistencies(file: &std::path::Path) -> Vec<String> {
    use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
    let mut db =
        SqliteConnectOptions::new().filename(file).read_only(true).connect().await.expect("the database opens");
    let miscounted: Vec<i64> = sqlx::query_scalar(
        "SELECT c.feed_id FROM feed_counts c WHERE (c.total, c.unread, c.unread_scored, c.starred, c.blocked, c.failed) IS NOT (
            SELECT count(*), coalesce(sum(is_read = 0 AND state <> 'blocked' AND is_hidden = 0), 0),
                   coalesce(sum(is_read = 0 AND state <> 'blocked' AND is_hidden = 0
                                AND EXISTS (SELECT 1 FROM scores s WHERE s.article_id = a.id)), 0),
                   coalesce(sum(is_starred AND is_hidden = 0), 0), coalesce(sum(state = 'blocked'), 0), coalesce(sum(state = 'failed'), 0)
            FROM articles a WHERE a.feed_id = c.feed_id)",
    )
    .fetch_all(&mut db)
    .await
    .expect("a recount");
    let miscounted_categories: Vec<i64> = sqlx::query_scalar(
        "SELECT k.category_id FROM category_counts k WHERE k.unread IS NOT (
            SELECT count(*) FROM articles a WHERE a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0 AND EXISTS (
                SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
                WHERE l.article_id = a.id AND k.category_id IN (c.id, c.parent_id)))",
    )
    .fetch_all(&mut db)
    .await
    .expect("a recount");
    let unsettled: Vec<i64> = sqlx::query_scalar(
        "SELECT story_id FROM articles WHERE story_id IS NOT NULL GROUP BY story_id
         HAVING count(*) < 2 OR sum(is_duplicate = 0) <> 1
             OR (sum(is_hidden AND hidden_by_rule IS NULL) > 0
                 AND (min(iif(hidden_by_rule IS NULL, is_read, NULL)) < max(iif(hidden_by_rule IS NULL, is_read, NULL))
                      OR min(iif(hidden_by_rule IS NULL, is_starred, NULL)) < max(iif(hidden_by_rule IS NULL, is_starred, NULL))))
         UNION ALL SELECT id FROM articles WHERE (is_hidden > is_duplicate AND hidden_by_rule IS NULL) OR (hidden_by_rule IS NOT NULL AND is_hidden = 0)
             OR (is_duplicate = 1 AND story_id IS NULL)",
    )
    .fetch_all(&mut db)
    .await
    .expect("a check");
    let astray: Vec<String> =
        sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_check").fetch_all(&mut db).await.expect("a check");
    // Dropped alone it would close later, and a test that goes on with the folder would find the log still in use.
    db.close().await.expect("closed");
    let miscounted = miscounted.into_iter().map(|feed| format!("feed {feed} is miscounted"));
    let miscounted_categories = miscounted_categories.into_iter().map(|id| format!("category {id} is miscounted"));
    let unsettled = unsettled.into_iter().map(|story| format!("story {story} is not settled"));
    let miscounted = miscounted.chain(miscounted_categories).chain(unsettled);
    miscounted.chain(astray.into_iter().map(|table| format!("a row of {table} points at nothing"))).collect()
}
