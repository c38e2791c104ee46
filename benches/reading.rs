//! Lists, search, one article, counters, marks, and the inbox as a page.

use crate::support::{ARTICLE_COUNTS, RUNTIME, app_with_articles};
use axum::{body::Body, http::Request};
use divan::Bencher;
use gleaner::{
    domain::{
        article::{ArticleScope, ArticleSort, ArticleView, Cursor, ListQuery, MarkReadScope},
        ids::{ArticleId, CategoryId, FeedId, FolderId},
    },
    server::{
        router,
        services::{bulk_marks, reading},
        state::App,
    },
};
use tower::ServiceExt;

const PAGE_SIZE: u32 = 100;

fn bench_list(bencher: Bencher, app: &App, query: &ListQuery) {
    bencher.bench_local(|| RUNTIME.block_on(reading::list(app, query)).expect("a page"));
}

fn inbox_query() -> ListQuery {
    ListQuery { limit: PAGE_SIZE, ..ListQuery::default() }
}

/// A page of 100 unread, best first.
#[divan::bench(args = ARTICLE_COUNTS)]
fn inbox(bencher: Bencher, articles: i64) {
    bench_list(bencher, &app_with_articles(articles), &inbox_query());
}

/// The same from the middle of the list.
#[divan::bench(args = ARTICLE_COUNTS)]
fn inbox_by_cursor(bencher: Bencher, articles: i64) {
    let cursor = Cursor { rank: 3.0, sorted_at: i64::MAX, id: ArticleId(i64::MAX) };
    bench_list(bencher, &app_with_articles(articles), &ListQuery { cursor: Some(cursor), ..inbox_query() });
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn newest_of_a_folder(bencher: Bencher, articles: i64) {
    let scope = ArticleScope::Folder(FolderId(1));
    bench_list(
        bencher,
        &app_with_articles(articles),
        &ListQuery { view: ArticleView::All, scope, sort: ArticleSort::Newest, ..inbox_query() },
    );
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn best_of_a_feed(bencher: Bencher, articles: i64) {
    bench_list(
        bencher,
        &app_with_articles(articles),
        &ListQuery { scope: ArticleScope::Feed(FeedId(1)), ..inbox_query() },
    );
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn lowest_of_a_category(bencher: Bencher, articles: i64) {
    let scope = ArticleScope::Category(CategoryId(24));
    bench_list(bencher, &app_with_articles(articles), &ListQuery { scope, sort: ArticleSort::Lowest, ..inbox_query() });
}

/// "rareword": one text of 5,000; "seldom": one of 50; "common": two of five.
#[divan::bench(args = ["rareword", "seldom", "common", "the common"])]
fn search_100k(bencher: Bencher, words: &str) {
    bench_list(
        bencher,
        &app_with_articles(100_000),
        &ListQuery { view: ArticleView::All, search: Some(words.into()), ..inbox_query() },
    );
}

/// Queries with few hits, with many, and one without an index.
#[divan::bench(args = ["score:>15 is:starred", "feed:#1 OR cat:#9", "seldom -is:read", "is:scored -cat:#1"])]
fn query_100k(bencher: Bencher, query: &str) {
    bench_list(
        bencher,
        &app_with_articles(100_000),
        &ListQuery { view: ArticleView::All, search: Some(query.into()), ..inbox_query() },
    );
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn article(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    let id = ArticleId(articles / 2);
    bencher.bench_local(|| RUNTIME.block_on(reading::load_article(&app, id)).expect("an article"));
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn counts(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    bencher.bench_local(|| RUNTIME.block_on(reading::load_view_counts(&app, ArticleScope::All)).expect("counts"));
}

#[divan::bench(args = ARTICLE_COUNTS)]
fn counts_of_a_category(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    let scope = ArticleScope::Category(CategoryId(1));
    bencher.bench_local(|| RUNTIME.block_on(reading::load_view_counts(&app, scope)).expect("counts"));
}

/// Marks everything read, and undoes it.
#[divan::bench(args = ARTICLE_COUNTS, sample_count = 3, sample_size = 1)]
fn mark_all_read_and_undo(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let marked = bulk_marks::mark_read(&app, MarkReadScope::All, None).await.expect("marked");
            bulk_marks::undo_mark_read(&app, &marked.undo_token).await.expect("undone");
        });
    });
}

/// The whole response of the inbox.
#[divan::bench(args = ARTICLE_COUNTS)]
fn inbox_page(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
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
