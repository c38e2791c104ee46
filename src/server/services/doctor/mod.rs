//! The checks of `gleaner doctor`: settings, database, disk, clock, open files, Ollama, models, scores, feeds. Changes nothing.

mod feeds;
mod finding_collector;
mod local;
mod model_server;

pub use crate::server::services::doctor::local::{diagnose_config_error, diagnose_open_error};

use crate::{
    domain::diagnostics::{DiagnosticReport, DiagnosticResult},
    server::{services::doctor::finding_collector::FindingCollector, state::App},
};

/// Runs all checks, each after those it depends on. `on_result` gets each result at once, since loading a model may take minutes.
/// `database`: the result for a database that could not be opened.
#[tracing::instrument(name = "doctor.run_checks", level = "debug", skip_all)]
pub async fn run_checks(
    app: &App,
    database: Option<DiagnosticResult>,
    on_result: impl FnMut(&DiagnosticResult),
) -> DiagnosticReport {
    let mut report = FindingCollector { collected: DiagnosticReport::default(), on_result };
    let database_opens = database.is_none();
    report.add(local::check_configuration(app, database_opens).await);
    report.add(match database {
        Some(finding) => finding,
        None => local::check_database(app).await,
    });
    report.add(local::check_disk(app));
    report.add(local::check_clock(app, database_opens).await);
    report.add(local::check_open_files());
    model_server::check_model_server(app, &mut report).await;
    report.add(model_server::check_scores(app, database_opens).await);
    report.add(feeds::check_feeds(app, database_opens).await);
    report.collected
}
