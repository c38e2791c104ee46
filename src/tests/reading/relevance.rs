//! Hits in the order of relevance.

use crate::support::{data, test_app::TestApp};
use gleaner::{
    domain::article::{ArticleSort, ArticleView, ListQuery},
    server::services::reading,
};

#[tokio::test]
async fn the_best_fit_comes_first_and_pages_follow() {
    let app = TestApp::start().await;
    data::seed(&app.app.db, data::DataSize { articles: 1_000, feeds: 10 }).await.expect("data");
    let mut list = ListQuery {
        view: ArticleView::All,
        search: Some("common".into()),
        sort: ArticleSort::Relevance,
        limit: 60,
        ..ListQuery::default()
    };
    let mut found = Vec::new();
    loop {
        let page = reading::list(&app.app, &list).await.expect("a page");
        found.extend(page.rows.iter().map(|row| row.id));
        list.cursor = page.next;
        if list.cursor.is_none() {
            break;
        }
    }
    let mut apart = found.clone();
    apart.sort_unstable();
    apart.dedup();
    assert!(found.len() > 200 && apart.len() == found.len(), "{} of {}", apart.len(), found.len());
    let (before, after) = reading::find_neighbors(&app.app, found[70], &ListQuery { cursor: None, ..list }, &[])
        .await
        .expect("neighbors");
    assert_eq!((before, after), (Some(found[69]), Some(found[71])));
}
