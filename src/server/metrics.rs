//! Counters since the start of the process, exported by `http::metrics`. Labels have few values: routes, codes, and the names of
//! models in use.

use crate::domain::{model_name::ModelName, time::Timestamp};
use crate::server::scoring::answer::AnswerRepair;
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{sync::atomic::AtomicU64, time::Duration};

type Labels<const N: usize> = [(&'static str, String); N];
type SecondsCounter = Counter<f64, AtomicU64>;

/// The counters of a process. Counting never fails.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels<2>, Counter>,
    request_seconds: Histogram,
    feed_checks: Family<Labels<1>, Counter>,
    model_calls: Family<Labels<2>, Counter>,
    server_calls: Family<Labels<2>, Counter>,
    answer_repairs: Family<Labels<2>, Counter>,
    model_call_seconds: Family<Labels<1>, Histogram>,
    output_tokens: Family<Labels<1>, Counter>,
    output_seconds: Family<Labels<1>, SecondsCounter>,
    tokens_per_second: Family<Labels<1>, Gauge<f64, AtomicU64>>,
    pulls: Family<Labels<1>, Counter>,
    parse_seconds: Family<Labels<1>, Histogram>,
}

/// A request to a model, answered or not.
#[derive(Clone, Copy, Debug)]
pub struct ModelCallRecord<'a> {
    /// The task: `categorize`, `score`, `chat`, `test`.
    pub task: &'static str,
    /// Name of the model server.
    pub server: &'a str,
    /// Name of the model.
    pub model: &'a ModelName,
    /// `ok`, or the code of the error.
    pub outcome: &'static str,
    /// The time from the request to the end of the answer, with all retries.
    pub seconds: f64,
    /// Tokens of the answer, and the seconds that the model took to generate them.
    pub output: Option<(u64, f64)>,
}

/// The time to parse foreign text, by kind.
#[derive(Clone, Debug)]
pub struct ParseSeconds(Family<Labels<1>, Histogram>);

impl ParseSeconds {
    /// Something of this kind was parsed: `feed`, `page`, `opml` or `markdown`.
    pub fn record(&self, kind: &'static str, took: Duration) {
        self.0.get_or_create(&[("kind", kind.to_owned())]).observe(took.as_secs_f64());
    }
}

impl Metrics {
    /// All at zero. `started`: the start of the process.
    pub fn new(started: Timestamp) -> Self {
        let start: Gauge = Gauge::default();
        start.set(started.0);
        let call_seconds = Family::new_with_constructor(new_model_call_histogram as fn() -> Histogram);
        let mut meters = Self {
            requests: Family::default(),
            request_seconds: Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]),
            feed_checks: Family::default(),
            model_calls: Family::default(),
            server_calls: Family::default(),
            answer_repairs: Family::default(),
            model_call_seconds: call_seconds.clone(),
            output_tokens: Family::default(),
            output_seconds: Family::default(),
            tokens_per_second: Family::default(),
            pulls: Family::default(),
            parse_seconds: Family::new_with_constructor(new_parse_histogram as fn() -> Histogram),
            registry: Registry::default(),
        };
        let registry = &mut meters.registry;
        registry.register("process_start_time_seconds", "When the process started, in seconds since 1970", start);
        registry.register(
            "gleaner_http_requests",
            "Requests answered, by route and class of status",
            meters.requests.clone(),
        );
        registry.register(
            "gleaner_http_request_seconds",
            "Until the head of an answer, in seconds",
            meters.request_seconds.clone(),
        );
        registry.register("gleaner_feed_checks", "Checks of subscribed feeds, by outcome", meters.feed_checks.clone());
        registry.register(
            "gleaner_model_calls",
            "Questions to models, by task and outcome",
            meters.model_calls.clone(),
        );
        registry.register(
            "gleaner_server_calls",
            "Questions to each model server, by outcome",
            meters.server_calls.clone(),
        );
        registry.register(
            "gleaner_answer_repairs",
            "Faults of models' answers that were repaired, by task and kind",
            meters.answer_repairs.clone(),
        );
        registry.register(
            "gleaner_model_call_seconds",
            "From a question to the end of its answer, in seconds, with all waiting",
            call_seconds,
        );
        registry.register("gleaner_model_output_tokens", "Tokens that models wrote", meters.output_tokens.clone());
        registry.register(
            "gleaner_model_output_seconds",
            "Seconds that models spent on writing them",
            meters.output_seconds.clone(),
        );
        registry.register(
            "gleaner_model_tokens_per_second",
            "Speed of the last answer of each model",
            meters.tokens_per_second.clone(),
        );
        registry.register("gleaner_pulls", "Downloads of models that ended, by outcome", meters.pulls.clone());
        registry.register(
            "gleaner_parse_seconds",
            "Time to parse foreign text, by kind, in seconds",
            meters.parse_seconds.clone(),
        );
        meters
    }

    /// The registry, for encoding.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A request was answered. `route`: its template, never the address itself; `status`: the code.
    pub fn record_request(&self, route: &str, status: u16, seconds: f64) {
        let class = format!("{}xx", status / 100);
        self.requests.get_or_create(&[("route", route.to_owned()), ("status", class)]).inc();
        self.request_seconds.observe(seconds);
    }

    /// A feed was checked: `changed`, `unchanged` or `failed`.
    pub fn record_feed_check(&self, outcome: &'static str) {
        self.feed_checks.get_or_create(&[("outcome", outcome.to_owned())]).inc();
    }

    /// A request to a model ended.
    pub fn record_model_call(&self, call: &ModelCallRecord<'_>) {
        let task = ("task", call.task.to_owned());
        let outcome = ("outcome", call.outcome.to_owned());
        self.server_calls.get_or_create(&[("server", call.server.to_owned()), outcome.clone()]).inc();
        self.model_calls.get_or_create(&[task.clone(), outcome]).inc();
        self.model_call_seconds.get_or_create(&[task]).observe(call.seconds);
        if let Some((tokens, seconds)) = call.output {
            let model = [("model", call.model.to_string())];
            self.output_tokens.get_or_create(&model).inc_by(tokens);
            self.output_seconds.get_or_create(&model).inc_by(seconds);
            if seconds > 0.0 {
                self.tokens_per_second.get_or_create(&model).set(tokens as f64 / seconds);
            }
        }
    }

    /// An answer was accepted although it had these faults.
    pub fn record_answer_repairs(&self, task: &'static str, repairs: &[AnswerRepair]) {
        for repair in repairs {
            let labels = [("task", task.to_owned()), ("kind", repair.as_str().to_owned())];
            self.answer_repairs.get_or_create(&labels).inc();
        }
    }

    /// The histogram of the time to parse foreign text.
    pub fn parse_seconds(&self) -> ParseSeconds {
        ParseSeconds(self.parse_seconds.clone())
    }

    /// A download of a model ended.
    pub fn record_pull(&self, outcome: &'static str) {
        self.pulls.get_or_create(&[("outcome", outcome.to_owned())]).inc();
    }
}

/// Buckets from short answers to the largest documents.
fn new_parse_histogram() -> Histogram {
    Histogram::new([0.001, 0.005, 0.02, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])
}

/// Buckets from short answers to a load of minutes.
fn new_model_call_histogram() -> Histogram {
    Histogram::new([0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0])
}
