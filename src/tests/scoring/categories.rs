//! Categories: names, parents, weights, and their immediate effect on articles.

use crate::support::{
    articles::{article_records, invariant_violations, model_run, store_plain_articles},
    test_app::{START_TIME, TestApp},
};
use gleaner::{
    domain::{
        category::{Category, CategoryChange, CategoryWeight, category_identity, slugify},
        category_suggestion::{CategoryChoice, SuggestedCategory},
        ids::{ArticleId, CategoryId},
        score::Judgment,
        scoring::ScoringStep,
    },
    server::{
        services::{categories, scoring::store_results::store_choices},
        state::App,
        storage::{categories as store, queue, ranking, scores},
    },
};

pub(super) async fn category_named(app: &App, name: &str) -> Category {
    let all = categories::list(app).await.expect("listed");
    all.into_iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no category {name}"))
}

fn suggested(name: &str) -> CategoryChoice {
    CategoryChoice::Suggested(SuggestedCategory::parse(name, Some(CategoryId(1))).expect("a name"))
}

pub(super) async fn categorize_all(app: &App, choices: &[CategoryChoice]) {
    let mut db = app.db.write().await.expect("a transaction");
    let ids = queue::claim(&mut db, ScoringStep::Categorize, 99, (1, START_TIME), &[]).await.expect("claimed");
    for id in ids {
        store_choices(&mut db, id, 1, choices, &model_run(ScoringStep::Categorize)).await.expect("stored");
    }
    db.commit().await.expect("committed");
}

pub(super) async fn score_all(app: &App) -> Vec<ArticleId> {
    let mut db = app.db.write().await.expect("a transaction");
    let ids = queue::claim(&mut db, ScoringStep::Score, 99, (2, START_TIME), &[]).await.expect("claimed");
    for id in &ids {
        let judgment = Judgment { interest: 8, quality: 10, reasoning: "r".into(), evidence: vec![] };
        scores::store_score(&mut db, *id, 2, &judgment, &model_run(ScoringStep::Score), false).await.expect("stored");
    }
    db.commit().await.expect("committed");
    ids
}

fn weight_change(weight: Option<CategoryWeight>) -> CategoryChange {
    CategoryChange { weight: Some(weight), ..CategoryChange::default() }
}

#[tokio::test]
async fn the_first_categories_are_two_levels_with_slugs_of_their_names() {
    let app = TestApp::start().await;
    let all = categories::list(&app.app).await.expect("listed");
    assert_eq!(all.len(), 22);
    assert!(all.iter().all(|c| c.identity == category_identity(&c.name)
        && c.slug == slugify(&c.name)
        && c.effective_weight == CategoryWeight::Normal));
    let under: Vec<&str> = all.iter().filter(|c| c.parent_id == Some(CategoryId(1))).map(|c| c.name.as_str()).collect();
    assert_eq!(under, ["AI", "Cybersecurity", "Programming"]);
    assert_eq!(
        all.iter().position(|c| c.name == "Technology").map(|at| &*all[at + 1].name),
        Some("AI"),
        "children follow"
    );
}

#[tokio::test]
async fn weights_rank_block_and_unblock_at_once() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 2).await;
    let (technology, ai) = (category_named(&app.app, "Technology").await, category_named(&app.app, "AI").await);
    categorize_all(&app.app, &[CategoryChoice::Known(ai.id)]).await;
    score_all(&app.app).await;
    for (category, weight, composite, state) in [
        (ai.id, Some(CategoryWeight::Max), Some(16.0), "scored"),
        (ai.id, None, Some(8.0), "scored"),
        (technology.id, Some(CategoryWeight::Boost), Some(12.0), "scored"),
        (technology.id, Some(CategoryWeight::Block), None, "blocked"),
        (ai.id, Some(CategoryWeight::Reduce), Some(4.0), "scored"),
        (ai.id, None, None, "blocked"),
        (technology.id, None, Some(8.0), "scored"),
    ] {
        categories::update(&app.app, category, weight_change(weight)).await.expect("weighed");
        for l in article_records(&app.app).await {
            assert_eq!((l.composite, l.state.as_str()), (composite, state), "{weight:?}: {l:?}");
        }
        assert_eq!(invariant_violations(&article_records(&app.app).await), Vec::<String>::new());
    }
}

#[tokio::test]
async fn ranking_anew_that_was_interrupted_goes_on_at_the_next_start() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 5).await;
    let ai = category_named(&app.app, "AI").await;
    categorize_all(&app.app, &[CategoryChoice::Known(ai.id)]).await;
    score_all(&app.app).await;
    let blocked = async || article_records(&app.app).await.iter().filter(|l| l.state == "blocked").count();
    let mut db = app.app.db.write().await.expect("a transaction");
    store::update(&mut db, &Category { weight: Some(CategoryWeight::Block), ..ai.clone() }).await.expect("weighed");
    ranking::add_pending(&mut db, &[ai.id]).await.expect("remembered");
    assert!(ranking::apply_pending(&mut db, 2).await.expect("applied"), "some are left");
    db.commit().await.expect("committed");
    assert_eq!(blocked().await, 2, "here the process ends");
    categories::finish_ranking(&app.app).await.expect("finished");
    assert_eq!((blocked().await, invariant_violations(&article_records(&app.app).await)), (5, Vec::new()));
    let mut db = app.app.db.write().await.expect("a transaction");
    assert!(!ranking::apply_pending(&mut db, 2).await.expect("applied"), "nothing is left");
    drop(db);

    // Another change before the end begins anew.
    let mut db = app.app.db.write().await.expect("a transaction");
    ranking::add_pending(&mut db, &[ai.id]).await.expect("remembered");
    ranking::apply_pending(&mut db, 2).await.expect("applied");
    db.commit().await.expect("committed");
    categories::update(&app.app, ai.id, weight_change(None)).await.expect("weighed");
    assert_eq!((blocked().await, invariant_violations(&article_records(&app.app).await)), (0, Vec::new()));
}

#[tokio::test]
async fn an_article_that_was_never_scored_is_queued_when_nothing_blocks_it_any_more() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 1).await;
    let ai = category_named(&app.app, "AI").await;
    categories::update(&app.app, ai.id, weight_change(Some(CategoryWeight::Block))).await.expect("weighed");
    categorize_all(&app.app, &[CategoryChoice::Known(ai.id)]).await;
    let blocked = &article_records(&app.app).await[0];
    assert_eq!((blocked.state.as_str(), blocked.next_step.as_deref()), ("blocked", None));
    assert!(score_all(&app.app).await.is_empty(), "a blocked article is not scored");
    categories::update(&app.app, ai.id, weight_change(None)).await.expect("weighed");
    let freed = &article_records(&app.app).await[0];
    assert_eq!((freed.state.as_str(), freed.next_step.as_deref()), ("queued", Some("score")));
}

#[tokio::test]
async fn a_renamed_or_merged_name_does_not_come_back() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 1).await;
    let ai = category_named(&app.app, "AI").await;
    let rename = CategoryChange { name: Some("Thinking machines".into()), ..CategoryChange::default() };
    categories::update(&app.app, ai.id, rename).await.expect("renamed");
    let (film, music) = (category_named(&app.app, "Film").await, category_named(&app.app, "Music").await);
    categories::merge(&app.app, film.id, music.id).await.expect("merged");

    categorize_all(&app.app, &[suggested("AI"), suggested("Film"), suggested("Looms")]).await;
    assert_eq!(article_records(&app.app).await[0].categories, "Thinking machines, Music", "Looms is a suggestion only");

    for (name, hint) in [("ai", "alias of"), ("FILM", "alias of"), ("thinking  machines", "already")] {
        let error = categories::create(&app.app, name, None).await.expect_err(name);
        assert!(error.kind.status() == 409 && error.message.contains(hint), "{error:?}");
    }
    let back = CategoryChange { name: Some("AI".into()), ..CategoryChange::default() };
    assert_eq!(categories::update(&app.app, ai.id, back).await.expect("its own alias").slug, "ai");
}

#[tokio::test]
async fn a_hidden_category_is_not_given_to_an_article_by_naming_it() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 1).await;
    let film = category_named(&app.app, "Film").await;
    let hide = CategoryChange { hidden: Some(true), ..CategoryChange::default() };
    categories::update(&app.app, film.id, hide).await.expect("hidden");
    categorize_all(&app.app, &[suggested("Film"), CategoryChoice::Known(category_named(&app.app, "Law").await.id)])
        .await;
    assert_eq!(article_records(&app.app).await[0].categories, "Law");
}

#[tokio::test]
async fn merging_and_removing_rank_anew_and_keep_the_counts() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 3).await;
    let (law, music) = (category_named(&app.app, "Law").await, category_named(&app.app, "Music").await);
    categorize_all(&app.app, &[CategoryChoice::Known(law.id), CategoryChoice::Known(music.id)]).await;
    score_all(&app.app).await;
    categories::update(&app.app, law.id, weight_change(Some(CategoryWeight::Max))).await.expect("weighed");
    assert_eq!(article_records(&app.app).await[0].composite, Some(12.0));
    let merged = categories::merge(&app.app, music.id, law.id).await.expect("merged");
    assert_eq!((merged.article_count, article_records(&app.app).await[0].composite), (3, Some(16.0)));
    categories::delete(&app.app, law.id).await.expect("removed");
    let looks = article_records(&app.app).await;
    assert!(looks.iter().all(|l| l.categories.is_empty() && l.composite == Some(8.0)));
    assert_eq!(invariant_violations(&looks), Vec::<String>::new());
}

#[tokio::test]
async fn removing_a_parent_leaves_its_weight_to_the_children_that_took_it() {
    let app = TestApp::start().await;
    store_plain_articles(&app.app, 1).await;
    let (technology, ai) = (category_named(&app.app, "Technology").await, category_named(&app.app, "AI").await);
    let programming = category_named(&app.app, "Programming").await;
    categories::update(&app.app, technology.id, weight_change(Some(CategoryWeight::Max))).await.expect("weighed");
    categories::update(&app.app, programming.id, weight_change(Some(CategoryWeight::Reduce))).await.expect("weighed");
    categorize_all(&app.app, &[CategoryChoice::Known(ai.id)]).await;
    score_all(&app.app).await;
    let before = article_records(&app.app).await[0].composite;
    let page = app.get(&format!("/categories/{}", technology.id)).await.body;
    assert!(page.contains("They keep the weight that they inherit from it now (max): AI, Cybersecurity."), "{page}");
    categories::delete(&app.app, technology.id).await.expect("removed");
    let weight = |category: Category| (category.parent_id, category.weight);
    assert_eq!(weight(category_named(&app.app, "AI").await), (None, Some(CategoryWeight::Max)));
    assert_eq!(weight(category_named(&app.app, "Programming").await), (None, Some(CategoryWeight::Reduce)));
    assert_eq!(article_records(&app.app).await[0].composite, before, "no article moves");
}

#[tokio::test]
async fn impossible_changes_have_a_message() {
    let app = TestApp::start().await;
    let (technology, ai) = (category_named(&app.app, "Technology").await, category_named(&app.app, "AI").await);
    let under = |parent| CategoryChange { parent_id: Some(Some(parent)), ..CategoryChange::default() };
    for (outcome, status) in [
        (categories::create(&app.app, " — ", None).await.map(drop), 422),
        (categories::create(&app.app, &"x".repeat(41), None).await.map(drop), 422),
        (categories::create(&app.app, "Robots", Some(ai.id)).await.map(drop), 422),
        (categories::create(&app.app, "technology", None).await.map(drop), 409),
        (categories::update(&app.app, technology.id, under(technology.id)).await.map(drop), 422),
        (categories::update(&app.app, technology.id, under(CategoryId(2))).await.map(drop), 422),
        (categories::update(&app.app, CategoryId(999), under(technology.id)).await.map(drop), 404),
        (categories::merge(&app.app, technology.id, ai.id).await.map(drop), 422),
        (categories::merge(&app.app, ai.id, ai.id).await.map(drop), 422),
        (categories::delete(&app.app, CategoryId(999)).await, 404),
    ] {
        let error = outcome.expect_err("refused");
        assert_eq!(error.kind.status(), status, "{error:?}");
    }
}
