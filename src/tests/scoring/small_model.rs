//! A small model with all known faults: articles are scored nevertheless, and few categories are added.

use crate::support::{
    articles::{article_records, new_article, store_articles_in},
    simulated_model::app_with,
    simulator::{Simulator, SmallModel},
};
use gleaner::server::{services::categories, worker::scorer};
use std::{collections::BTreeSet, time::Duration};

const FEEDS: usize = 4;
const ARTICLES_PER_FEED: usize = 50;
/// Enough rounds for every attempt of every article.
const ROUNDS: usize = 4;

#[tokio::test]
async fn a_small_model_fails_no_article_and_does_not_fill_the_list_of_categories() {
    score_articles_with(SmallModel::default()).await;
}

/// The same faults at every attempt of an article, as from a server that ignores the schema.
#[tokio::test]
async fn faults_that_come_with_every_answer_cost_quality_and_no_article() {
    score_articles_with(SmallModel::without_grammar()).await;
}

async fn score_articles_with(model: SmallModel) {
    let sim = Simulator::start().await.expect("a simulator");
    sim.answer_like(move |body, usual| model.answer(body, usual));
    let app = app_with(&sim).await;
    for feed in 0..FEEDS {
        let numbers = feed * ARTICLES_PER_FEED..(feed + 1) * ARTICLES_PER_FEED;
        let articles: Vec<_> =
            numbers.map(|n| new_article(&format!("Report {n}"), "<p>Looms were compared, at length.</p>")).collect();
        store_articles_in(&app.app, &format!("https://feed{feed}.example/"), &articles).await;
    }
    let names = async || -> BTreeSet<String> {
        categories::list(&app.app).await.expect("listed").into_iter().map(|category| category.name).collect()
    };
    let before = names().await;
    for _ in 0..ROUNDS {
        scorer::drain(&app.app).await;
        app.clock.advance(Duration::from_secs(3600));
    }

    let articles = article_records(&app.app).await;
    assert_eq!(articles.len(), FEEDS * ARTICLES_PER_FEED);
    let failed: Vec<_> = articles.iter().filter(|article| article.state == "failed").map(|a| &a.last_error).collect();
    assert!(failed.is_empty(), "{} failed: {failed:?}", failed.len());
    let unscored = articles.iter().filter(|article| article.state != "scored").count();
    assert_eq!(unscored, 0);
    assert!(articles.iter().all(|article| (article.interest, article.quality) == (Some(5), Some(5))));

    let all = categories::list(&app.app).await.expect("listed");
    let new: Vec<_> = all.iter().filter(|category| !before.contains(&category.name)).collect();
    let told: Vec<_> = new.iter().map(|category| (category.name.as_str(), category.article_count)).collect();
    assert!(new.len() <= 3, "{told:?}");
    assert!(told.iter().all(|(_, articles)| *articles >= 3), "{told:?}");
    app.finish().await;
}
