//! The loop that runs the rules of retention once a day.

use crate::server::{services::retention, state::App};
use std::time::Duration;

/// Time between two looks at whether a run is due.
const DUE_CHECK_INTERVAL: Duration = Duration::from_secs(600);

/// Runs until the soft stop.
pub async fn run(app: App) {
    let stop = app.lifecycle.soft_stop.clone();
    loop {
        if let Err(error) = retention::run_when_due(&app).await {
            tracing::error!(%error, "the rules of retention could not be run; they are tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep(DUE_CHECK_INTERVAL) => {}
        }
    }
}
