//! The loop that warms the model up at the start and after another choice: once for each, never on a timer, since a model that
//! left memory was not needed.

use crate::server::{services::models, state::App};

/// Runs until the soft stop, unless it is switched off.
pub async fn run(app: App) {
    if !app.config.ollama.warm_up {
        return;
    }
    let mut changes = app.models.subscribe();
    let mut done = None;
    loop {
        // Armed before the choice is read, so that a change in between is not lost.
        let chosen = app.choice_wakeup.notified();
        tokio::pin!(chosen);
        chosen.as_mut().enable();
        let work = async {
            let wanted = models::warm_up_target(&app).await;
            match wanted {
                Ok(Some(wanted)) if done.as_ref() != Some(&wanted) && app.models.snapshot().is_connected() => {
                    if models::needs_warm_up(&app, &wanted) {
                        warm_up_and_log(&app, &wanted).await;
                        return Some(wanted);
                    }
                    // A missing model is warmed up when it is installed.
                    app.models.snapshot().find(&wanted.model).is_some().then_some(wanted)
                }
                // Logged where it happened; the next change tries again.
                _ => None,
            }
        };
        // Another choice ends a load that is wanted no more.
        let warmed = tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            warmed = work => warmed,
            () = &mut chosen => continue,
        };
        done = warmed.or(done);
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => return,
            () = &mut chosen => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

async fn warm_up_and_log(app: &App, wanted: &models::WarmUpTarget) {
    let started = app.clock.monotonic_ms();
    match models::warm_up(app, wanted).await {
        Ok(()) => {
            let elapsed_ms = u64::try_from(app.clock.monotonic_ms() - started).unwrap_or(0);
            tracing::info!(model = %wanted.model, elapsed_ms, "the model is ready");
        }
        Err(error) => {
            tracing::warn!(model = %wanted.model, cause = error.code(), %error, "the model could not be warmed up")
        }
    }
}
