//! The page about Ollama without JavaScript.

use crate::support::simulator::{Endpoint, ModelSpec, ScriptedReply, SimulatorSettings};
use crate::support::{
    pulls::{advance_until, simulator_and_app, simulator_and_app_with, wait_until_ended},
    test_app::{TestApp, TestResponse},
};
use gleaner::server::{live::pulls::LivePulls, services::models};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

const PAGE_PATH: &str = "/settings/ollama";

async fn get_page(test: &TestApp) -> String {
    let answer = test.get(PAGE_PATH).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// The part of a page from the element with this id to the next panel.
fn panel_html<'a>(page: &'a str, id: &str) -> &'a str {
    let rest = page.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}")).1;
    rest.split_once("<section").map_or(rest, |(part, _)| part)
}

fn redirect_target(answer: &TestResponse) -> &str {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    answer.header("location")
}

#[tokio::test]
async fn ten_tabs_send_no_request_to_ollama() {
    let (sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    let before = sim.requests().len();
    for _ in 0..10 {
        get_page(&test).await;
    }
    assert_eq!(sim.requests().len(), before);
    let checked = test.post_form("/fn/ollama/check", &[]).await;
    assert_eq!(redirect_target(&checked), "/settings/ollama?done=ollama-checked#connection");
    assert_eq!(sim.requests().len(), before + 3, "version, tags, ps");
    test.finish().await;
}

#[tokio::test]
async fn every_panel_is_shown_while_ollama_is_down() {
    let (mut sim, test) = simulator_and_app().await;
    sim.shut_down().await;
    models::poll_now(&test.app).await;
    let page = get_page(&test).await;
    assert!(panel_html(&page, "connection").contains("× disconnected"));
    for panel in ["models", "library", "installed"] {
        assert!(panel_html(&page, panel).contains("Connect to Ollama to manage models"), "{panel}: {page}");
    }
    assert!(panel_html(&page, "models").contains("qwen3:8b stays selected"));
    assert!(panel_html(&page, "prompts").contains("<pre"));
    assert!(panel_html(&page, "options").contains("name=\"num_ctx\""));
    test.finish().await;
}

/// The tag of the first button in `panel_html` after this text.
fn button_after<'a>(part: &'a str, text: &str) -> &'a str {
    let rest = part.split_once(text).unwrap_or_else(|| panic!("no {text}: {part}")).1;
    rest.split_once("<button")
        .and_then(|(_, rest)| rest.split_once('>'))
        .unwrap_or_else(|| panic!("no button: {rest}"))
        .0
}

#[tokio::test]
async fn while_ollama_is_down_downloads_can_be_cancelled_but_not_begun() {
    let settings = SimulatorSettings {
        pull_tick: Duration::from_millis(1),
        pull_step: 50_000_000,
        ..SimulatorSettings::default()
    };
    let (mut sim, test) = simulator_and_app_with(settings).await;
    sim.install(ModelSpec::recommended("gemma3:4b"));
    models::poll_now(&test.app).await;
    let two = [("categorization_model", "qwen3:8b"), ("scoring_model", "gemma3:4b"), ("use_separate_models", "true")];
    test.post_form("/fn/ollama/models", &two).await;
    let up = get_page(&test).await;
    assert!(!button_after(panel_html(&up, "library"), "value=\"qwen3:4b\"").contains("disabled"), "{up}");
    assert!(!up.contains("id=\"models\" aria-labelledby=\"models-title\" data-live"), "a choice is not taken away");
    sim.script(Endpoint::Pull, ScriptedReply::Stall(6));
    for model in ["qwen3:4b", "phi4-mini"] {
        test.post_form("/fn/ollama/pull", &[("model", model)]).await;
    }
    advance_until(&test, Duration::from_secs(1), |now| now.running.is_some()).await;
    sim.shut_down().await;
    models::poll_now(&test.app).await;

    let down = get_page(&test).await;
    let library = panel_html(&down, "library");
    for (place, is_inactive) in
        [("value=\"qwen3:1.7b\"", true), ("Pull another model", true), ("<progress", false), ("Queued: starts", false)]
    {
        assert_eq!(button_after(library, place).contains(" disabled"), is_inactive, "{place}: {library}");
    }
    let whole = library.split_once("<fieldset").and_then(|(_, rest)| rest.split_once('>')).expect("the library").0;
    assert!(whole.contains("library") && !whole.contains("disabled"), "{whole}");
    let models_part = panel_html(&down, "models");
    assert!(down.contains("aria-labelledby=\"models-title\" data-live"), "it keeps up by itself: {models_part}");
    for text in [">Categorization model<", ">Scoring model<", "<option>qwen3:8b<", "<option>gemma3:4b<"] {
        assert!(models_part.contains(text), "{text}: {models_part}");
    }
    for model in ["phi4-mini", "qwen3:4b"] {
        test.post_form("/fn/ollama/pull/cancel", &[("model", model)]).await;
    }
    let after = get_page(&test).await;
    assert!(!button_after(panel_html(&after, "library"), "was cancelled").contains(" disabled"), "{after}");
    test.finish().await;
}

#[tokio::test]
async fn one_or_two_selectors_with_memory_estimates() {
    let (sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    assert!(!get_page(&test).await.contains("use_separate_models"), "one model needs no choice");
    sim.install(ModelSpec::recommended("gemma3:4b"));
    sim.install(ModelSpec::new("embed", 1_000).with_capabilities(&["embedding"]));
    let cloud = ModelSpec { remote_host: Some("https://ollama.com".into()), ..ModelSpec::new("big:120b-cloud", 400) };
    sim.install(cloud);
    models::poll_now(&test.app).await;
    models::fetch_architectures(&test.app).await;
    let saved = test
        .post_form(
            "/fn/ollama/models",
            &[("categorization_model", "qwen3:8b"), ("scoring_model", "gemma3:4b"), ("use_separate_models", "true")],
        )
        .await;
    assert_eq!(redirect_target(&saved), "/settings/ollama?done=models-saved#models");
    let two = get_page(&test).await;
    let models_part = panel_html(&two, "models");
    for text in [
        "name=\"scoring_model\"",
        "cloud: text leaves the machine",
        "qwen3:8b: 5.2 GB of weights, 1.2 GB for its context",
        "Together about",
    ] {
        assert!(models_part.contains(text), "{text}: {models_part}");
    }
    assert!(!models_part.contains("embed"), "it cannot judge articles");

    sim.remove("gemma3:4b");
    models::poll_now(&test.app).await;
    let gone = get_page(&test).await;
    assert!(panel_html(&gone, "models").contains("gemma3:4b — missing"), "{gone}");
    // Saving another thing leaves the missing one chosen.
    let kept = [("categorization_model", "qwen3:8b"), ("scoring_model", "gemma3:4b"), ("use_separate_models", "true")];
    assert!(redirect_target(&test.post_form("/fn/ollama/models", &kept).await).contains("models-saved"));
    assert_eq!(test.get("/api/ollama/config").await.json()["scoring_model"], "gemma3:4b");
    let one =
        test.post_form("/fn/ollama/models", &[("categorization_model", "qwen3:8b"), ("scoring_model", "x")]).await;
    assert!(redirect_target(&one).contains("models-saved"));
    let config = test.get("/api/ollama/config").await.json();
    assert_eq!((&config["scoring_model"], &config["use_separate_models"]), (&json!("qwen3:8b"), &json!(false)));
    test.finish().await;
}

#[tokio::test]
async fn options_are_saved_by_themselves_and_within_bounds() {
    let (_sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    let before = test.get("/api/ollama/config").await.json();
    let form = |num_ctx: &'static str, think: &'static str| {
        [("num_ctx", num_ctx), ("keep_alive", "1h"), ("num_predict", "500"), ("temperature", "0.2"), ("think", think)]
    };
    for bad in ["much", "12"] {
        let refused = test.post_form("/fn/ollama/options", &form(bad, "true")).await;
        let again = test.get(redirect_target(&refused)).await;
        let options = panel_html(&again.body, "options");
        assert!(options.contains(&format!("value=\"{bad}\"")) && options.contains("role=\"alert\""), "{options}");
        assert!(options.contains("<details open"), "{options}");
        assert!(options.contains("<p>Context length (tokens): "), "the field is called as on the form: {options}");
        let field = options.split("<input").find(|input| input.contains("name=\"num_ctx\"")).expect("the field");
        assert!(field.contains("aria-invalid=\"true\" aria-describedby=\"form-error num_ctx-hint\""), "{field}");
        assert_eq!(options.matches("aria-invalid").count(), 1, "{options}");
    }
    assert_eq!(test.get("/api/ollama/config").await.json(), before);
    let saved = test.post_form("/fn/ollama/options", &form("4096", "true")).await;
    assert_eq!(redirect_target(&saved), "/settings/ollama?done=options-saved#options");
    let after = test.get("/api/ollama/config").await.json();
    assert_eq!((&after["options"]["num_ctx"], &after["options"]["think"]), (&json!(4096), &json!(true)));
    assert_eq!((&after["scoring_model"], &after["source"]), (&before["scoring_model"], &before["source"]));
    // A box that is not ticked is not sent at all.
    test.post_form("/fn/ollama/options", &form("4096", "true")[..4]).await;
    assert_eq!(test.get("/api/ollama/config").await.json()["options"]["think"], false);
    test.finish().await;
}

#[tokio::test]
async fn a_pull_is_shown_on_every_page_until_it_is_dismissed() {
    let settings = SimulatorSettings {
        pull_tick: Duration::from_millis(1),
        pull_step: 50_000_000,
        ..SimulatorSettings::default()
    };
    let (sim, test) = simulator_and_app_with(settings).await;
    models::poll_now(&test.app).await;
    assert!(!get_page(&test).await.contains("http-equiv=\"refresh\""));
    sim.script(Endpoint::Pull, ScriptedReply::Stall(6));
    let asked = test.post_form("/fn/ollama/pull", &[("model", "qwen3:4b")]).await;
    assert_eq!(redirect_target(&asked), "/settings/ollama?done=pull-asked#library");
    test.post_form("/fn/ollama/pull", &[("model", "phi4-mini")]).await;
    let second = Duration::from_secs(1);
    let is_moving = |now: &LivePulls| now.running.as_ref().is_some_and(|running| running.progress.completed > 0);
    advance_until(&test, second, is_moving).await;

    let running = get_page(&test).await;
    let library = panel_html(&running, "library");
    for text in [
        "<progress",
        "aria-label=\"Download of qwen3:4b\"",
        "of 2.5 GB",
        "Queued: starts",
        "http-equiv=\"refresh\"",
        "phi4-mini",
    ] {
        assert!(library.contains(text), "{text}: {library}");
    }
    for (at, next) in [(PAGE_PATH, "watch=1#library"), ("/settings/ollama?watch=1", "watch=2#library")] {
        let again = format!("content=\"3; url=?{next}\"");
        assert!(test.get(at).await.body.contains(&again), "another address than {at}, or it is not loaded anew");
    }
    let refused = test.post_form("/fn/ollama/pull", &[("model", "a b")]).await;
    for at in ["/settings/ollama?watch=off", redirect_target(&refused)] {
        let resting = test.get(at).await.body;
        assert!(!resting.contains("http-equiv=\"refresh\""), "what is typed at {at} stays: {resting}");
        assert!(resting.contains("href=\"/settings/ollama?watch=1#library\""), "{at}: {resting}");
    }
    assert!(test.get("/").await.body.contains("pull-mark"), "a mark on every page");

    test.post_form("/fn/ollama/pull/cancel", &[("model", "phi4-mini")]).await;
    test.clock.advance(second);
    let cancelled = test.post_form("/fn/ollama/pull/cancel", &[("model", "qwen3:4b")]).await;
    assert_eq!(redirect_target(&cancelled), "/settings/ollama?done=pull-cancelled#library");
    let after = get_page(&test).await;
    assert!(after.contains("The download of qwen3:4b was cancelled") && !after.contains("<progress max"), "{after}");
    assert!(!after.contains("http-equiv=\"refresh\"") && !after.contains("pull-mark"));
    test.post_form("/fn/ollama/pull/dismiss", &[]).await;
    assert!(!get_page(&test).await.contains("was cancelled"));
    test.finish().await;
}

#[tokio::test]
async fn a_name_is_refused_beside_its_field_and_an_unknown_model_in_words() {
    let (sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    for (name, words) in [("a b", "cannot contain"), ("evil.example/a/b", "is not allowed")] {
        let refused = test.post_form("/fn/ollama/pull", &[("model", name)]).await;
        let again = test.get(redirect_target(&refused)).await;
        let library = panel_html(&again.body, "library");
        assert!(library.contains(&format!("value=\"{name}\"")), "what was typed stays: {library}");
        assert!(library.contains("role=\"alert\"") && library.contains(words), "{library}");
        let button = button_after(library, "Pull another model");
        assert!(!button.contains(" disabled"), "without a script the next try needs the button: {library}");
    }
    assert!(sim.requests_of(Endpoint::Pull).is_empty(), "nothing is sent upstream");

    test.post_form("/fn/ollama/pull", &[("model", "nosuchmodel")]).await;
    wait_until_ended(&test, 1).await;
    let told = get_page(&test).await;
    let library = panel_html(&told, "library");
    assert!(library.contains("nosuchmodel") && library.contains("notice error"), "{library}");
    assert!(!library.contains("<progress max"));
    test.finish().await;
}

#[tokio::test]
async fn deleting_asks_first_and_names_size_and_task() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::recommended("gemma3:4b"));
    models::poll_now(&test.app).await;
    let spare = test.get("/settings/ollama/delete?model=gemma3%3A4b").await.body;
    assert!(spare.contains("3.3 GB") && !spare.contains("name=\"force\""), "{spare}");
    let used = test.get("/settings/ollama/delete?model=qwen3%3A8b").await.body;
    assert!(used.contains("categorizes and scores") && used.contains("name=\"force\""), "{used}");
    let missing = test.send(test.request(Method::GET, "/settings/ollama/delete?model=nosuch")).await;
    assert!(missing.body.contains("does not have nosuch"), "{}", missing.body);

    let spared = test.post_form("/fn/ollama/delete", &[("name", "gemma3:4b")]).await;
    assert_eq!(redirect_target(&spared), "/settings/ollama?done=model-deleted#installed");
    let default = test.post_form("/fn/ollama/delete", &[("name", "qwen3:8b"), ("force", "true")]).await;
    assert_eq!(redirect_target(&default), "/settings/ollama?done=model-deleted-default#installed");
    assert!(get_page(&test).await.contains("None yet."));
    test.finish().await;
}
