//! Lists, search, one article, counters, marks, and the inbox as a page.

use crate::support::{RUNTIME, SIZES, app};
use axum::{body::Body, http::Request};
use divan::Bencher;
use gleaner::{
    domain::{
        article::{Cursor, ListQuery, MarkScope, Scope, Sort, View},
        ids::{ArticleId, CategoryId, FeedId, FolderId},
    },
    server::{router, services::reading, state::App},
};
use tower::ServiceExt;

const LIMIT: u32 = 100;

fn list(bencher: Bencher, app: &App, query: &ListQuery) {
    bencher.bench_local(|| RUNTIME.block_on(reading::list(app, query)).expect("a page"));
}

fn query() -> ListQuery {
    ListQuery { limit: LIMIT, ..ListQuery::default() }
}

/// A page of 100 unread, best first.
#[divan::bench(args = SIZES)]
fn inbox(bencher: Bencher, articles: i64) {
    list(bencher, &app(articles), &query());
}

/// The same from the middle of the list.
#[divan::bench(args = SIZES)]
fn inbox_by_cursor(bencher: Bencher, articles: i64) {
    let cursor = Cursor { rank: 3.0, sorted_at: i64::MAX, id: ArticleId(i64::MAX) };
    list(bencher, &app(articles), &ListQuery { cursor: Some(cursor), ..query() });
}

#[divan::bench(args = SIZES)]
fn newest_of_a_folder(bencher: Bencher, articles: i64) {
    let scope = Scope::Folder(FolderId(1));
    list(bencher, &app(articles), &ListQuery { view: View::All, scope, sort: Sort::Newest, ..query() });
}

#[divan::bench(args = SIZES)]
fn best_of_a_feed(bencher: Bencher, articles: i64) {
    list(bencher, &app(articles), &ListQuery { scope: Scope::Feed(FeedId(1)), ..query() });
}

#[divan::bench(args = SIZES)]
fn lowest_of_a_category(bencher: Bencher, articles: i64) {
    let scope = Scope::Category(CategoryId(24));
    list(bencher, &app(articles), &ListQuery { scope, sort: Sort::Lowest, ..query() });
}

/// "rareword": one text of 5,000; "seldom": one of 50; "common": two of five.
#[divan::bench(args = ["rareword", "seldom", "common", "the common"])]
fn search_100k(bencher: Bencher, words: &str) {
    list(bencher, &app(100_000), &ListQuery { view: View::All, search: Some(words.into()), ..query() });
}

#[divan::bench(args = SIZES)]
fn article(bencher: Bencher, articles: i64) {
    let app = app(articles);
    let id = ArticleId(articles / 2);
    bencher.bench_local(|| RUNTIME.block_on(reading::article(&app, id)).expect("an article"));
}

#[divan::bench(args = SIZES)]
fn counts(bencher: Bencher, articles: i64) {
    let app = app(articles);
    bencher.bench_local(|| RUNTIME.block_on(reading::counts(&app, Scope::All)).expect("counts"));
}

#[divan::bench(args = SIZES)]
fn counts_of_a_category(bencher: Bencher, articles: i64) {
    let app = app(articles);
    let scope = Scope::Category(CategoryId(1));
    bencher.bench_local(|| RUNTIME.block_on(reading::counts(&app, scope)).expect("counts"));
}

/// Everything read, and unread again.
#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn mark_all_read_and_undo(bencher: Bencher, articles: i64) {
    let app = app(articles);
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let marked = reading::mark_read(&app, MarkScope::All, None).await.expect("marked");
            reading::undo(&app, &marked.undo_token).await.expect("undone");
        });
    });
}

/// The whole answer: router, data, HTML.
#[divan::bench(args = SIZES)]
fn inbox_page(bencher: Bencher, articles: i64) {
    let app = app(articles);
    let router = RUNTIME.block_on(async { router::router(app) });
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let request =
                Request::get("/?limit=100").header("host", "localhost").body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("an answer");
            assert_eq!(response.status(), 200);
            axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body").len()
        })
    });
}
