//! Rules run for texts of pages and for copies of stories, too.

use super::{
    full_text::{feed, fetch_due, first, page, start, subscribe},
    rules::{NONE, number, save, titles},
    story_support::{StoryPublisher, TEXTS},
};
use crate::support::{
    feed_server::{FeedReply, FeedServer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::{ArticleChange, ArticleView},
        ids::CategoryId,
        rule::RuleActions,
    },
    server::services::{full_text, reading, rules},
};

#[tokio::test]
async fn the_text_of_a_page_lets_a_rule_match_once() {
    let (server, app) = (FeedServer::start().await, start().await);
    save(&app, "Fairhaven", "text:fairhaven", RuleActions { star: true, ..NONE }).await;
    server.on("/p", FeedReply::ok("text/html", page("Fairhaven")));
    subscribe(&app, &server, feed(&[(&server.url("/p"), "Bridge", "Short.")])).await;
    assert_eq!(titles(&app, ArticleView::Starred, None).await, Vec::<String>::new(), "the feed's text lacks the word");
    fetch_due(&app).await;
    assert_eq!(titles(&app, ArticleView::Starred, None).await, ["Bridge"]);
    assert_eq!(number(&app, "SELECT count(*) FROM rule_queue").await, 0);
    // What the reader takes back stays so, also when the page has another text.
    let id = first(&app).await;
    reading::update_article(&app.app, id, ArticleChange::set_starred(false)).await.expect("marked");
    server.on("/p", FeedReply::ok("text/html", page("Fairhaven and Porto")));
    full_text::fetch_now(&app.app, id).await.expect("fetched");
    assert_eq!(number(&app, "SELECT count(*) FROM article_full_texts WHERE html LIKE '%Porto%'").await, 1);
    assert_eq!(titles(&app, ArticleView::Starred, None).await, Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_rule_for_scores_acts_on_all_copies_of_a_story() {
    let app = TestApp::start().await;
    save(&app, "Dull", "score:<3", RuleActions { hide: true, ..NONE }).await;
    let publisher = StoryPublisher::new(&app);
    publisher.feed(1).await;
    publisher.feed(2).await;
    save(&app, "Second feed", "feed:#2", RuleActions { category: Some(CategoryId(3)), ..NONE }).await;
    let shown = publisher.tell(1, ("Fire", TEXTS[0], None)).await;
    publisher.tell(2, ("Fire", TEXTS[0], None)).await;
    rules::run_queue(&app.app).await;
    assert_eq!(number(&app, "SELECT count(*) FROM articles WHERE is_duplicate = 1").await, 1);
    publisher.score(shown, 9).await;
    rules::run_queue(&app.app).await;
    assert_eq!(titles(&app, ArticleView::All, None).await, ["Fire"]);
    let given = "SELECT count(*) FROM article_categories WHERE article_id = 2 AND category_id IN (2, 3)";
    assert_eq!(number(&app, given).await, 2, "the copy has the category of the story beside that of its rule");
    publisher.score_again(shown, 1).await;
    rules::run_queue(&app.app).await;
    assert_eq!(
        titles(&app, ArticleView::All, None).await,
        Vec::<String>::new(),
        "no copy takes the place of the first"
    );
    assert_eq!(number(&app, "SELECT count(*) FROM articles WHERE hidden_by_rule = 1").await, 2);
    assert_eq!(number(&app, "SELECT count(*) FROM rule_queue").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn an_undone_rule_does_not_come_back_through_a_copy() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    publisher.feed(1).await;
    publisher.feed(2).await;
    let shown = publisher.tell(1, ("Fire", TEXTS[0], None)).await;
    publisher.tell(2, ("Fire", TEXTS[0], None)).await;
    publisher.score(shown, 9).await;
    let rule = save(&app, "Fires", "title:fire", RuleActions { star: true, ..NONE }).await;
    rules::run_queue(&app.app).await;
    assert_eq!(
        titles(&app, ArticleView::Starred, None).await,
        Vec::<String>::new(),
        "it was not applied to what is there"
    );
    rules::begin_application(&app.app, rule).await.expect("begun");
    rules::work_off(&app.app).await.expect("applied");
    assert_eq!(titles(&app, ArticleView::Starred, None).await, ["Fire"]);
    rules::begin_undo(&app.app, rule).await.expect("begun");
    rules::work_off(&app.app).await.expect("undone");
    rules::run_queue(&app.app).await;
    assert_eq!(titles(&app, ArticleView::Starred, None).await, Vec::<String>::new());
    app.finish().await;
}
