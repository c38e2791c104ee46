//! The loop that brings the model servers in step with what other processes stored, and asks idle ones whether they answer.

use crate::server::{services::servers, state::App};
use std::time::Duration;

/// `gleaner servers` is a process of its own and cannot wake this one.
const REFRESH_INTERVAL: Duration = Duration::from_secs(10);
/// Every so many refreshes idle servers are asked: one small request a minute.
const REFRESHES_PER_PING: u32 = 6;

/// Runs until the soft stop.
pub async fn run(app: App) {
    let stop = app.lifecycle.soft_stop.clone();
    let mut round = 0;
    loop {
        if let Err(error) = servers::refresh(&app).await {
            tracing::warn!(%error, "the model servers could not be read");
        }
        if round % REFRESHES_PER_PING == 0 {
            tokio::select! {
                () = stop.cancelled() => return,
                () = servers::ping_idle(&app) => {}
            }
        }
        round += 1;
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep(REFRESH_INTERVAL) => {}
        }
    }
}
