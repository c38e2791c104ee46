//! The examination of the whole installation: settings, database, disk, Ollama, models, feeds. Changes nothing.

mod feeds;
mod home;
mod model;

pub use home::{badly_configured, no_database};

use crate::{
    domain::checkup::{Checkup, Finding},
    server::state::App,
};

/// Looks at everything, in the order in which one thing rests on another. `told` hears each finding when it is made: a model that
/// has to be loaded may take minutes. `database`: what is known of it already, when it could not be opened.
pub async fn examine(app: &App, database: Option<Finding>, told: impl FnMut(&Finding)) -> Checkup {
    let mut report = Report { checkup: Checkup::default(), told };
    report.add(home::configuration(app));
    let database_opens = database.is_none();
    report.add(match database {
        Some(finding) => finding,
        None => home::database(app).await,
    });
    report.add(home::disk(app));
    model::examine(app, &mut report).await;
    report.add(feeds::sample(app, database_opens).await);
    report.checkup
}

/// Findings as they come.
struct Report<F> {
    checkup: Checkup,
    told: F,
}

impl<F: FnMut(&Finding)> Report<F> {
    fn add(&mut self, finding: Finding) {
        (self.told)(&finding);
        self.checkup.findings.push(finding);
    }
}
