//! `GET /metrics` in the text format of OpenMetrics, for Prometheus.

use crate::server::http::error_response::json_error_response;
use crate::{
    domain::article::ArticleScope,
    error::AppError,
    server::{
        services::{models, pulls, reading, scoring, storage_health, subscriptions},
        state::App,
    },
};
use axum::{
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

const OPENMETRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Encodes counters and cached states. Sends no request to Ollama.
pub async fn serve_metrics(State(app): State<App>) -> Response {
    match encode_metrics(&app).await {
        Ok(page) => ([(header::CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE)], page).into_response(),
        Err(error) => json_error_response(&error),
    }
}

/// Counts every request by the template of its route: paths would be an unbounded label, and show what is read.
pub async fn record_request(State(app): State<App>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    let route = route_label(matched.as_deref(), request.uri().path());
    let started = app.clock.monotonic_ms();
    let response = next.run(request).await;
    let seconds = (app.clock.monotonic_ms() - started) as f64 / 1000.0;
    app.metrics.record_request(&route, response.status().as_u16(), seconds);
    response
}

/// The template; for server functions without the number that the build gave them.
fn route_label(matched: Option<&str>, path: &str) -> String {
    match matched {
        Some(template) if template.starts_with("/fn/") => {
            template.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
        }
        Some(template) => template.to_owned(),
        None if path.starts_with("/pkg/") => "assets".to_owned(),
        None => "elsewhere".to_owned(),
    }
}

async fn encode_metrics(app: &App) -> Result<String, AppError> {
    let mut page = String::new();
    let now = collect_gauges(app).await?;
    let written = encode_registry(&mut page, app.metrics.registry())
        .and_then(|()| encode_registry(&mut page, &now))
        .and_then(|()| encode_eof(&mut page));
    written.map(|()| page).map_err(|cause| {
        tracing::error!(%cause, "the metrics cannot be written");
        AppError::internal()
    })
}

/// The gauges, from the current state.
async fn collect_gauges(app: &App) -> Result<Registry, AppError> {
    let articles = reading::load_view_counts(app, ArticleScope::All).await?;
    let scoring = scoring::load_status(app).await?;
    let feeds = subscriptions::list_feeds(app).await?;
    let connected = models::health(app).connected;
    let downloads = pulls::load_downloads(app).await?;
    let in_state = |word| (word, to_i64(feeds.iter().filter(|feed| feed.health.state.as_str() == word).count()));

    let mut registry = Registry::default();
    register_gauge_family(
        &mut registry,
        ("gleaner_articles", "Articles in each view", "view"),
        &[("unread", articles.unread), ("all", articles.all), ("starred", articles.starred)],
    );
    let states = &scoring.counts;
    register_gauge_family(
        &mut registry,
        ("gleaner_scoring_articles", "Articles in each state of scoring", "state"),
        &[
            ("unscored", states.unscored),
            ("queued", states.queued),
            ("categorizing", states.categorizing),
            ("scoring", states.scoring),
            ("scored", states.scored),
            ("blocked", states.blocked),
            ("failed", states.failed),
        ],
    );
    let feeds = ["new", "ok", "failing", "gone"].map(in_state);
    register_gauge_family(&mut registry, ("gleaner_feeds", "Feeds by how they are doing", "state"), &feeds);
    let streams = to_i64(app.open_pages.count());
    let writable = app.db.obstacle().is_none();
    let pulling = i64::from(downloads.is_active()) + to_i64(downloads.queued.len());
    for (name, help, value) in [
        ("gleaner_ollama_connected", "Whether Ollama answered when last asked", i64::from(connected)),
        ("gleaner_scoring_ready", "Whether the model can take work", i64::from(scoring.readiness.ready)),
        ("gleaner_event_streams", "Open event streams", streams),
        ("gleaner_storage_writable", "Whether the database can be written, as far as it is known", i64::from(writable)),
        ("gleaner_pulls_unfinished", "Downloads of models that run or wait", pulling),
    ] {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
    let longest_write = Gauge::<f64, AtomicU64>::default();
    longest_write.set(app.db.longest_write().as_secs_f64());
    registry.register(
        "gleaner_longest_write_seconds",
        "The longest write transaction since the start, in seconds",
        longest_write,
    );
    if let Ok(free) = storage_health::free_bytes(&app.config.data_dir) {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(free).unwrap_or(i64::MAX));
        registry.register("gleaner_disk_free_bytes", "Free space where the data folder is, in bytes", gauge);
    }
    register_gauge_family(
        &mut registry,
        ("gleaner_build_info", "The running version", "version"),
        &[(env!("CARGO_PKG_VERSION"), 1)],
    );
    Ok(registry)
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A gauge with one label.
fn register_gauge_family(
    registry: &mut Registry,
    (name, help, label): (&str, &str, &'static str),
    values: &[(&'static str, i64)],
) {
    let family = Family::<[(&'static str, &'static str); 1], Gauge>::default();
    for (value, number) in values {
        family.get_or_create(&[(label, *value)]).set(*number);
    }
    registry.register(name, help, family);
}

#[cfg(test)]
mod tests {
    use super::route_label;

    #[test]
    fn routes_are_templates() {
        for (matched, path, expected) in [
            (Some("/articles/{id}"), "/articles/7", "/articles/{id}"),
            (Some("/fn/add_feed1234567"), "/fn/add_feed1234567", "/fn/add_feed"),
            (None, "/pkg/gleaner.abc.js", "assets"),
            (None, "/wp-login.php", "elsewhere"),
        ] {
            assert_eq!(route_label(matched, path), expected);
        }
    }
}
