//! The loop that records every change of the readiness of the models in use.

use crate::server::{services::models, state::App};

/// Runs until the soft stop.
pub async fn run(app: App) {
    let mut changes = app.models.subscribe();
    let mut recorded = models::RecordedReadiness::default();
    loop {
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            outcome = models::record_changes(&app, &mut recorded) => {
                if let Err(error) = outcome {
                    tracing::error!(%error, "a change of the models' readiness could not be recorded");
                }
            }
        }
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}
