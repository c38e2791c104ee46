//! Votes: cast, shown, removed, kept through re-scores, deleted with the article, compared with scores.

use crate::support::simulator::Simulator;
use crate::support::{
    articles::{new_article, store_articles, store_plain_articles, test_feed_id},
    gleaner_binary::{gleaner_command, output_texts},
    simulated_model::{app_with, article_prompt, is_categorization, valid_answer},
    test_app::TestApp,
};
use gleaner::{
    domain::{ids::ArticleId, score::RescoreMode, scoring::RescoreScope, vote::Vote},
    server::{
        services::{reading, scoring, subscriptions},
        worker::scorer,
    },
};
use reqwest::Method;
use serde_json::{Value, json};

/// What is stored: the vote, and the composite and the model as they were.
async fn stored_vote(app: &TestApp, id: ArticleId) -> Option<(String, Option<f64>, Option<String>)> {
    sqlx::query_as("SELECT vote, composite, model FROM votes WHERE article_id = ?")
        .bind(id.0)
        .fetch_optional(&app.app.db.read)
        .await
        .expect("readable")
}

async fn vote_of(app: &TestApp, id: ArticleId) -> Option<Vote> {
    reading::load_article(&app.app, id).await.expect("there").row.vote
}

/// The opening tag of the first button with this name on a page.
fn button_tag<'a>(page: &'a str, name: &str) -> &'a str {
    let named = format!("name=\"{name}\"");
    page.split("<button").map(|b| b.split('>').next().unwrap_or_default()).find(|b| b.contains(&named)).unwrap_or("")
}

#[tokio::test]
async fn votes_are_cast_changed_and_removed_without_javascript() {
    let app = TestApp::start().await;
    let id = store_plain_articles(&app.app, 1).await[0];
    for path in ["/?view=all".to_owned(), format!("/articles/{id}")] {
        let page = app.get(&path).await.body;
        assert!(button_tag(&page, "up").contains("aria-pressed=\"false\""), "{path}: {}", button_tag(&page, "up"));
        assert!(!button_tag(&page, "down").is_empty() && button_tag(&page, "unvote").is_empty(), "{path}");
        for (name, expected) in
            [("up", Some(Vote::Up)), ("down", Some(Vote::Down)), ("down", Some(Vote::Down)), ("unvote", None)]
        {
            let answer = app.post_form("/fn/articles/mark", &[(name, &id.to_string())]).await;
            assert_eq!(answer.status, 302, "{}", answer.body);
            assert_eq!(answer.header("location"), format!("/#a{id}"));
            assert_eq!(vote_of(&app, id).await, expected, "{name}");
        }
        app.post_form("/fn/articles/mark", &[("up", &id.to_string())]).await;
        let page = app.get(&path).await.body;
        let pressed = button_tag(&page, "unvote");
        let named = page.split(pressed).nth(1).is_some_and(|rest| rest.starts_with("><span class=\"sr\">Vote up"));
        assert!(named, "pressed is said by its state, not its name: {pressed}");
        assert!(pressed.contains("data-vote=\"up\"") && pressed.contains("aria-pressed=\"true\""), "{path}: {pressed}");
        app.post_form("/fn/articles/mark", &[("unvote", &id.to_string())]).await;
    }
    let both = app.post_form("/fn/articles/mark", &[("up", "1"), ("down", "1")]).await;
    assert!(both.header("location").contains("outcome="), "one thing at a time");
    assert_eq!(vote_of(&app, id).await, None);
}

#[tokio::test]
async fn votes_by_the_api() {
    let app = TestApp::start().await;
    let id = store_plain_articles(&app.app, 1).await[0];
    let path = format!("/api/articles/{id}");
    for (body, expected) in [
        (json!({"vote": "up"}), json!("up")),
        (json!({"is_read": true}), json!("up")),
        (json!({"vote": "down", "is_starred": true}), json!("down")),
        (json!({"vote": null}), Value::Null),
    ] {
        let answer = app.json(Method::PATCH, &path, &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["vote"]), (200, &expected), "{body}");
        assert_eq!(app.get(&path).await.json()["vote"], expected);
        assert_eq!(app.get("/api/articles?view=all").await.json()["items"][0]["vote"], expected);
    }
    let article = app.get(&path).await.json();
    assert_eq!((&article["is_read"], &article["is_starred"]), (&json!(true), &json!(true)));
    let refused = app.json(Method::PATCH, &path, &json!({"vote": "maybe"})).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"]["message"].to_string().contains("vote")), (422, true));
    assert_eq!(app.json(Method::PATCH, "/api/articles/999", &json!({"vote": "up"})).await.status, 404);
}

#[tokio::test]
async fn a_vote_keeps_the_score_it_was_cast_on_and_goes_with_its_article() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let id = store_plain_articles(&app.app, 1).await[0];
    app.json(Method::PATCH, &format!("/api/articles/{id}"), &json!({"vote": "up"})).await;
    assert_eq!(stored_vote(&app, id).await, Some(("up".into(), None, None)), "nobody had scored it");

    sim.answer_with(valid_answer);
    scorer::drain(&app.app).await;
    app.json(Method::PATCH, &format!("/api/articles/{id}"), &json!({"vote": "up"})).await;
    assert_eq!(stored_vote(&app, id).await.and_then(|v| v.1), None, "the same vote again is the same vote");
    app.json(Method::PATCH, &format!("/api/articles/{id}"), &json!({"vote": "down"})).await;
    let composite = 8.0 * (0.5 + 6.0 / 20.0);
    let kept = stored_vote(&app, id).await.expect("stored");
    assert_eq!((kept.0.as_str(), kept.1), ("down", Some(composite)));
    assert!(kept.2.is_some(), "and whose score it was");

    sim.answer_with(
        |body| if is_categorization(body) { valid_answer(body) } else { valid_answer(body).replace("8", "1") },
    );
    scoring::rescore(&app.app, RescoreScope::Article(id), Some(RescoreMode::Full), false).await.expect("queued");
    scorer::drain(&app.app).await;
    let article = reading::load_article(&app.app, id).await.expect("there");
    assert_eq!((article.row.vote, article.row.score.and_then(|s| s.interest)), (Some(Vote::Down), Some(1)));
    assert_eq!(stored_vote(&app, id).await, Some(kept), "as it was, not as it is");

    subscriptions::unsubscribe(&app.app, test_feed_id(&app.app).await).await.expect("removed");
    assert_eq!(stored_vote(&app, id).await, None);
}

#[tokio::test]
async fn the_status_page_shows_how_far_votes_and_scores_agree() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let entries: Vec<_> = (0..6).map(|n| new_article(&format!("Points {n}"), "<p>Looms.</p>")).collect();
    let ids = store_articles(&app.app, &entries).await;
    assert!(!app.get("/status").await.body.contains("Your votes"), "nothing to show yet");
    assert_eq!(app.get("/api/scoring/agreement").await.json()["columns"], json!([]));
    sim.answer_with(|body| {
        let points = article_prompt(body).split("Points ").nth(1).and_then(|rest| rest.chars().next()).unwrap_or('0');
        if is_categorization(body) {
            return valid_answer(body);
        }
        json!({"evidence": [], "explanation": "x", "interest": 2 * points.to_digit(10).unwrap_or(0), "quality": 10})
            .to_string()
    });
    scorer::drain(&app.app).await;
    // Liked: 4, 8, 10; not liked: 0, 6. Of the six pairs, five are in order.
    for (n, word) in [(2, "up"), (4, "up"), (5, "up"), (0, "down"), (3, "down")] {
        app.json(Method::PATCH, &format!("/api/articles/{}", ids[n]), &json!({ "vote": word })).await;
    }
    let agreement = app.get("/api/scoring/agreement").await.json();
    assert_eq!((&agreement["up"], &agreement["down"]), (&json!(3), &json!(2)), "{agreement}");
    assert!((agreement["agreement"].as_f64().expect("a share") - 5.0 / 6.0).abs() < 1e-9, "{agreement}");
    assert_eq!(agreement["agreement"], agreement["agreement_when_cast"]);
    assert_eq!(agreement["columns"][10], json!({"from": 10, "up": 1, "down": 0}));

    let page = app.get("/status").await.body;
    assert!(page.contains("higher score in 83 %"), "the sentence");
    assert!(page.contains("<svg") && page.contains("role=\"img\""), "the plot");
    let table = page.split("<table").nth(1).and_then(|rest| rest.split("</table>").next()).expect("the table");
    assert_eq!(table.matches("<tr>").count(), 1 + 5, "a head, and a line for every score with votes");

    // Better scores later: the same votes agree more, and the page tells both.
    sim.answer_with(|body| {
        let liked = ["Points 2", "Points 4", "Points 5"].iter().any(|title| article_prompt(body).contains(title));
        if is_categorization(body) {
            return valid_answer(body);
        }
        json!({"evidence": [], "explanation": "x", "interest": if liked { 9 } else { 1 }, "quality": 10}).to_string()
    });
    scoring::rescore(&app.app, RescoreScope::Unread, Some(RescoreMode::ScoreOnly), false).await.expect("queued");
    scorer::drain(&app.app).await;
    let agreement = app.get("/api/scoring/agreement").await.json();
    assert_eq!(agreement["agreement"], json!(1.0));
    assert!(app.get("/status").await.body.contains("at the time of your votes it was 83 %"));
}

#[tokio::test]
async fn the_command_line_votes() {
    let app = TestApp::start().await;
    let id = store_plain_articles(&app.app, 2).await[1].to_string();
    let data = app.finish().await;
    let run = |args: &[&str]| {
        let mut command = gleaner_command(data.path());
        let output = command.arg("--data-dir").arg(data.path()).arg("articles").args(args).output().expect("it runs");
        (output.status.code(), output_texts(&output).0.trim().to_owned())
    };
    assert_eq!(run(&["vote", "up", &id]), (Some(0), "1 article voted up.".into()));
    assert!(run(&["show", &id]).1.contains("You voted up."));
    assert!(run(&["vote", "down", "1", &id, "--json"]).1.contains("\"vote\": \"down\""));
    assert_eq!(run(&["vote", "none", &id]), (Some(0), "1 article without a vote.".into()));
    assert!(!run(&["show", &id]).1.contains("You voted"));
    assert_eq!(run(&["vote", "sideways", &id]).0, Some(2));
}
