//! The model that serves a task, and the check of Ollama's version, are the same for the scorer, the pages, the API, the commands and
//! the doctor.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator};
use crate::support::{gleaner_binary, test_app::TestApp};
use gleaner::{
    domain::{
        diagnostics::{DiagnosticCheck, DiagnosticOutcome},
        model::ModelFallbackPolicy,
        registry::ModelRole,
    },
    server::services::{doctor, models, registry},
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

async fn app_with(sim: &Simulator, fallback: ModelFallbackPolicy) -> TestApp {
    let host = sim.url.parse().expect("a URL");
    TestApp::with(|config| (config.ollama.host, config.ollama.fallback) = (host, fallback)).await
}

async fn put_config(test: &TestApp, body: Value) -> (u16, Value) {
    let answer = test.json(Method::PUT, "/api/ollama/config", &body).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn no_new_model_is_chosen_while_ollama_is_away() {
    let mut sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    let test = app_with(&sim, ModelFallbackPolicy::Off).await;
    models::poll_now(&test.app).await;
    sim.shut_down().await;
    test.clock.advance(std::time::Duration::from_secs(60));
    for name in ["never-heard:1b", "gemma3:4b"] {
        let (status, refused) = put_config(&test, json!({ "scoring_model": name, "use_separate_models": true })).await;
        assert_eq!((status, &refused["error"]["kind"]), (503, &json!("unavailable")), "{name}: {refused}");
        assert!(refused["error"]["message"].as_str().expect("words").contains(name), "{refused}");
    }
    let kept = json!({ "scoring_model": "qwen3:8b", "categorization_model": "qwen3:8b", "options": {"num_ctx": 4096} });
    let (status, saved) = put_config(&test, kept).await;
    assert_eq!(
        (status, &saved["scoring_model"], &saved["options"]["num_ctx"]),
        (200, &json!("qwen3:8b"), &json!(4096))
    );
    test.finish().await;
}

#[tokio::test]
async fn a_missing_model_is_replaced_as_the_setting_says() {
    for (policy, serving, rest) in [
        (ModelFallbackPolicy::Off, "qwen3:8b", Vec::new()),
        (ModelFallbackPolicy::Role, "gemma3:4b", vec!["categorization", "scoring"]),
        (ModelFallbackPolicy::Smallest, "qwen3:1.7b", vec!["categorization", "scoring"]),
    ] {
        let sim = Simulator::start().await.expect("a simulator");
        for model in ["gemma3:4b", "qwen3:1.7b"] {
            sim.install(ModelSpec::recommended(model));
        }
        let test = app_with(&sim, policy).await;
        models::poll_now(&test.app).await;
        let (status, _) =
            put_config(&test, json!({ "categorization_model": "qwen3:8b", "scoring_model": "qwen3:8b" })).await;
        assert_eq!(status, 200);
        let both = [ModelRole::Categorization, ModelRole::Scoring];
        registry::set_roles(&test.app, "gemma3:4b", &both, false).await.expect("known");
        let forced = test.send(test.request(Method::DELETE, "/api/ollama/models/qwen3:8b?force=true")).await.json();
        let waits: Vec<_> =
            forced["fell_back"].as_array().expect("a list").iter().map(|fallen| &fallen["model"]).collect();
        assert!(waits.contains(&&json!(serving)), "{policy:?}: {forced}");

        let config = models::load_config(&test.app).await.expect("a configuration");
        assert_eq!(config.scoring_model.as_str(), serving, "{policy:?}");
        let replaced: Vec<_> = config.fallbacks.iter().map(|fallback| fallback.task.as_str()).collect();
        assert_eq!((replaced, config.chosen_scoring_model().as_str()), (rest, "qwen3:8b"), "{policy:?}");
        let selected = registry::select_variant(&test.app, ModelRole::Scoring, None).await;
        let listed = test.get("/api/models").await.json();
        let listed = listed["models"].as_array().expect("a list");
        let scorer = listed.iter().find(|model| model["roles"].to_string().contains("scoring")).expect("one scores");
        assert_eq!(scorer["name"], serving, "{policy:?}");
        assert!(listed.iter().any(|model| model["name"] == "qwen3:8b" && model["state"] == "missing"), "{listed:?}");
        let checkup = doctor::run_checks(&test.app, None, |_| {}).await;
        let found = checkup.results.iter().find(|found| found.topic == DiagnosticCheck::Models).expect("checked");
        let page = test.get("/settings/ollama").await.body;
        if policy == ModelFallbackPolicy::Off {
            assert!(selected.is_err_and(|error| error.message.contains("qwen3:8b")));
            assert_eq!(found.outcome, DiagnosticOutcome::Fail, "{found:?}");
            assert!(!page.contains("in place of"));
        } else {
            let selected = selected.expect("one serves");
            assert_eq!(selected.served_model_id, serving);
            assert!(selected.why.contains("in place of qwen3:8b"), "{}", selected.why);
            assert_eq!(found.outcome, DiagnosticOutcome::Warn, "{found:?}");
            assert!(found.message.contains(serving) && page.contains("in place of qwen3:8b"), "{found:?}");
        }
        sim.install(ModelSpec::recommended("qwen3:8b"));
        models::poll_now(&test.app).await;
        let back = models::load_config(&test.app).await.expect("a configuration");
        assert_eq!((back.scoring_model.as_str(), back.fallbacks), ("qwen3:8b", Vec::new()), "the choice was kept");
        test.finish().await;
    }
}

#[tokio::test]
async fn an_ollama_that_is_too_old_is_reported_everywhere_in_the_same_words() {
    let sim = Simulator::start().await.expect("a simulator");
    let reply = |version: &str| ScriptedReply::Raw {
        status: 200,
        content_type: "application/json".into(),
        body: json!({ "version": version }).to_string(),
        retry_after: None,
    };
    let test = app_with(&sim, ModelFallbackPolicy::Off).await;
    let sentence = "Ollama 0.4.7 is too old: structured outputs need 0.5 or later.";
    sim.always(Endpoint::Version, reply("0.4.7"));
    models::poll_now(&test.app).await;
    let health = test.get("/api/ollama/health").await.json();
    assert_eq!((&health["connected"], &health["problem"]["kind"]), (&json!(true), &json!("too_old")), "{health}");
    assert_eq!(health["problem"]["message"], sentence);
    let listed = test.get("/api/models").await.json();
    let model = &listed["models"][0];
    assert_eq!(
        (&model["state"], &model["reason"], &model["message"]),
        (&json!("failed"), &json!("too_old"), &json!(sentence))
    );
    let page = test.get("/settings/ollama").await.body;
    assert!(page.contains(sentence) && page.contains("! connected, model not ready"));
    let queue = models::queue_readiness(&test.app).await.expect("known");
    assert!(!queue.ready && queue.message.is_some_and(|message| message.starts_with(sentence)));
    let checkup = doctor::run_checks(&test.app, None, |_| {}).await;
    let of = |topic| checkup.results.iter().find(|found| found.topic == topic).expect("checked");
    assert_eq!(of(DiagnosticCheck::Ollama).outcome, DiagnosticOutcome::Ok);
    assert_eq!(
        (of(DiagnosticCheck::Version).outcome, of(DiagnosticCheck::Version).message.as_str()),
        (DiagnosticOutcome::Fail, sentence)
    );

    sim.always(Endpoint::Version, reply("0.5.0"));
    models::poll_now(&test.app).await;
    assert!(models::queue_readiness(&test.app).await.expect("known").ready);
    test.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_chooses_for_one_task() {
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    let home = TempDir::new().expect("a folder");
    let (folder, host) = (home.path().to_owned(), sim.url.clone());
    let used = tokio::task::spawn_blocking(move || {
        [
            vec!["gemma3:4b", "--for", "scoring"],
            vec!["gemma3:4b", "--for", "categorization"],
            vec!["nosuch", "--for", "scoring"],
        ]
        .map(|args| {
            let before = ["--data-dir", "data", "--ollama-host", &host, "models", "use"];
            let output = gleaner_binary::run_gleaner(&folder, &[&before[..], &args[..], &["--json"]].concat());
            let (said, complained) = gleaner_binary::output_texts(&output);
            (output.status.code(), said, complained)
        })
    });
    let [first, second, third] = used.await.expect("they ran");
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(
        json(&first.1),
        json!({"categorization_model": "qwen3:8b", "scoring_model": "gemma3:4b"}),
        "{}",
        first.2
    );
    assert_eq!(
        json(&second.1),
        json!({"categorization_model": "gemma3:4b", "scoring_model": "gemma3:4b"}),
        "{}",
        second.2
    );
    assert_eq!(third.0, Some(1), "{}", third.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_commands_do_not_change_the_registry() {
    let sim = Simulator::start().await.expect("a simulator");
    let home = TempDir::new().expect("a folder");
    let run = |args: &'static [&'static str]| {
        let (folder, host) = (home.path().to_owned(), sim.url.clone());
        tokio::task::spawn_blocking(move || {
            let before = ["--data-dir", "data", "--ollama-host", &host, "models"];
            let output = gleaner_binary::run_gleaner(&folder, &[&before[..], args].concat());
            let (said, complained) = gleaner_binary::output_texts(&output);
            (output.status.code(), said, complained)
        })
    };
    let used = run(&["use", "qwen3:8b"]).await.expect("it ran");
    assert_eq!(used.0, Some(0), "{}", used.2);
    sim.install(ModelSpec::recommended("gemma3:4b"));
    let looked = run(&["ps"]).await.expect("it ran");
    assert_eq!((looked.0, looked.2.as_str()), (Some(0), ""), "no complaint about a registry that cannot be written");
    let listed = run(&["list"]).await.expect("it ran");
    assert!(listed.1.contains("qwen3-8b") && !listed.1.contains("gemma3-4b"), "{}", listed.1);
}
