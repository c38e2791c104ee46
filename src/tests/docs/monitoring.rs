//! The alerting rules and the dashboard in `deploy` name metrics that exist.

use crate::support::markdown;
use std::{collections::BTreeSet, fs};

/// Where metrics are registered.
const SOURCES_OF_METRICS: [&str; 2] = ["src/server/metrics.rs", "src/server/http/metrics.rs"];
/// What the name of a family is followed by in the names of its samples.
const SAMPLE_SUFFIXES: [&str; 4] = ["_total", "_bucket", "_sum", "_count"];

fn project_text(path: &str) -> String {
    fs::read_to_string(markdown::project_root().join(path)).expect("there")
}

/// Every word of a text that is the name of a metric of ours.
fn metric_names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("gleaner_")).map(str::to_owned).collect()
}

#[test]
fn rules_and_dashboard_name_metrics_that_exist() {
    let registered: BTreeSet<String> =
        SOURCES_OF_METRICS.iter().flat_map(|source| metric_names(&project_text(source))).collect();
    assert!(registered.contains("gleaner_ollama_connected"), "{registered:?}");
    for (file, at_least) in [("deploy/prometheus-alerts.yaml", 6), ("deploy/grafana-dashboard.json", 14)] {
        let named = metric_names(&project_text(file));
        assert!(named.len() >= at_least, "{file}: {named:?}");
        for name in named {
            let family = SAMPLE_SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(&name);
            let exists = registered.contains(&name) || registered.contains(family);
            assert!(exists, "{file} names {name}, which does not exist");
        }
    }
    let dashboard = project_text("deploy/grafana-dashboard.json");
    serde_json::from_str::<serde_json::Value>(&dashboard).expect("JSON");
}
