//! Re-scoring many articles, and cancelling it.

use crate::support::{data, test_app::TestApp};
use gleaner::{
    domain::{score::RescoreMode, scoring::RescoreScope},
    server::services::scoring,
};
use sqlx::AssertSqlSafe;

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&app.app.db.read).await.expect("a count")
}

#[tokio::test]
async fn a_composite_that_comes_or_goes_alone_is_counted() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 100, feeds: 2 }).await.expect("data");
    for composite in ["NULL", "5.0", "6.0"] {
        let mut db = app.app.db.write().await.expect("a transaction");
        let change = format!("UPDATE articles SET composite = {composite} WHERE id IN (SELECT article_id FROM scores)");
        sqlx::raw_sql(AssertSqlSafe(change)).execute(&mut *db).await.expect("changed");
        db.commit().await.expect("committed");
        let kept = count(&app, "SELECT sum(unread_scored) FROM feed_counts").await;
        let counted =
            "SELECT count(*) FROM articles WHERE is_read = 0 AND state <> 'blocked' AND composite IS NOT NULL";
        assert_eq!(kept, count(&app, counted).await, "{composite}");
    }
    app.finish().await;
}

#[tokio::test]
async fn many_articles_are_queued_again_and_taken_back() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 1_000, feeds: 10 }).await.expect("data");
    let scored = "SELECT count(*) FROM articles a JOIN scores s ON s.article_id = a.id WHERE a.is_read = 0 AND a.state <> 'blocked'";
    let queued = "SELECT count(*) FROM articles WHERE next_step IS NOT NULL AND rescore_mode = 'score_only' AND scoring_priority = 1";
    let expected = count(&app, scored).await;
    assert!(expected > 500, "{expected}");
    let preview = scoring::preview_rescore(&app.app).await.expect("a preview");
    assert_eq!((preview.report.rescore_queued, preview.cancellable_count), (expected, 0));
    let mode = Some(RescoreMode::ScoreOnly);
    let report = scoring::rescore(&app.app, RescoreScope::Unread, mode, false).await.expect("queued");
    assert_eq!((report.rescore_queued, count(&app, queued).await), (expected, expected));
    let preview = scoring::preview_rescore(&app.app).await.expect("a preview");
    assert_eq!((preview.report.rescore_queued, preview.cancellable_count), (expected, expected));
    assert_eq!(scoring::cancel_rescore(&app.app, None).await, Ok(expected));
    assert_eq!((count(&app, queued).await, count(&app, scored).await), (0, expected));
    app.finish().await;
}
