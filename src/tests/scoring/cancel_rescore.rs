//! Cancelling queued re-scores.

use super::categories::{categorize_all, category_named, score_all};
use crate::support::{
    articles::{article_records, invariant_violations, store_plain_articles},
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{
        category_suggestion::CategoryChoice,
        score::RescoreMode,
        scoring::{RescoreScope, ScoringStep},
    },
    server::{
        services::{preferences, scoring},
        storage::queue,
    },
};

async fn app_with_scores(count: usize) -> TestApp {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, count).await;
    let law = category_named(&app.app, "Law").await;
    categorize_all(&app.app, &[CategoryChoice::Known(law.id)]).await;
    score_all(&app.app).await;
    app
}

#[tokio::test]
async fn cancelled_rescores_keep_scores_and_the_recommendation() {
    let app = app_with_scores(3).await;
    let before = article_records(&app.app).await;
    scoring::rescore(&app.app, RescoreScope::Unread, None, false).await.expect("queued");
    scoring::cancel_rescore(&app.app, None).await.expect("taken back");
    for mode in [RescoreMode::Full, RescoreMode::ScoreOnly] {
        preferences::change(&app.app, |saved| saved.interests = format!("looms {mode:?}")).await.expect("saved");
        scoring::rescore(&app.app, RescoreScope::Unread, Some(mode), false).await.expect("queued");
        let preview = scoring::preview_rescore(&app.app).await.expect("a preview");
        assert_eq!((preview.cancellable_count, preview.recommended_mode), (3, None), "{mode:?}");
        let page = app.get("/interests").await.body.replace("<!>", "");
        assert!(page.contains("Cancel for 3 waiting articles"), "{page}");
        let answer = app.post_form("/fn/scoring/cancel-rescore", &[]).await;
        assert_eq!(answer.header("location"), "/?done=rescore-cancelled&n=3#again");
        assert_eq!(article_records(&app.app).await, before, "{mode:?}");
        let preview = scoring::preview_rescore(&app.app).await.expect("a preview");
        assert_eq!(preview.cancellable_count, 0);
        assert!(preview.recommended_mode.is_some(), "the interests are newer than the scores: {mode:?}");
    }
}

#[tokio::test]
async fn a_full_rescore_that_waits_is_told_when_scores_alone_are_asked_for() {
    let app = app_with_scores(2).await;
    for (mode, told) in [
        (RescoreMode::ScoreOnly, RescoreMode::ScoreOnly),
        (RescoreMode::Full, RescoreMode::Full),
        (RescoreMode::ScoreOnly, RescoreMode::Full),
    ] {
        for dry_run in [true, false] {
            let report = scoring::rescore(&app.app, RescoreScope::Unread, Some(mode), dry_run).await.expect("a report");
            assert_eq!((report.rescore_mode, report.rescore_queued), (told, 2), "{mode:?}, dry run: {dry_run}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn one_rescore_is_cancelled_and_running_ones_finish() {
    let app = app_with_scores(2).await;
    let ids: Vec<_> = article_records(&app.app).await.iter().map(|record| record.id()).collect();
    for id in &ids {
        scoring::rescore(&app.app, RescoreScope::Article(*id), Some(RescoreMode::Full), false).await.expect("queued");
    }
    let page = app.get(&format!("/articles/{}", ids[0])).await.body;
    assert!(page.contains("Cancel scoring again"), "{page}");
    let mut db = app.app.db.write().await.expect("a transaction");
    let claimed =
        queue::claim(&mut db, ScoringStep::Categorize, 1, (9, START_TIME.plus(60)), &[]).await.expect("claimed");
    db.commit().await.expect("committed");
    for id in &ids {
        let count = scoring::cancel_rescore(&app.app, Some(*id)).await.expect("asked");
        assert_eq!(count, i64::from(!claimed.contains(id)), "{id}");
    }
    let records = article_records(&app.app).await;
    assert_eq!(invariant_violations(&records), Vec::<String>::new());
    assert_eq!(records.iter().filter(|record| record.state == "scored").count(), 1);
}

#[tokio::test]
async fn an_article_without_a_score_stays_in_the_queue() {
    let app = TestApp::start().await;
    let id = store_plain_articles(&app.app, 1).await[0];
    scoring::rescore(&app.app, RescoreScope::Article(id), Some(RescoreMode::Full), false).await.expect("queued");
    assert_eq!(scoring::cancel_rescore(&app.app, None).await.expect("asked"), 0);
    assert_eq!(article_records(&app.app).await[0].state, "queued");
}
