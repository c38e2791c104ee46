//! `GET /metrics` in Prometheus' text format: what is worth a graph or an alarm.

use super::answer::json_error;
use crate::{
    domain::article::Scope,
    error::AppError,
    server::{
        services::{models, reading, scoring, subscriptions},
        state::App,
    },
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use std::fmt::{Display, Write as _};

/// The page. Reads kept counters and caches; never asks Ollama.
pub async fn metrics(State(app): State<App>) -> Response {
    match page(&app).await {
        Ok(page) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response(),
        Err(error) => json_error(&error),
    }
}

async fn page(app: &App) -> Result<String, AppError> {
    let articles = reading::counts(app, Scope::All).await?;
    let scoring = scoring::status(app).await?;
    let feeds = subscriptions::feeds(app).await?;
    let health = models::health(app);
    let in_state = |state: &str| feeds.iter().filter(|feed| feed.health.state.as_str() == state).count();

    let mut page = Page(String::new());
    page.gauge(
        "gleaner_articles",
        "Articles in each view.",
        "view",
        &[("unread", articles.unread), ("all", articles.all), ("starred", articles.starred)],
    );
    let states = &scoring.counts;
    page.gauge(
        "gleaner_scoring_articles",
        "Articles in each state of scoring.",
        "state",
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
    page.gauge(
        "gleaner_feeds",
        "Feeds by how they are doing.",
        "state",
        &[
            ("new", in_state("new")),
            ("ok", in_state("ok")),
            ("failing", in_state("failing")),
            ("gone", in_state("gone")),
        ],
    );
    page.gauge(
        "gleaner_ollama_connected",
        "Whether Ollama answered when last asked.",
        "",
        &[("", i32::from(health.connected))],
    );
    page.gauge(
        "gleaner_scoring_ready",
        "Whether the model can take work.",
        "",
        &[("", i32::from(scoring.readiness.ready))],
    );
    page.gauge("gleaner_event_streams", "Open event streams.", "", &[("", app.events.receiver_count())]);
    page.gauge("gleaner_build_info", "The running version.", "version", &[(env!("CARGO_PKG_VERSION"), 1)]);
    Ok(page.0)
}

struct Page(String);

impl Page {
    /// A gauge with one label, or with none when `label` is empty.
    fn gauge<T: Display>(&mut self, name: &str, help: &str, label: &str, values: &[(&str, T)]) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (value, number) in values {
            let _ = match label {
                "" => writeln!(self.0, "{name} {number}"),
                _ => writeln!(self.0, "{name}{{{label}=\"{value}\"}} {number}"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn gauges_have_help_type_and_labels() {
        let mut page = Page(String::new());
        page.gauge("a", "What a is.", "state", &[("x", 1), ("y", 2)]);
        page.gauge("b", "What b is.", "", &[("", 3)]);
        let expected = "# HELP a What a is.\n# TYPE a gauge\na{state=\"x\"} 1\na{state=\"y\"} 2\n\
                        # HELP b What b is.\n# TYPE b gauge\nb 3\n";
        assert_eq!(page.0, expected);
    }
}
