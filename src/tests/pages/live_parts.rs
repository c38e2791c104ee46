//! What the browser half builds upon: parts of a page that are found again by their ids, and pages that draw what is typed.

use crate::support::{pulls::simulator_and_app, simulator::ModelSpec, test_app::TestApp};
use gleaner::server::services::models;
use scraper::{ElementRef, Html, Selector};
use std::collections::HashSet;

async fn get_page(test: &TestApp, path: &str) -> Html {
    Html::parse_document(&test.get(path).await.body)
}

fn find<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("a selector")).collect()
}

fn find_one<'a>(page: &'a Html, id: &str) -> ElementRef<'a> {
    let found = find(page, &format!("[id=\"{id}\"]"));
    assert_eq!(found.len(), 1, "{id}");
    found[0]
}

fn text_of(page: &Html, id: &str) -> String {
    find_one(page, id).text().collect()
}

#[tokio::test]
async fn live_parts_have_ids_of_their_own() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::recommended("gemma3:4b"));
    models::poll_now(&test.app).await;
    for path in ["/", "/settings", "/settings/ollama", "/status", "/interests", "/feeds"] {
        let page = get_page(&test, path).await;
        let parts = find(&page, ".row, [data-live]");
        let names: HashSet<&str> = parts.iter().filter_map(|part| part.attr("id")).collect();
        assert!(!parts.is_empty() && names.len() == parts.len(), "{path}: {names:?}");
    }
    test.finish().await;
}

#[tokio::test]
async fn the_page_about_ollama_draws_what_is_chosen_and_typed_but_not_sent() {
    let (sim, test) = simulator_and_app().await;
    sim.install(ModelSpec::recommended("gemma3:4b"));
    models::poll_now(&test.app).await;
    models::fetch_architectures(&test.app).await;
    let both = "categorization_model=qwen3%3A8b&scoring_model=gemma3%3A4b";
    for (query, models, total) in [
        (String::new(), &["qwen3:8b"][..], false),
        ("categorization_model=gemma3%3A4b".to_owned(), &["gemma3:4b"][..], false),
        (both.to_owned(), &["qwen3:8b"][..], false),
        (format!("{both}&use_separate_models=true"), &["qwen3:8b", "gemma3:4b"][..], true),
    ] {
        let page = get_page(&test, &format!("/settings/ollama?{query}")).await;
        let memory = text_of(&page, "memory");
        for model in ["qwen3:8b", "gemma3:4b"] {
            assert_eq!(memory.contains(&format!("{model}: ")), models.contains(&model), "{query}: {memory}");
        }
        assert_eq!(memory.contains("Together about"), total, "{query}: {memory}");
        assert_eq!(find(&page, "option[value=\"qwen3:8b\"][selected]").len(), 2, "the saved choice stays: {query}");
    }
    for (typed, wrong) in [
        ("", None),
        ("phi4-mini", None),
        ("a+b", Some("cannot contain")),
        ("evil.example%2Fa%2Fb", Some("evil.example is not allowed")),
    ] {
        let page = get_page(&test, &format!("/settings/ollama?model={typed}")).await;
        assert!(text_of(&page, "name-wrong").contains(wrong.unwrap_or_default()), "{typed}");
        assert_eq!(text_of(&page, "name-wrong").is_empty(), wrong.is_none(), "{typed}");
        assert_eq!(find_one(&page, "pull-other-model").attr("disabled").is_some(), wrong.is_some(), "{typed}");
        assert_eq!(find_one(&page, "other-model").attr("aria-invalid").is_some(), wrong.is_some(), "{typed}");
    }
    test.finish().await;
}

#[tokio::test]
async fn an_open_choice_of_models_learns_that_ollama_is_gone_and_back() {
    let (mut sim, test) = simulator_and_app().await;
    models::poll_now(&test.app).await;
    let state = |page: &Html| {
        let is_disabled = find_one(page, "model-choice").attr("disabled").is_some();
        (is_disabled, find_one(page, "model-choice-disconnected").attr("hidden").is_none())
    };
    let up = get_page(&test, "/settings/ollama").await;
    assert_eq!(state(&up), (false, false));
    for id in ["model-choice", "model-choice-disconnected"] {
        assert_eq!(find_one(&up, id).attr("data-live"), Some("state"), "what is chosen in {id} stays");
    }
    sim.shut_down().await;
    models::poll_now(&test.app).await;
    assert_eq!(state(&get_page(&test, "/settings/ollama").await), (true, true));
    test.finish().await;
}
