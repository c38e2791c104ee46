//! `/metrics`: the format of Prometheus, and counters of events.

use crate::support::simulator::{Endpoint, ScriptedReply};
use crate::support::{
    articles::{new_article, store_articles, store_plain_articles},
    feed_server::{FeedReply, FeedServer, rss_document},
    pulls::{post_pull, simulator_and_app, wait_until_ended},
    test_app::TestApp,
};
use gleaner::{
    domain::feed::SubscribeOutcome,
    server::{services::subscriptions, worker::scorer},
};
use std::collections::{BTreeMap, BTreeSet};

/// The samples by name and labels.
struct MetricsPage(BTreeMap<String, f64>);

impl MetricsPage {
    /// A counter's or a gauge's value; 0 while it has never been counted.
    fn of(&self, sample: &str) -> f64 {
        self.0.get(sample).copied().unwrap_or_default()
    }

    fn names(&self) -> BTreeSet<&str> {
        self.0.keys().map(|sample| sample.split('{').next().unwrap_or_default()).collect()
    }
}

/// Scrapes, and holds the page to the rules of the format.
async fn scrape(test: &TestApp) -> MetricsPage {
    let answer = test.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    let (mut helped, mut types, mut samples) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    for line in answer.body.lines().filter(|line| *line != "# EOF") {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("words");
            assert!(helped.insert(name), "{name} is explained twice");
            assert!(words.ends_with('.') && words.len() > 10, "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert!(types.insert(name, kind).is_none(), "{name} has two types");
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            let name = sample.split('{').next().unwrap_or_default();
            let family = ["_total", "_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| types.contains_key(family)).unwrap_or(name);
            assert!(helped.contains(family), "{sample} has no help");
            assert_eq!(types.get(family) == Some(&"counter"), name.ends_with("_total"), "{sample}");
            assert!(name.starts_with("gleaner_") || name == "process_start_time_seconds", "{name}");
            let value: f64 = value.parse().expect("a number");
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{sample} stands twice");
        }
    }
    MetricsPage(samples)
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_count_events() {
    let (sim, test) = simulator_and_app().await;
    let feeds = FeedServer::start().await;
    feeds.on("/feed", FeedReply::feed(rss_document("Loom", &[("1", "One", "<p>text</p>")])));
    let at_first = scrape(&test).await;
    assert_eq!(at_first.of("process_start_time_seconds"), 1_772_366_400.0);
    assert_eq!(at_first.of("gleaner_feed_checks_total{outcome=\"failed\"}"), 0.0);

    test.get("/").await;
    test.get("/articles/9999").await;
    test.get("/api/articles/9999").await;
    test.get("/not/a/page").await;
    test.get("/another/place").await;
    let seen = scrape(&test).await;
    for (route, status, count) in [
        ("/", "2xx", 1.0),
        ("/articles/{id}", "4xx", 1.0),
        ("/api/articles/{id}", "4xx", 1.0),
        ("elsewhere", "4xx", 2.0),
        ("/metrics", "2xx", 1.0),
    ] {
        let sample = format!("gleaner_http_requests_total{{route=\"{route}\",status=\"{status}\"}}");
        assert_eq!(seen.of(&sample), count, "{sample}: {:?}", seen.0.keys());
    }
    assert_eq!(seen.of("gleaner_http_request_seconds_count"), 6.0);

    let subscribed = subscriptions::subscribe(&test.app, &feeds.url("/feed"), None).await.expect("subscribed");
    let SubscribeOutcome::Added(feed) = subscribed else { panic!("a choice: {subscribed:?}") };
    let refresh = async || subscriptions::refresh_feed(&test.app, feed).await.expect("checked");
    refresh().await;
    feeds.on("/feed", FeedReply::feed(rss_document("Loom", &[("2", "Two", "<p>more</p>")])));
    refresh().await;
    feeds.on("/feed", FeedReply::status(500));
    refresh().await;
    let seen = scrape(&test).await;
    for outcome in ["unchanged", "changed", "failed"] {
        assert_eq!(seen.of(&format!("gleaner_feed_checks_total{{outcome=\"{outcome}\"}}")), 1.0, "{outcome}");
    }
    assert_eq!(seen.of("gleaner_feeds{state=\"failing\"}"), 1.0);

    let longest = test.app.db.longest_write();
    let write = test.app.db.write().await.expect("a transaction");
    let began = std::time::Instant::now();
    while began.elapsed() <= longest {
        std::hint::spin_loop();
    }
    drop(write);
    let told = scrape(&test).await.of("gleaner_longest_write_seconds");
    assert!(told > longest.as_secs_f64(), "{told} s, {longest:?} before");

    store_plain_articles(&test.app, 3).await;
    let waiting = scrape(&test).await.of("gleaner_scoring_articles{state=\"queued\"}");
    scorer::drain(&test.app).await;
    let seen = scrape(&test).await;
    let calls = |task: &str, outcome: &str| {
        seen.of(&format!("gleaner_model_calls_total{{task=\"{task}\",outcome=\"{outcome}\"}}"))
    };
    assert_eq!((calls("categorize", "ok"), calls("score", "ok")), (waiting, waiting));
    assert_eq!(seen.of("gleaner_scoring_articles{state=\"scored\"}"), waiting);
    assert_eq!(seen.of("gleaner_model_call_seconds_count{task=\"score\"}"), waiting);
    assert!(seen.of("gleaner_model_output_tokens_total{model=\"qwen3:8b\"}") > 10.0);
    assert!(seen.of("gleaner_model_output_seconds_total{model=\"qwen3:8b\"}") > 0.0);
    assert!(seen.of("gleaner_model_tokens_per_second{model=\"qwen3:8b\"}") > 0.0);

    let faulty = serde_json::json!({"categories": ["AI", "Nonsense", "Twaddle"], "new_categories": []});
    sim.script(Endpoint::Chat, ScriptedReply::Text(faulty.to_string()));
    store_articles(&test.app, &[new_article("Another", "<p>Words.</p>")]).await;
    scorer::drain(&test.app).await;
    let repaired = "gleaner_answer_repairs_total{task=\"categorize\",kind=\"unknown_category\"}";
    assert_eq!(scrape(&test).await.of(repaired), 2.0);

    let question = serde_json::json!({ "messages": [{ "role": "user", "content": "Yes?" }], "stream": false });
    assert_eq!(test.post("/api/chat", &question).await.status, 200);
    sim.script(Endpoint::Chat, ScriptedReply::Stop(1));
    assert_ne!(test.post("/api/chat", &question).await.status, 200);
    let seen = scrape(&test).await;
    assert_eq!(seen.of("gleaner_model_calls_total{task=\"chat\",outcome=\"ok\"}"), 1.0);
    let cut_off = seen.of("gleaner_model_calls_total{task=\"chat\",outcome=\"cut_off\"}");
    assert_eq!(cut_off, 1.0, "an answer that ended too early counts as such");

    post_pull(&test, "llama3.2:3b").await;
    wait_until_ended(&test, 1).await;
    let seen = scrape(&test).await;
    assert_eq!(seen.of("gleaner_pulls_total{outcome=\"success\"}"), 1.0);
    assert_eq!(seen.of("gleaner_pulls_unfinished"), 0.0);

    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/setup.md")).unwrap_or_default();
    let families: BTreeSet<&str> = seen
        .names()
        .iter()
        .map(|name| name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count"))
        .collect();
    let untold: Vec<_> = families.into_iter().filter(|name| !guide.contains(&format!("`{name}`"))).collect();
    assert_eq!(untold, [] as [&str; 0], "docs/setup.md does not explain these");
}
