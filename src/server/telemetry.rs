//! Logs: one line for each event, with its fields, on standard error.

use super::config::{LogConfig, LogFormat};
use std::io::{self, IsTerminal};
use tracing_subscriber::{
    EnvFilter,
    fmt::{self, format::FmtSpan},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Starts logging. At level `debug` each request and each call of a service gets a line with its duration when it ends. A second
/// call in one process changes nothing.
pub fn init_logging(config: &LogConfig) {
    // The level was judged with the settings; a filter that is refused all the same logs at its default.
    let filter = EnvFilter::try_new(&config.level).unwrap_or_default();
    let started = match config.format {
        LogFormat::Text => tracing_subscriber::registry()
            .with(filter)
            .with(
                fmt::layer()
                    .with_writer(io::stderr)
                    .with_ansi(io::stderr().is_terminal())
                    .with_target(false)
                    .with_span_events(FmtSpan::CLOSE)
                    .compact(),
            )
            .try_init(),
        LogFormat::Json => tracing_subscriber::registry()
            .with(filter)
            .with(fmt::layer().with_writer(io::stderr).with_span_events(FmtSpan::CLOSE).json().flatten_event(true))
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had begun already");
    }
}
