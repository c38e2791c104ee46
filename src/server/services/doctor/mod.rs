//! The examination of the whole installation: settings, database, disk, Ollama, models, feeds. Changes nothing.

mod feeds;
mod finding_collector;
mod local;
mod model_server;

pub use crate::server::services::doctor::local::{diagnose_config_error, diagnose_open_error};

use crate::{
    domain::diagnostics::{DiagnosticReport, DiagnosticResult},
    server::{services::doctor::finding_collector::FindingCollector, state::App},
};

/// Looks at everything, in the order in which one thing rests on another. `told` hears each finding when it is made: a model that
/// has to be loaded may take minutes. `database`: what is known of it already, when it could not be opened.
#[tracing::instrument(name = "doctor.run_checks", level = "debug", skip_all)]
pub async fn run_checks(
    app: &App,
    database: Option<DiagnosticResult>,
    told: impl FnMut(&DiagnosticResult),
) -> DiagnosticReport {
    let mut report = FindingCollector { checkup: DiagnosticReport::default(), told };
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
    report.add(feeds::check_feeds(app, database_opens).await);
    report.checkup
}
