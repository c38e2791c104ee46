//! Fetches one feed as a task of its own.

use crate::server::{
    services::subscriptions::{self, FeedCheck},
    state::App,
    storage::checks::FeedSource,
};
use tokio::sync::mpsc::Sender;

/// Starts the check; its finding is handed to `done`.
pub fn spawn_check(app: &App, source: FeedSource, done: Sender<FeedCheck>) {
    let task = app.clone();
    app.lifecycle.spawn(async move {
        let finding = subscriptions::check_feed(&task, source).await;
        // The scheduler only leaves once nothing runs, or when everything is given up.
        let _ = done.send(finding).await;
    });
}
