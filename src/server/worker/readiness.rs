//! Notes every change of how the models in use stand, as it happens.

use crate::server::{services::models, state::App};

/// Runs until the soft stop.
pub async fn run(app: App) {
    let (mut seen, mut looks) = (app.ollama.tracker().subscribe(), app.models_snapshot.subscribe());
    let mut noted = models::RecordedReadiness::default();
    loop {
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            outcome = models::record_changes(&app, &mut noted) => {
                if let Err(error) = outcome {
                    tracing::error!(%error, "a change of the models' readiness could not be noted");
                }
            }
        }
        let changed = tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            changed = seen.changed() => changed,
            changed = looks.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}
