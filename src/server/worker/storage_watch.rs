//! The loop that watches the files of the database: its log, the free space, and whether it can be written again.

use crate::server::{services::storage_health, state::App};
use std::time::Duration;

/// Time between two checks.
const WATCH_INTERVAL: Duration = Duration::from_secs(5);

/// Watches until the soft stop.
pub async fn run(app: App) {
    let mut obstacle = app.db.subscribe_to_obstacle();
    let mut was_blocked = app.db.obstacle().is_some();
    loop {
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = storage_health::watch(&app) => {}
        }
        let pause = app.clock.sleep(WATCH_INTERVAL);
        tokio::pin!(pause);
        loop {
            let is_blocked = obstacle.borrow_and_update().is_some();
            if was_blocked && !is_blocked {
                storage_health::wake_waiting_loops(&app);
            }
            was_blocked = is_blocked;
            tokio::select! {
                () = app.lifecycle.soft_stop.cancelled() => return,
                () = &mut pause => break,
                changed = obstacle.changed() => if changed.is_err() { return },
            }
        }
    }
}
