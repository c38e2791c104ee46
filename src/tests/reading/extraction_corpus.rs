//! The quality of extraction, measured on pages of publishers (docs/adr/0014-full-text.md).

use crate::support::corpora::{corpus_json, corpus_path, json_array};
use flate2::read::GzDecoder;
use gleaner::server::html::{extraction::extract_article, text::html_to_text};
use std::{collections::HashMap, fs, io::Read};
use url::Url;

/// Mean token F1 on the pages of Mozilla's Readability, which the ADR promises.
const MOZILLA_FLOOR: f64 = 0.93;
/// The same on the pages of goose3, of which the corpus has the beginnings of the texts only.
const GOOSE3_FLOOR: f64 = 0.55;

struct Page {
    name: String,
    html: String,
    expected: String,
    /// The expected text is the beginning of the article.
    is_beginning: bool,
}

fn load_pages() -> Vec<Page> {
    let index = corpus_json("extraction/mozilla-readability.json");
    let mut pages: Vec<Page> = json_array(&index, "cases")
        .iter()
        .map(|case| {
            let name = case["case"].as_str().expect("a name");
            let read = |file: &str| {
                let path = corpus_path(&format!("extraction/mozilla-readability/{name}/{file}"));
                fs::read_to_string(path).expect("readable")
            };
            let expected = html_to_text(&read("expected.html"));
            Page { name: format!("mozilla/{name}"), html: read("source.html"), expected, is_beginning: false }
        })
        .collect();
    for entry in fs::read_dir(corpus_path("extraction/goose3")).expect("readable") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
        let Some(expected) = case["expected"]["cleaned_text"].as_str().map(str::to_owned) else { continue };
        let mut html = Vec::new();
        let packed = fs::File::open(path.with_extension("html.gz")).expect("readable");
        GzDecoder::new(packed).read_to_end(&mut html).expect("unpacked");
        let html = String::from_utf8_lossy(&html).into_owned();
        let name = format!("goose3/{}", path.file_stem().expect("a name").to_string_lossy());
        pages.push(Page { name, html, expected, is_beginning: true });
    }
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    pages
}

/// Words in lower case; letters of scripts without spaces are words of their own.
fn words(text: &str) -> Vec<String> {
    let is_dense = |c: char| ('\u{3040}'..'\u{9fff}').contains(&c) || ('\u{ac00}'..'\u{d7a3}').contains(&c);
    let of_run = |run: &str| -> Vec<String> {
        if run.chars().any(is_dense) { run.chars().map(String::from).collect() } else { vec![run.to_lowercase()] }
    };
    text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).flat_map(of_run).collect()
}

/// The harmonic mean of precision and recall over words, each as often as it stands there.
fn token_f1(found: &[String], expected: &[String]) -> f64 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    expected.iter().for_each(|word| *left.entry(word).or_default() += 1);
    let mut hits = 0_usize;
    for word in found {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            hits += 1;
        }
    }
    match (hits, found.len() + expected.len()) {
        (_, 0) => 1.0,
        (hits, all) => 2.0 * hits as f64 / all as f64,
    }
}

#[test]
#[ignore = "GLEANER_CORPORA is not set"]
fn extraction_reaches_the_figures_of_the_decision() {
    let url = Url::parse("http://fakehost/test/page.html").expect("an address");
    let mut scores: HashMap<&str, Vec<f64>> = HashMap::new();
    for (index, page) in load_pages().iter().enumerate() {
        let expected = words(&page.expected);
        let text = extract_article(&page.html, &url).map(|html| html_to_text(&html)).unwrap_or_default();
        let mut found = words(&text);
        if page.is_beginning {
            found.truncate(expected.len());
        }
        let f1 = token_f1(&found, &expected);
        if f1 < 0.9 {
            println!("{f1:.3} {}", page.name);
        }
        let part = if page.is_beginning { "goose3" } else { "mozilla" };
        for group in [part, if index % 2 == 0 { "decide" } else { "report" }] {
            scores.entry(group).or_default().push(f1);
        }
    }
    let mean = |group: &str| scores[group].iter().sum::<f64>() / scores[group].len() as f64;
    for group in ["mozilla", "goose3", "decide", "report"] {
        println!("{group}: mean token F1 {:.4} of {} pages", mean(group), scores[group].len());
    }
    assert!(mean("mozilla") >= MOZILLA_FLOOR && mean("goose3") >= GOOSE3_FLOOR);
}
