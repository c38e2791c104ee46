//! The same story in several feeds: grouped, shown once, marked and scored once, parted again.

use super::story_support::{StoryPublisher, TEXTS, edited};
use crate::support::{
    articles::article_record,
    feed_server::{FeedReply, FeedServer, rss_document},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::{ArticleChange, ArticleView, ListQuery, MarkReadScope},
        ids::ArticleId,
        vote::Vote,
    },
    server::services::{bulk_marks, preferences, reading, stories, subscriptions},
};
use reqwest::Method;
use serde_json::json;

/// The titles in a list, in its order.
async fn titles(app: &TestApp, view: ArticleView, search: Option<&str>) -> Vec<String> {
    let query = ListQuery { view, search: search.map(str::to_owned), limit: 50, ..ListQuery::default() };
    let mut titles: Vec<String> =
        reading::list(&app.app, &query).await.expect("a list").rows.into_iter().map(|row| row.title).collect();
    titles.sort();
    titles
}

/// Story, and whether it is a duplicate and hidden.
async fn place(app: &TestApp, id: ArticleId) -> (Option<i64>, bool, bool) {
    sqlx::query_as("SELECT story_id, is_duplicate, is_hidden FROM articles WHERE id = ?")
        .bind(id.0)
        .fetch_one(&app.app.db.read)
        .await
        .expect("there")
}

async fn marks(app: &TestApp, id: ArticleId) -> (bool, bool, Option<Vote>) {
    let row = reading::load_article(&app.app, id).await.expect("there").row;
    (row.is_read, row.is_starred, row.vote)
}

#[tokio::test]
async fn articles_of_several_feeds_are_one_story_by_address_or_text() {
    let link = Some("news.example/a");
    for (case, first, second, is_one) in [
        ("the same text", ("One", TEXTS[0], None), ("Two", TEXTS[0], None), true),
        ("an edited text", ("One", TEXTS[0], None), ("Two", &*edited(0), None), true),
        ("another text", ("One", TEXTS[0], None), ("Two", TEXTS[1], None), false),
        ("the same title, another text", ("One", TEXTS[0], None), ("One", TEXTS[1], None), false),
        ("the same address", ("One", TEXTS[0], link), ("Two", "Comments", link), true),
        ("other addresses, no text", ("One", "Comments", link), ("One", "Comments", Some("news.example/b")), false),
    ] {
        let app = TestApp::start().await;
        let publisher = StoryPublisher::new(&app);
        let a = publisher.tell(1, first).await;
        let b = publisher.tell(2, second).await;
        let expected = if is_one { (Some(a.0), true, true) } else { (None, false, false) };
        assert_eq!(place(&app, b).await, expected, "{case}");
        assert_eq!(place(&app, a).await, (is_one.then_some(a.0), false, false), "{case}");
        app.finish().await;
    }
}

#[tokio::test]
async fn what_is_fetched_is_compared() {
    let (server, app) = (FeedServer::start().await, TestApp::start().await);
    for (path, text) in [("/a", TEXTS[0]), ("/b", &*edited(0)), ("/c", "Comments")] {
        server.on(path, FeedReply::feed(rss_document(path, &[("1", "One", text)])));
        subscriptions::subscribe(&app.app, &server.url(path), None).await.expect("subscribed");
    }
    assert_eq!(titles(&app, ArticleView::All, None).await, ["One"]);
    assert_eq!(titles(&app, ArticleView::All, Some("is:duplicate")).await, ["One", "One"]);
    app.finish().await;
}

#[tokio::test]
async fn what_belongs_together_by_feed_date_and_address_is_bounded() {
    let (text, link) = (TEXTS[0], Some("show.example/episodes"));
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let first = publisher.tell(1, ("One", text, None)).await;
    let same_feed = publisher.tell(1, ("Again", text, None)).await;
    assert_eq!(place(&app, same_feed).await, (None, false, false), "a feed does not repeat itself");
    let second = publisher.tell(2, ("Two", text, None)).await;
    assert_eq!(place(&app, second).await.0, place(&app, first).await.0.or(place(&app, same_feed).await.0));
    let third = publisher.tell_at(3, ("Old", text, None), -6 * 86_400).await;
    assert_eq!(place(&app, third).await.0, None, "more than five days lie between");
    // An address that two articles of a feed have says nothing.
    publisher.tell(4, ("Episode 1", "Bread", link)).await;
    publisher.tell(4, ("Episode 2", "Snow", link)).await;
    let episode = publisher.tell(5, ("Episode 2", "Snow", link)).await;
    assert_eq!(place(&app, episode).await.0, None, "the address of a show");
    app.finish().await;
}

#[tokio::test]
async fn lists_and_counters_hold_a_story_once_and_name_the_other_feeds() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let shown = publisher.tell(1, ("Shown", TEXTS[0], None)).await;
    let hidden = publisher.tell(2, ("Hidden", TEXTS[0], None)).await;
    publisher.tell(2, ("Other", TEXTS[1], None)).await;
    for view in [ArticleView::Unread, ArticleView::All] {
        assert_eq!(titles(&app, view, None).await, ["Other", "Shown"], "{view:?}");
    }
    for (search, found) in [
        ("is:duplicate", vec!["Hidden"]),
        ("-is:duplicate", vec!["Other", "Shown"]),
        ("is:duplicate OR title:other", vec!["Other"]),
        ("is:duplicate is:starred", vec![]),
    ] {
        assert_eq!(titles(&app, ArticleView::All, Some(search)).await, found, "{search}");
    }
    assert_eq!(titles(&app, ArticleView::Unread, Some("is:duplicate")).await, ["Hidden"]);
    let counts = app.get("/api/articles/counts").await.json();
    assert_eq!((&counts["unread"], &counts["all"], &counts["scoring"]), (&json!(2), &json!(2), &json!(2)));
    let row = app.get(&format!("/api/articles/{shown}")).await.json();
    let copy = &row["also_in"][0];
    assert_eq!(
        (&copy["id"], &copy["feed_title"], &copy["is_duplicate"]),
        (&json!(hidden.0), &json!("Feed 2"), &json!(true))
    );
    let inbox = app.get("/").await.body;
    let link = format!("<a href=\"/articles/{hidden}\" title=\"Hidden\" dir=\"auto\">Feed 2");
    assert!(inbox.contains("also in: ") && inbox.contains(&link), "{inbox}");
    let page = app.get(&format!("/articles/{hidden}")).await.body;
    assert!(page.contains("id=\"also-in\"") && page.contains(&format!("href=\"/articles/{shown}\"")), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn marks_of_one_article_are_those_of_the_story() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let mut ids = Vec::new();
    for feed in 1..=3 {
        ids.push(publisher.tell(feed, ("Told", TEXTS[0], None)).await);
    }
    let mut expected = (false, false, None);
    for (marked, change) in [
        (0, ArticleChange::mark_read(true)),
        (1, ArticleChange::set_starred(true)),
        (2, ArticleChange::set_vote(Some(Vote::Up))),
        (0, ArticleChange::set_vote(Some(Vote::Down))),
        (2, ArticleChange::mark_read(false)),
        (1, ArticleChange::set_vote(None)),
        (0, ArticleChange::set_starred(false)),
    ] {
        reading::update_article(&app.app, ids[marked], change).await.expect("changed");
        expected = (
            change.is_read.unwrap_or(expected.0),
            change.is_starred.unwrap_or(expected.1),
            change.vote.unwrap_or(expected.2),
        );
        for id in &ids {
            assert_eq!(marks(&app, *id).await, expected, "{change:?} of {marked}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_bulk_mark_counts_a_story_once_and_is_undone_for_all_of_it() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let a = publisher.tell(1, ("A", TEXTS[0], None)).await;
    let b = publisher.tell(2, ("B", TEXTS[0], None)).await;
    publisher.tell(2, ("C", TEXTS[1], None)).await;
    let marked = bulk_marks::mark_read(&app.app, MarkReadScope::All, None).await.expect("marked");
    assert_eq!(marked.marked_count, 2);
    assert_eq!((marks(&app, a).await.0, marks(&app, b).await.0), (true, true));
    // A copy that arrives later is read as its story is, and unread with it again.
    let late = publisher.tell(3, ("D", TEXTS[0], None)).await;
    assert!(marks(&app, late).await.0);
    assert_eq!(bulk_marks::undo_mark_read(&app.app, &marked.undo_token).await, Ok(2));
    for id in [a, b, late] {
        assert!(!marks(&app, id).await.0, "{id}");
    }
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["A", "C"]);
    app.finish().await;
}

#[tokio::test]
async fn a_story_is_scored_once_and_says_so() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let shown = publisher.tell(1, ("Shown", TEXTS[0], None)).await;
    let hidden = publisher.tell(2, ("Hidden", TEXTS[0], None)).await;
    let waiting = article_record(&app.app, hidden).await;
    assert_eq!((waiting.state.as_str(), waiting.next_step), ("unscored", None), "its place in the queue goes");
    publisher.score(shown, 8).await;
    let late = publisher.tell(3, ("Late", TEXTS[0], None)).await;
    let of_shown = article_record(&app.app, shown).await;
    for id in [hidden, late] {
        let found = article_record(&app.app, id).await;
        assert_eq!((found.state.as_str(), found.next_step, found.composite), ("scored", None, of_shown.composite));
        assert_eq!(found.categories, of_shown.categories);
        let detail = app.get(&format!("/api/articles/{id}")).await.json();
        assert_eq!(detail["scored_article"], json!(shown.0));
        assert_eq!((&detail["score"]["model"], &detail["runs"][1]["step"]), (&json!("m"), &json!("score")), "{detail}");
    }
    assert_eq!(app.get(&format!("/api/articles/{shown}")).await.json()["scored_article"], json!(null));
    let page = app.get(&format!("/articles/{hidden}")).await.body;
    assert!(page.contains("The story was scored once"), "{page}");
    // Scored anew, it passes the new score on.
    publisher.score_again(shown, 3).await;
    assert_eq!(article_record(&app.app, late).await.composite, article_record(&app.app, shown).await.composite);
    app.finish().await;
}

#[tokio::test]
async fn an_edit_takes_an_article_out_of_its_story_or_into_one() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let a = publisher.tell(1, ("A", TEXTS[0], None)).await;
    let b = publisher.tell(2, ("B", TEXTS[0], None)).await;
    publisher.score(a, 8).await;
    publisher.edit(2, b, ("B", &edited(0), None)).await;
    assert_eq!(place(&app, b).await, (Some(a.0), true, true), "it still tells the story");
    assert_eq!(article_record(&app.app, b).await.next_step, None);
    publisher.edit(2, b, ("B", TEXTS[1], None)).await;
    assert_eq!((place(&app, a).await, place(&app, b).await), ((None, false, false), (None, false, false)));
    let parted = article_record(&app.app, b).await;
    assert_eq!((parted.state.as_str(), parted.next_step.as_deref()), ("queued", Some("categorize")));
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["A", "B"]);
    publisher.edit(2, b, ("B", TEXTS[0], None)).await;
    assert_eq!(place(&app, b).await, (Some(a.0), true, true), "it tells the story again");
    // The one that stands for the story leaves it to the other.
    publisher.edit(1, a, ("A", TEXTS[2], None)).await;
    assert_eq!((place(&app, a).await, place(&app, b).await), ((None, false, false), (None, false, false)));
    app.finish().await;
}

#[tokio::test]
async fn without_the_feed_of_the_shown_article_the_best_of_the_others_is_shown() {
    for is_scored in [false, true] {
        let app = TestApp::start().await;
        let publisher = StoryPublisher::new(&app);
        let a = publisher.tell(1, ("A", TEXTS[0], None)).await;
        let b = publisher.tell(2, ("B", TEXTS[0], None)).await;
        let c = publisher.tell(3, ("C", TEXTS[0], None)).await;
        reading::update_article(&app.app, c, ArticleChange::set_starred(true)).await.expect("starred");
        if is_scored {
            publisher.score(a, 8).await;
        }
        subscriptions::unsubscribe(&app.app, publisher.feed(1).await).await.expect("removed");
        subscriptions::finish_removals(&app.app).await.expect("removed");
        assert_eq!(place(&app, b).await, (Some(a.0), false, false));
        assert_eq!(place(&app, c).await, (Some(a.0), true, true));
        let shown = article_record(&app.app, b).await;
        let expected = if is_scored { ("scored", None) } else { ("queued", Some("categorize")) };
        assert_eq!((shown.state.as_str(), shown.next_step.as_deref()), expected);
        assert_eq!(titles(&app, ArticleView::Starred, None).await, ["B"]);
        subscriptions::unsubscribe(&app.app, publisher.feed(2).await).await.expect("removed");
        subscriptions::finish_removals(&app.app).await.expect("removed");
        assert_eq!(place(&app, c).await, (None, false, false), "the last one is an article as any");
        assert_eq!(titles(&app, ArticleView::Unread, None).await, ["C"]);
        app.finish().await;
    }
}

#[tokio::test]
async fn the_best_scored_article_is_shown() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let a = publisher.tell(1, ("A", TEXTS[0], None)).await;
    let b = publisher.tell(2, ("B", TEXTS[1], None)).await;
    publisher.score(a, 4).await;
    publisher.score(b, 9).await;
    publisher.edit(2, b, ("B", TEXTS[0], None)).await;
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["B"]);
    assert!(place(&app, a).await.2);
    app.finish().await;
}

#[tokio::test]
async fn the_preference_shows_all_and_hides_them_again() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    let a = publisher.tell(1, ("A", TEXTS[0], None)).await;
    let b = publisher.tell(2, ("B", TEXTS[0], None)).await;
    for (hides, shown) in [(false, vec!["A", "B"]), (true, vec!["A"])] {
        let answer = app.json(Method::PUT, "/api/preferences", &json!({"hide_duplicates": hides})).await;
        assert_eq!(answer.json()["hide_duplicates"], json!(hides));
        stories::apply_preference(&app.app).await.expect("applied");
        assert_eq!(titles(&app, ArticleView::Unread, None).await, shown);
        assert_eq!(titles(&app, ArticleView::All, Some("is:duplicate")).await, ["B"]);
        let step = article_record(&app.app, b).await.next_step;
        assert_eq!(step.as_deref(), (!hides).then_some("categorize"), "what is shown is scored");
        if !hides {
            reading::update_article(&app.app, a, ArticleChange::mark_read(true)).await.expect("read");
            assert!(!marks(&app, b).await.0, "each has its own marks");
            let c = publisher.tell(3, ("C", TEXTS[0], None)).await;
            assert_eq!(place(&app, c).await, (Some(a.0), true, false), "known, and shown");
            subscriptions::unsubscribe(&app.app, publisher.feed(3).await).await.expect("removed");
            subscriptions::finish_removals(&app.app).await.expect("removed");
            reading::update_article(&app.app, a, ArticleChange::mark_read(false)).await.expect("unread");
        }
    }
    assert!(preferences::get(&app.app).await.expect("saved").hide_duplicates);
    let page = app.get("/settings").await.body;
    assert!(page.contains("name=\"hide_duplicates\""), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn an_article_whose_feed_is_never_scored_gets_the_score_of_another_one() {
    let app = TestApp::start().await;
    let publisher = StoryPublisher::new(&app);
    publisher.feed(1).await;
    let mut db = app.app.db.write().await.expect("a transaction");
    sqlx::raw_sql("UPDATE feeds SET never_score = 1, weight = 2").execute(&mut *db).await.expect("changed");
    db.commit().await.expect("committed");
    let a = publisher.tell(1, ("A", TEXTS[0], None)).await;
    let b = publisher.tell(2, ("B", TEXTS[0], None)).await;
    assert_eq!(place(&app, b).await, (Some(a.0), false, false), "it can be scored, so it stands for the story");
    publisher.score(b, 5).await;
    let (of_a, of_b) = (article_record(&app.app, a).await, article_record(&app.app, b).await);
    assert_eq!(of_a.composite, of_b.composite.map(|composite| composite + 2.0), "with the weight of its own feed");
    assert_eq!(titles(&app, ArticleView::Unread, None).await, ["A"], "the better score is shown");
    app.finish().await;
}
