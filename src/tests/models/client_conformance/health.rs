//! Cases 1–14: health and lists of models.

use super::{client, json_reply, raw_reply};
use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{simulated_model::app_with, test_app::TestApp};
use gleaner::{
    domain::{
        model::{HealthProblemKind, InstalledModelRow},
        model_name::ModelName,
        readiness::ModelState,
    },
    server::services::{chat, models},
};
use std::time::{Duration, Instant};

async fn simulator_and_app() -> (Simulator, TestApp) {
    let sim = Simulator::start().await.expect("a simulator");
    let test = app_with(&sim).await;
    (sim, test)
}

/// The kind and the message of the problem for an answer to `/api/version`.
async fn health_problem(act: ScriptedReply) -> (HealthProblemKind, String) {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Version, act);
    let problem = models::poll_now(&test.app).await.problem.expect("a problem");
    (problem.kind, format!("{} {}", problem.message, problem.hint))
}

/// The list of models for these answers.
async fn installed_models(tags: &str, ps: Option<&str>) -> Vec<InstalledModelRow> {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Tags, json_reply(tags));
    if let Some(ps) = ps {
        sim.script(Endpoint::Ps, json_reply(ps));
    }
    models::poll_now(&test.app).await;
    models::list_installed(&test.app).await.expect("a list")
}

#[tokio::test]
async fn case_01_a_closed_port_is_unreachable_within_three_seconds() {
    let test = TestApp::start().await;
    let began = Instant::now();
    let health = models::poll_now(&test.app).await;
    assert_eq!(health.problem.map(|p| p.kind), Some(HealthProblemKind::Refused));
    assert!(began.elapsed() < Duration::from_secs(3));
    models::poll_now(&test.app).await;
    assert_eq!(test.app.models.snapshot().failed_polls, 2, "the backoff of the poller counts them");
}

#[tokio::test]
async fn case_02_odd_versions_are_accepted() {
    for version in ["0.0.0", "0.33.0-rc2", "banana"] {
        let sim = Simulator::start_with(SimulatorSettings { version: version.into(), ..SimulatorSettings::default() })
            .await
            .expect("a simulator");
        let test = app_with(&sim).await;
        let health = models::poll_now(&test.app).await;
        assert_eq!((health.connected, health.version.as_deref()), (true, Some(version)));
        assert_eq!(models::list_installed(&test.app).await.expect("a list").len(), 1);
    }
}

#[tokio::test]
async fn case_03_another_program_is_called_so() {
    for act in [raw_reply(200, "text/html", "<h1>My printer</h1>"), raw_reply(404, "text/plain", "404 page not found")]
    {
        let (kind, words) = health_problem(act).await;
        assert!(kind == HealthProblemKind::NotOllama && words.contains("not Ollama"), "{words}");
    }
}

#[tokio::test]
async fn case_04_an_empty_403_is_about_host_and_origin() {
    let (kind, words) = health_problem(raw_reply(403, "", "")).await;
    assert!(
        kind == HealthProblemKind::ForbiddenHost && words.contains("OLLAMA_HOST") && !words.contains("OLLAMA_ORIGINS")
    );
}

#[tokio::test]
async fn case_05_a_401_in_html_asks_for_credentials_and_shows_no_parser_error() {
    let (kind, words) = health_problem(raw_reply(401, "text/html", "<h1>Login</h1>")).await;
    assert!(kind == HealthProblemKind::Auth && words.contains("authentication"), "{words}");
    assert!(!words.contains("JSON") && !words.contains("expected") && !words.contains('<'), "{words}");
}

#[tokio::test]
async fn case_06_no_models_in_three_spellings() {
    for tags in [r#"{"models":[]}"#, r#"{"models":null}"#, "{}"] {
        assert!(installed_models(tags, None).await.is_empty(), "{tags}");
    }
}

#[tokio::test]
async fn case_07_a_row_with_little_in_it_is_read() {
    let all = installed_models(
        r#"{"models":[{"name":"a:latest","size":7,"details":{"families":null,"parameter_size":""}}]}"#,
        None,
    )
    .await;
    let row = &all[0];
    assert_eq!((row.name.as_str(), row.size, &row.parameter_size, row.context_length), ("a:latest", 7, &None, None));
    assert!(row.capabilities.is_empty() && row.can_chat() && !row.is_cloud);
}

#[tokio::test]
async fn case_08_unknown_fields_and_abilities_are_taken() {
    let tags =
        r#"{"models":[{"name":"a:latest","new":{"x":[1]},"capabilities":["completion","levitation"]}],"more":true}"#;
    assert_eq!(installed_models(tags, None).await[0].capabilities, ["completion", "levitation"]);
}

#[tokio::test]
async fn case_09_latest_is_understood_and_case_ignored() {
    assert_eq!(ModelName::from("Llama3.2"), "llama3.2:latest".into());
    let sim = Simulator::start().await.expect("a simulator");
    sim.install(ModelSpec::new("llama3.2", 1_000));
    let host = sim.url.parse::<reqwest::Url>().expect("a URL");
    let test = TestApp::with(|config| {
        config.ollama.host = host;
        config.ollama.model = "Llama3.2".into();
    })
    .await;
    models::poll_now(&test.app).await;
    let all = models::list_installed(&test.app).await.expect("a list");
    let used: Vec<&str> = all.iter().filter(|m| !m.used_for.is_empty()).map(|m| m.name.as_str()).collect();
    assert_eq!(used, ["llama3.2:latest"]);
}

#[tokio::test]
async fn case_10_a_copy_counts_as_loaded_by_its_digest() {
    let tags = r#"{"models":[{"name":"MyCorp/Tiny:Q4","digest":"abc"},{"name":"other:latest","digest":"def"}]}"#;
    let all = installed_models(tags, Some(r#"{"models":[{"name":"tiny:latest","digest":"abc"}]}"#)).await;
    assert_eq!(all.iter().map(|m| m.is_loaded).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn case_11_times_for_ever_and_past_do_not_overflow() {
    let tags = r#"{"models":[{"name":"a:latest"},{"name":"b:latest"}]}"#;
    let ps = r#"{"models":[{"name":"a:latest","expires_at":"2319-03-05T09:16:08.860547459Z"},
                           {"name":"b:latest","expires_at":"2020-01-01T00:00:00+02:00"}]}"#;
    let all = installed_models(tags, Some(ps)).await;
    let years: Vec<String> = all.iter().map(|m| m.expires_at.expect("a time").to_string()[..4].to_owned()).collect();
    // "forever" and "busy" in words: `server::cli::models::ps`.
    assert_eq!(years, ["2319", "2019"]);
}

#[tokio::test]
async fn case_12_where_a_model_computes_is_read_as_it_is_told() {
    let tags = r#"{"models":[{"name":"a:latest"}]}"#;
    for (size, vram, known) in
        [(10, Some(0), Some(0)), (10, Some(10), Some(10)), (10, Some(4), Some(4)), (10, None, None)]
    {
        let vram = vram.map_or("null".to_owned(), |v: i64| v.to_string());
        let ps = format!(r#"{{"models":[{{"name":"a:latest","size":{size},"size_vram":{vram}}}]}}"#);
        assert_eq!(installed_models(tags, Some(&ps)).await[0].size_vram, known, "{ps}");
    }
}

#[tokio::test]
async fn case_13_embedding_models_are_not_offered_and_cloud_ones_are_labeled() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::new("nomic-embed-text", 1_000).with_capabilities(&["embedding"]));
    sim.install(ModelSpec::new("gpt-oss:120b-cloud", 0));
    models::poll_now(&test.app).await;
    let offered = chat::list_chat_models(&test.app).await.expect("a list").models;
    assert!(!offered.iter().any(|m| m.name.as_str().starts_with("nomic")), "{offered:?}");
    let cloud = offered.iter().find(|m| m.name == "gpt-oss:120b-cloud".into()).expect("offered");
    assert!(cloud.is_cloud && cloud.label.contains("cloud"), "{cloud:?}");
}

#[tokio::test]
async fn case_14_a_list_does_not_make_a_model_ready() {
    let (sim, test) = simulator_and_app().await;
    sim.script(Endpoint::Chat, ScriptedReply::Hang);
    let asking = tokio::spawn({
        let ollama = test.app.ollama.clone();
        async move { ollama.chat(&super::chat_request()).await }
    });
    sim.wait_until(|all| all.iter().any(|r| r.path == "/api/chat")).await;
    let health = models::poll_now(&test.app).await;
    let stands = models::model_readiness(&test.app, &"qwen3:8b".into()).await.expect("known");
    assert!(health.connected && client(&sim.url).list_installed().await.is_ok_and(|tags| tags.len() == 1));
    assert!(stands.state != ModelState::Ready && !stands.health, "{stands:?}");
    asking.abort();
}
