//! The checklist of a first visit, and the starter packs that it leads to.

use crate::support::{
    articles::store_plain_articles, simulated_model::app_with, simulator::Simulator, test_app::TestApp,
};
use gleaner::{
    domain::first_run::FirstRunStep,
    server::{
        feed::starter_packs::STARTER_PACKS,
        services::{models, preferences, subscriptions},
        worker::scorer,
    },
};
use reqwest::Method;
use serde_json::{Value, json};

async fn get_page(app: &TestApp, path: &str) -> String {
    app.get(path).await.body.replace("<!>", "")
}

/// The steps that are done, as the API and the page say it; `None`: there is no checklist.
async fn done_steps(app: &TestApp) -> Option<Vec<String>> {
    let answer = app.get("/api/first-run").await.json();
    let page = get_page(app, "/?view=all").await;
    assert_eq!(page.contains("Getting started"), answer["checklist"].is_object(), "{answer}");
    let steps = answer["checklist"]["steps"].as_array()?;
    assert_eq!(steps.len(), FirstRunStep::ALL.len());
    let mut done = Vec::new();
    for step in steps {
        let (name, is_done) = (step["step"].as_str().expect("a name"), step["is_done"] == true);
        let state = page.split(&format!("id=\"first-run-{name}\"")).nth(1).expect("on the page");
        let state = state.split('>').nth(1).expect("a text");
        assert!(state.starts_with(if is_done { "✓ done" } else { "to do" }), "{name}: {state}");
        assert!(
            page.contains(&format!("href=\"{}\"", step["page"].as_str().expect("a page"))) || name == "feeds",
            "{name}"
        );
        done.extend(is_done.then(|| name.to_owned()));
    }
    assert!(page.contains(&format!("{} of 4 steps done", done.len())));
    Some(done)
}

#[tokio::test]
async fn each_step_says_whether_it_is_done_and_the_end_is_final() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    models::poll_now(&app.app).await;
    assert_eq!(done_steps(&app).await.expect("a checklist"), ["model"]);
    preferences::change(&app.app, |saved| saved.interests = "Looms".into()).await.expect("saved");
    assert_eq!(done_steps(&app).await.expect("a checklist"), ["model", "interests"]);
    store_plain_articles(&app.app, 2).await;
    assert_eq!(done_steps(&app).await.expect("a checklist"), ["model", "interests", "feeds"]);
    assert!(get_page(&app, "/").await.contains("2 articles wait for the model."));
    for other in ["/?view=starred", "/?feed=1", "/?q=looms"] {
        let page = get_page(&app, other).await;
        assert_eq!(page.contains("Getting started"), other.contains("view"), "{other}");
    }
    scorer::drain(&app.app).await;
    assert!(!get_page(&app, "/").await.contains("Getting started"), "every step is done");
    for feed in subscriptions::list_feeds(&app.app).await.expect("feeds") {
        subscriptions::unsubscribe(&app.app, feed.id).await.expect("removed");
    }
    assert_eq!(done_steps(&app).await, None, "never seen again");
    let page = get_page(&app, "/").await;
    assert!(page.contains("No feeds yet") && page.contains("/feeds#import"), "{page}");
}

#[tokio::test]
async fn it_is_put_away_by_a_form_and_by_the_api() {
    for by_form in [true, false] {
        let app = TestApp::start().await;
        assert_eq!(done_steps(&app).await.expect("a checklist"), Vec::<String>::new());
        if by_form {
            let answer = app.post_form("/fn/first-run/end", &[]).await;
            assert!(answer.header("location").contains("done=first-run-ended"), "{answer:?}");
        } else {
            assert_eq!(app.json(Method::DELETE, "/api/first-run", &json!({})).await.status, 204);
        }
        assert_eq!(done_steps(&app).await, None, "by form: {by_form}");
    }
    let app = TestApp::start().await;
    preferences::change(&app.app, |saved| saved.without_model = true).await.expect("saved");
    assert_eq!(done_steps(&app).await, None, "without a model");
}

#[tokio::test]
async fn the_model_step_says_where_ollama_is_and_what_it_has() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    models::poll_now(&app.app).await;
    let checklist = app.get("/api/first-run").await.json()["checklist"].clone();
    let installed: Vec<&str> =
        checklist["installed_models"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let page = get_page(&app, "/").await;
    let text = format!("Ollama answers at {}", checklist["ollama_address"].as_str().expect("an address"));
    assert!(page.contains(&text) && installed.iter().take(5).all(|name| page.contains(name)), "{text}: {page}");
    assert!(!page.contains("/fn/ollama/pull"), "the model is there");
    let other = TestApp::with(|config| {
        config.ollama.host = sim.url.parse().expect("an address");
        config.ollama.model = "absent:1b".into();
    })
    .await;
    models::poll_now(&other.app).await;
    let page = get_page(&other, "/").await;
    assert!(page.contains("Pull absent:1b") && page.contains("/fn/ollama/pull"), "{page}");

    let alone = TestApp::start().await;
    assert!(get_page(&alone, "/").await.contains("Gleaner looks for Ollama at http://127.0.0.1:9"));
    models::poll_now(&alone.app).await;
    let page = get_page(&alone, "/").await;
    assert!(page.contains("http://127.0.0.1:9 refuses the connection"), "{page}");
    assert_eq!(page.matches("http://127.0.0.1:9").count(), 1, "the address stands there once: {page}");
}

#[tokio::test]
async fn starter_packs_say_what_they_would_add_and_add_it_once() {
    let app = TestApp::start().await;
    let packs = app.get("/api/starter-packs").await.json();
    let packs = packs.as_array().expect("a list").clone();
    assert_eq!(packs.len(), STARTER_PACKS.len());
    let page = get_page(&app, "/feeds/new").await;
    for pack in &packs {
        let feeds = pack["feeds"].as_array().expect("feeds");
        assert!((5..=6).contains(&feeds.len()), "{pack}");
        for feed in feeds {
            let url = feed["url"].as_str().expect("an address");
            assert!(url.starts_with("https://") && feed["is_subscribed"] == false, "{feed}");
            assert!(page.contains(url), "{url}");
        }
        let name = pack["name"].as_str().expect("a name");
        assert!(page.contains(&format!("value=\"{name}\"")), "{name}");
    }
    let science = packs.iter().find(|pack| pack["name"] == "science").expect("science");
    let count = science["feeds"].as_array().expect("feeds").len();
    let answer = app.post_form("/fn/feeds/add-pack", &[("name", "science")]).await;
    let report = get_page(&app, answer.header("location").split('#').next().expect("a path")).await;
    assert!(report.contains(&format!("{count} new feeds imported")), "{report}");
    let feeds = subscriptions::list_feeds(&app.app).await.expect("feeds");
    assert!(feeds.len() == count && feeds.iter().all(|feed| feed.folder_id.is_some()), "in a folder");
    let again = app.post("/api/starter-packs/science", &json!({})).await.json();
    assert_eq!((&again["added"], &again["duplicates"]), (&json!(0), &json!(count)));
    let offers = app.get("/api/starter-packs").await.json();
    let known = offers.as_array().expect("a list").iter().find(|pack| pack["name"] == "science").expect("science");
    assert!(known["feeds"].as_array().expect("feeds").iter().all(|feed| feed["is_subscribed"] == true), "{known}");
    assert!(get_page(&app, "/feeds/new").await.contains("You have all of them"));
    assert_eq!(app.post("/api/starter-packs/nothing", &json!({})).await.status, 404);
}
