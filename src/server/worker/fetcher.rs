//! Fetches one feed as a task of its own.

use crate::server::{
    services::subscriptions::{self, Finding},
    state::App,
    storage::checks::Source,
};
use tokio::sync::mpsc::Sender;

/// Starts the check; its finding is handed to `done`.
pub fn start(app: &App, source: Source, done: Sender<Finding>) {
    let task = app.clone();
    app.lifecycle.spawn(async move {
        let finding = subscriptions::check(&task, source).await;
        // The scheduler only leaves once nothing runs, or when everything is given up.
        let _ = done.send(finding).await;
    });
}
