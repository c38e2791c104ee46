//! The loop that fetches the icons of sites, one site after the other.

use crate::server::{services::icons, state::App};
use std::time::Duration;

/// Time between two queries for feeds whose icon is due.
const DUE_QUERY_INTERVAL: Duration = Duration::from_secs(30);

/// Runs until the soft stop.
pub async fn run(app: App) {
    let stop = app.lifecycle.soft_stop.clone();
    loop {
        let is_done = tokio::select! {
            () = stop.cancelled() => return,
            refreshed = icons::refresh_next_icon(&app) => match refreshed {
                Ok(was_due) => !was_due,
                Err(error) => {
                    tracing::error!(%error, "an icon could not be stored");
                    true
                }
            }
        };
        if is_done {
            tokio::select! {
                () = stop.cancelled() => return,
                () = app.clock.sleep(DUE_QUERY_INTERVAL) => {}
            }
        }
    }
}
