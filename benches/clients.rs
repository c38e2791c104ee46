//! The requests of other readers at each sync: the ids of all unread articles, and counts. Whole answers, with the token checked.

use crate::support::{ARTICLE_COUNTS, RUNTIME, app_with_articles};
use axum::{body::Body, http::Request};
use divan::Bencher;
use gleaner::server::{
    router,
    services::devices::{self, authenticate::google_reader_token},
};
use tower::ServiceExt;

fn bench_answer(bencher: Bencher, articles: i64, name: &str, path: &str) {
    let app = app_with_articles(articles);
    let token = RUNTIME.block_on(async {
        // The application is shared by all benches and rounds.
        if let Some(device) = devices::list(&app).await.expect("devices").into_iter().find(|device| device.name == name)
        {
            return google_reader_token(&app, &device).await.expect("a token");
        }
        let device = devices::add(&app, name, "read").await.expect("added").device;
        google_reader_token(&app, &device).await.expect("a token")
    });
    let router = RUNTIME.block_on(async { router::router(app) });
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let request = Request::get(format!("/reader/api/0/{path}")).header("host", "localhost");
            let request = request.header("authorization", format!("GoogleLogin auth={token}"));
            let response = router.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
            let response = response.expect("an answer");
            assert_eq!(response.status(), 200);
            axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body").len()
        })
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
