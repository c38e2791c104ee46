//! From the queue to a score, with a simulated Ollama over real HTTP.

use crate::support::simulator::{Endpoint, ModelSpec, Simulator, SimulatorSettings};
use crate::support::{
    articles::{
        article_record, article_records, invariant_violations, new_article, store_articles, store_plain_articles,
    },
    simulated_model::{app_with, app_with_concurrency, article_prompt, is_categorization, valid_answer},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        score::RescoreMode,
        scoring::{RescoreScope, ScoringPhase},
    },
    server::{
        services::{categories, category_suggestions, models, preferences, scoring},
        worker::scorer,
    },
};
use serde_json::{Value, json};

#[tokio::test]
async fn two_hundred_articles_are_categorized_scored_and_ranked() {
    let sim = Simulator::start_with(SimulatorSettings { parallel: 4, ..SimulatorSettings::default() })
        .await
        .expect("a simulator");
    let app = app_with_concurrency(&sim, 4).await;
    store_plain_articles(&app.app, 200).await;
    scorer::drain(&app.app).await;
    let looks = article_records(&app.app).await;
    assert_eq!(looks.iter().filter(|l| l.state == "scored").count(), 200);
    assert!(looks.iter().all(|l| !l.categories.is_empty() && l.composite.is_some()));
    assert_eq!(invariant_violations(&looks), Vec::<String>::new());
    assert_eq!(sim.requests_of(Endpoint::Chat).len(), 400, "each step once");
    assert_eq!(sim.loads(), 1, "the same runner options on every call");
    let status = scoring::load_status(&app.app).await.expect("a status");
    assert_eq!((status.counts.scored, status.phase), (200, ScoringPhase::Idle));
}

#[tokio::test]
async fn requests_suit_the_cache_and_the_grammar() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 40).await;
    scorer::drain(&app.app).await;
    let requests = sim.requests_of(Endpoint::Chat);
    let steps: Vec<bool> = requests.iter().map(|r| is_categorization(&r.body)).collect();
    assert!(steps.windows(2).filter(|w| w[0] != w[1]).count() <= 5, "steps run in rows, not in turns");
    for step in [true, false] {
        let of_step: Vec<_> = requests.iter().filter(|r| is_categorization(&r.body) == step).collect();
        for request in &of_step {
            let body = &request.body;
            assert_eq!(body["messages"][0], of_step[0].body["messages"][0], "byte for byte the same instructions");
            assert_eq!(body["format"], of_step[0].body["format"]);
            assert_eq!(
                (&body["stream"], &body["truncate"], &body["think"]),
                (&json!(true), &json!(false), &json!(false))
            );
            assert_eq!(body["options"], of_step[0].body["options"]);
            assert_eq!(body["options"]["temperature"], 0.0);
        }
        let fences: std::collections::BTreeSet<&str> =
            of_step.iter().filter_map(|r| article_prompt(&r.body).lines().next()).collect();
        assert_eq!(fences.len(), of_step.len(), "every request has a fence of its own");
    }
    let shown = scoring::preview_prompts(&app.app).await.expect("prompts");
    let sent = requests[0].body["messages"][0]["content"].as_str().expect("text");
    assert!(shown.categorization_prompt.contains(sent), "the prompt on display is the one sent");
}

#[tokio::test]
async fn two_models_finish_one_step_before_the_other() {
    let settings = SimulatorSettings {
        models: vec![ModelSpec::recommended("qwen3:8b"), ModelSpec::recommended("gemma3:4b")],
        ..SimulatorSettings::default()
    };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let app = app_with(&sim).await;
    models::poll_now(&app.app).await;
    let choice = models::ModelChoice {
        categorization_model: Some("gemma3:4b".into()),
        scoring_model: Some("qwen3:8b".into()),
        use_separate_models: Some(true),
        ..models::ModelChoice::default()
    };
    models::save_choice(&app.app, choice).await.expect("saved");
    store_plain_articles(&app.app, 60).await;
    scorer::drain(&app.app).await;
    let models: Vec<String> = sim
        .requests_of(Endpoint::Chat)
        .iter()
        .map(|r| r.body["model"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(models.windows(2).filter(|w| w[0] != w[1]).count(), 1, "one change of model");
    assert_eq!(models.len(), 120);
}

#[tokio::test]
async fn a_model_that_always_thinks_gets_the_lowest_level() {
    let settings = SimulatorSettings {
        models: vec![ModelSpec::recommended("gpt-oss:20b").with_capabilities(&["completion", "thinking"])],
        ..SimulatorSettings::default()
    };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let url = sim.url.parse().expect("an address");
    let app = TestApp::with(|config| {
        config.ollama.host = url;
        config.ollama.model = "gpt-oss:20b".into();
    })
    .await;
    let id = store_plain_articles(&app.app, 1).await[0];
    scorer::drain(&app.app).await;
    assert_eq!(article_record(&app.app, id).await.state, "scored");
    assert!(sim.requests_of(Endpoint::Chat).iter().all(|r| r.body["think"] == "low"));
    let runs = app.get(&format!("/api/articles/{id}")).await.json()["runs"].clone();
    assert_eq!(runs[1]["options"]["think"], "low", "the record says what was sent");
}

/// Every hostile answer touches only its own article.
#[tokio::test]
async fn hostile_answers_touch_only_their_own_article() {
    let first = |categories: Value, new: Value| json!({"categories": categories, "new_categories": new}).to_string();
    let score =
        |interest: Value| json!({"evidence": [], "explanation": "x", "interest": interest, "quality": 5}).to_string();
    let new = |name: &str, parent: &str| json!({"name": name, "parent": parent});
    // Title, answer of the first step or of the second, state it ends in.
    let table: Vec<(&str, Option<String>, Option<String>, &str)> = vec![
        (
            "two names with one identity",
            Some(first(json!(["AI", "ai"]), json!([new("Hand Looms", "Culture"), new("hand-looms", "Culture")]))),
            None,
            "scored",
        ),
        ("unknown id", Some(first(json!(["4711"]), json!([]))), None, "scored"),
        ("one unknown name", Some(first(json!(["Law", "4711"]), json!([]))), None, "scored"),
        ("more properties", Some(r#"{"categories":["AI"],"mood":"calm"}"#.into()), None, "scored"),
        ("unknown parent", Some(first(json!(["AI"]), json!([new("Looms", "Unknown")]))), None, "scored"),
        ("wrong types", Some(first(json!({"AI": true}), json!("none"))), None, "failed"),
        ("too many", Some(first(json!(["AI", "Law", "Film", "Music", "Space"]), json!([]))), None, "scored"),
        ("markup as a name", Some(first(json!(["AI"]), json!([new("<script>", "Culture")]))), None, "scored"),
        ("a draft", None, Some(format!("<think>{}</think>{}", score(json!(1)), score(json!(8)))), "scored"),
        ("no category", Some(first(json!([]), json!([]))), None, "scored"),
        ("empty", Some(String::new()), None, "failed"),
        ("fenced", Some(format!("Here you are:\n```json\n{}\n```", first(json!(["AI"]), json!([])))), None, "scored"),
        ("cut off JSON", Some(r#"{"categories":["AI"],"new_"#.into()), None, "failed"),
        ("two megabytes of blanks", Some(" ".repeat(2_000_000)), None, "failed"),
        ("150 of 10", None, Some(score(json!(150))), "failed"),
        ("minus one", None, Some(score(json!(-1))), "failed"),
        ("half points", None, Some(score(json!(7.5))), "scored"),
        ("points as text", None, Some(score(json!("10"))), "scored"),
        ("points as a word", None, Some(score(json!("ten"))), "failed"),
        ("no points", None, Some(r#"{"evidence":[],"explanation":"x"}"#.into()), "failed"),
        ("prose", None, Some("I give it a 9 out of 10, or 429.".into()), "failed"),
        ("zero is a score", None, Some(score(json!(0))), "scored"),
    ];
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let mut entries: Vec<_> = table.iter().map(|(title, ..)| new_article(title, "<p>Words.</p>")).collect();
    entries.extend((0..table.len()).map(|n| new_article(&format!("bystander {n}"), "<p>Words.</p>")));
    store_articles(&app.app, &entries).await;
    let answers = table.clone().into_iter().map(|(t, a, b, _)| (format!("Title: {t}\n"), a, b)).collect::<Vec<_>>();
    sim.answer_with(move |body| {
        let article = article_prompt(body);
        let hostile = answers.iter().find(|(title, ..)| article.contains(title.as_str()));
        let answer = hostile.and_then(|(_, a, b)| if is_categorization(body) { a.clone() } else { b.clone() });
        answer.unwrap_or_else(|| valid_answer(body))
    });
    scorer::drain(&app.app).await;
    let looks = article_records(&app.app).await;
    assert_eq!(invariant_violations(&looks), Vec::<String>::new());
    for (title, _, _, state) in &table {
        let look = looks.iter().find(|l| l.title == *title).expect("stored");
        assert_eq!(look.state, *state, "{look:?}");
        assert_eq!(look.last_error.is_some(), *state == "failed", "{look:?}");
    }
    for (title, categories) in
        [("unknown id", ""), ("one unknown name", "Law"), ("too many", "AI, Law, Film"), ("no category", "")]
    {
        let look = looks.iter().find(|l| l.title == title).expect("stored");
        assert_eq!(look.categories, categories, "{look:?}");
    }
    assert!(looks.iter().filter(|l| l.title.starts_with("bystander")).all(|l| l.state == "scored" && l.attempts == 0));
    let zero = looks.iter().find(|l| l.title == "zero is a score").expect("stored");
    assert_eq!((zero.composite, zero.interest), (Some(0.0), Some(0)), "an honest 0 is a score, not a block");
    let draft = looks.iter().find(|l| l.title == "a draft").expect("stored");
    assert_eq!(draft.interest, Some(8), "what stands within the thinking is no answer");
    let suggestions = category_suggestions::list(&app.app).await.expect("listed");
    assert_eq!(suggestions.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["Hand Looms"]);
    assert_eq!(categories::list(&app.app).await.expect("listed").len(), 22, "a suggestion is no category");
}

#[tokio::test]
async fn a_rescore_keeps_the_old_score_until_the_new_one_is_there() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let ids = store_plain_articles(&app.app, 3).await;
    sim.answer_with(valid_answer);
    scorer::drain(&app.app).await;
    for mode in [RescoreMode::Full, RescoreMode::ScoreOnly] {
        let before = article_records(&app.app).await;
        let asked = sim.requests_of(Endpoint::Chat).len();
        let report = scoring::rescore(&app.app, RescoreScope::Unread, Some(mode), false).await.expect("queued");
        assert_eq!((report.rescore_queued, report.rescore_mode), (3, mode));
        for (old, new) in before.iter().zip(article_records(&app.app).await) {
            assert_eq!((new.state.as_str(), new.composite, new.scoring_priority), ("queued", old.composite, 1));
            assert_eq!(new.rescore_mode.as_deref(), Some(mode.as_str()));
        }
        scorer::drain(&app.app).await;
        let calls = sim.requests_of(Endpoint::Chat).len() - asked;
        assert_eq!(calls, if mode == RescoreMode::Full { 6 } else { 3 });
        let after = article_record(&app.app, ids[0]).await;
        assert_eq!((after.state.as_str(), after.scoring_priority, after.rescore_mode), ("scored", 0, None));
    }
}

#[tokio::test]
async fn changes_of_settings_are_compared_with_the_last_evaluation() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 2).await;
    sim.answer_with(valid_answer);
    scorer::drain(&app.app).await;
    assert_eq!(scoring::preview_rescore(&app.app).await.expect("a preview").recommended_mode, None);

    let worth = preferences::change(&app.app, |saved| saved.interests = "looms".into()).await.expect("saved");
    assert_eq!(worth, 2);
    let preview = scoring::preview_rescore(&app.app).await.expect("a preview");
    assert_eq!((preview.recommended_mode, preview.report.rescore_queued), (Some(RescoreMode::ScoreOnly), 2));
    assert!(preview.report.estimate_seconds.is_some());

    let choice =
        models::ModelChoice { categorization_model: Some("gemma3:4b".into()), ..models::ModelChoice::default() };
    sim.install(ModelSpec::recommended("gemma3:4b"));
    models::poll_now(&app.app).await;
    models::save_choice(&app.app, choice).await.expect("saved");
    let due = scoring::preview_rescore(&app.app).await.expect("a preview").recommended_mode;
    assert_eq!(due, Some(RescoreMode::Full), "the first step depends on the model");
    scoring::rescore(&app.app, RescoreScope::Unread, None, false).await.expect("queued");
    assert_eq!(scoring::preview_rescore(&app.app).await.expect("a preview").recommended_mode, None);
    let again = scoring::rescore(&app.app, RescoreScope::Unread, None, false).await.expect("queued");
    assert_eq!(again.rescore_queued, 2, "it always queues when asked");
}

#[tokio::test]
async fn a_pause_survives_a_restart() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    store_plain_articles(&app.app, 3).await;
    assert_eq!(scoring::set_paused(&app.app, true).await.expect("paused").phase, ScoringPhase::Paused);
    scorer::drain(&app.app).await;
    assert!(sim.requests_of(Endpoint::Chat).is_empty());
    let data = app.finish().await;
    let url = sim.url.parse().expect("an address");
    let app = TestApp::on(data, |config| config.ollama.host = url).await;
    scorer::drain(&app.app).await;
    assert!(sim.requests_of(Endpoint::Chat).is_empty(), "still paused");
    scoring::set_paused(&app.app, false).await.expect("resumed");
    scorer::drain(&app.app).await;
    assert!(article_records(&app.app).await.iter().all(|l| l.state == "scored"));
}

#[tokio::test]
async fn only_quotes_from_the_article_are_stored() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let id = store_articles(&app.app, &[new_article("Looms", "<p>The <b>old loom</b> is slower.</p>")]).await[0];
    sim.answer_with(|body| {
        if is_categorization(body) {
            return valid_answer(body);
        }
        json!({"evidence": ["the old loom is slower", "the new loom is free"], "explanation": "x", "interest": 1, "quality": 1})
            .to_string()
    });
    scorer::drain(&app.app).await;
    let quotes = gleaner::server::storage::scores::load_evidence(&app.app.db.read, id).await.expect("read");
    assert_eq!(quotes, ["the old loom is slower"]);
}
