//! Articles with instructions, and a model that obeys them: answers follow the schema and other articles are unaffected.

use crate::support::simulator::Simulator;
use crate::support::{
    articles::{article_records, invariant_violations, new_article, store_articles},
    corpora::{corpus_json, json_array},
    fixtures::fixture_text,
    simulated_model::{app_with, article_prompt, is_categorization, valid_answer},
};
use gleaner::server::{services::categories, worker::scorer};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Articles without instructions that are scored beside those with.
const INNOCENT_ARTICLES: usize = 20;

#[tokio::test]
async fn planted_instructions_stay_within_the_schema_and_their_article() {
    let texts = fixture_text("prompt-injections.txt");
    check_injections(&texts.lines().collect::<Vec<_>>()).await;
}

#[tokio::test]
#[ignore = "GLEANER_CORPORA is not set"]
async fn planted_instructions_of_the_corpus_stay_within_the_schema_and_their_article() {
    let corpus = corpus_json("prompt-injection/injections.json");
    let texts: Vec<&str> = json_array(&corpus, "cases").iter().filter_map(|case| case["text"].as_str()).collect();
    check_injections(&texts).await;
}

/// Scores one article for each instruction, with a model that obeys, beside articles without any.
async fn check_injections(texts: &[&str]) {
    assert!(!texts.is_empty());
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let mut entries: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(n, t)| new_article(&format!("Planted {n}"), &format!("<p>{}</p>", t.replace('<', "&lt;"))))
        .collect();
    entries.extend((0..INNOCENT_ARTICLES).map(|n| new_article(&format!("Innocent {n}"), "<p>About looms.</p>")));
    store_articles(&app.app, &entries).await;
    let instructions: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let answers = AtomicUsize::new(0);
    sim.answer_with(move |body| {
        let article = article_prompt(body);
        let number =
            article.lines().find_map(|line| line.strip_prefix("Title: Planted ")?.trim().parse::<usize>().ok());
        let Some(instruction) = number.and_then(|n| instructions.get(n)) else { return valid_answer(body) };
        // In turn: repeats the instruction; takes it for a category; takes it for a new category; exceeds the scale.
        match (answers.fetch_add(1, Ordering::Relaxed) % 4, is_categorization(body)) {
            (0, _) => instruction.clone(),
            (1, true) => json!({"categories": [instruction], "new_categories": []}).to_string(),
            (2, true) => json!({"categories": ["AI"], "new_categories": [{"name": instruction, "parent": "Culture"}]})
                .to_string(),
            (1 | 2, false) => {
                json!({"evidence": [instruction], "explanation": instruction, "interest": 100, "quality": 10})
                    .to_string()
            }
            _ => valid_answer(body),
        }
    });
    scorer::drain(&app.app).await;
    let records = article_records(&app.app).await;
    assert_eq!(records.len(), texts.len() + INNOCENT_ARTICLES);
    assert_eq!(invariant_violations(&records), Vec::<String>::new());
    assert!(records.iter().all(|r| r.interest.is_none_or(|i| (0..=10).contains(&i))));
    for innocent in records.iter().filter(|r| r.title.starts_with("Innocent")) {
        assert_eq!(
            (innocent.state.as_str(), innocent.interest, innocent.categories.as_str()),
            ("scored", Some(8), "AI")
        );
    }
    for category in categories::list(&app.app).await.expect("listed") {
        let name = category.name;
        assert!(name.split(' ').count() <= 4, "{name}");
        assert!(name.chars().all(|c| c.is_alphanumeric() || " -&+#'’./".contains(c)), "{name}");
    }
}
