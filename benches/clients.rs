//! The requests of other readers at each sync: the ids of all unread articles, and counts. Whole answers, with the token checked.

use crate::support::{ARTICLE_COUNTS, RUNTIME, app_with_articles, process_cpu_ms};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request},
};
use divan::Bencher;
use gleaner::server::{
    router,
    services::devices::{self, authenticate::google_reader_token},
};
use std::time::Instant;
use tower::ServiceExt;

/// A reader that uses the Google ReaderClient API.
struct ReaderClient {
    router: Router,
    token: String,
}

impl ReaderClient {
    /// The reader called `name` of an application with this many articles, which all benches and rounds share.
    fn new(articles: i64, name: &str) -> Self {
        let app = app_with_articles(articles);
        let token = RUNTIME.block_on(async {
            let known = devices::list(&app).await.expect("devices").into_iter().find(|device| device.name == name);
            let device = match known {
                Some(device) => device,
                None => devices::add(&app, name, "read").await.expect("added").device,
            };
            google_reader_token(&app, &device).await.expect("a token")
        });
        Self { router: RUNTIME.block_on(async { router::router(app) }), token }
    }

    async fn send(&self, method: Method, path: &str, form: String) -> Bytes {
        let request =
            Request::builder().method(method).uri(format!("/reader/api/0/{path}")).header("host", "localhost");
        let request = request.header("authorization", format!("GoogleLogin auth={}", self.token));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = self.router.clone().oneshot(request.body(Body::from(form)).expect("a request")).await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body")
    }

    /// All ids of a stream, 1,000 a request; the number of requests.
    async fn list_ids(&self, stream: &str) -> (Vec<String>, usize) {
        let (mut ids, mut requests, mut continuation) = (Vec::new(), 0, String::new());
        loop {
            let path = format!("stream/items/ids?n=1000&output=json&s=user/-/state/com.google/{stream}{continuation}");
            let page = self.send(Method::GET, &path, String::new()).await;
            requests += 1;
            let page: serde_json::Value = serde_json::from_slice(&page).expect("JSON");
            let items = page["itemRefs"].as_array().expect("ids");
            ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
            match page["continuation"].as_str() {
                Some(next) => continuation = format!("&c={next}"),
                None => return (ids, requests),
            }
        }
    }
}

fn bench_answer(bencher: Bencher, articles: i64, name: &str, path: &str) {
    let reader = ReaderClient::new(articles, name);
    bencher.bench_local(|| RUNTIME.block_on(reader.send(Method::GET, path, String::new())).len());
}

/// A sync as NetNewsWire makes it: folders, feeds, the ids of all unread and all starred articles, and the texts of 150. The goal is
/// less than a second of processor time with 1,000 feeds and 100,000 articles.
#[divan::bench(args = ARTICLE_COUNTS, sample_count = 5)]
#[expect(clippy::print_stdout, reason = "its figures are more than a duration")]
fn sync_like_netnewswire(bencher: Bencher, articles: i64) {
    let reader = ReaderClient::new(articles, "sync");
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let (started, cpu) = (Instant::now(), process_cpu_ms());
            for path in ["tag/list?output=json", "subscription/list?output=json"] {
                reader.send(Method::GET, path, String::new()).await;
            }
            let (unread, pages) = reader.list_ids("reading-list&xt=user/-/state/com.google/read").await;
            let (starred, starred_pages) = reader.list_ids("starred").await;
            let wanted: Vec<_> = unread.iter().take(150).map(|id| format!("i={id}")).collect();
            reader.send(Method::POST, "stream/items/contents", wanted.join("&")).await;
            println!(
                "sync of {articles} articles: {} unread and {} starred ids in {} requests, {:.2} s, {:.2} s of processor time",
                unread.len(),
                starred.len(),
                pages + starred_pages,
                started.elapsed().as_secs_f64(),
                (process_cpu_ms() - cpu) / 1_000.0,
            );
        });
    });
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn unread_ids(bencher: Bencher, articles: i64) {
    let path = "stream/items/ids?n=200000&xt=user/-/state/com.google/read";
    bench_answer(bencher, articles, "ids", path);
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn unread_ids_of_a_label(bencher: Bencher, articles: i64) {
    let path = "stream/items/ids?n=10000&xt=user/-/state/com.google/read&s=user/-/label/Score%208%2B";
    bench_answer(bencher, articles, "label", path);
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn unread_counts(bencher: Bencher, articles: i64) {
    bench_answer(bencher, articles, "counts", "unread-count");
}

/// A page of items with their texts.
#[divan::bench(args = ARTICLE_COUNTS)]
fn thousand_items(bencher: Bencher, articles: i64) {
    bench_answer(bencher, articles, "items", "stream/contents?n=1000");
}
