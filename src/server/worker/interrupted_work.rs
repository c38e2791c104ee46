//! Goes on with work on many articles that an end of the process interrupted, once.

use crate::server::{
    services::{bulk_marks, categories, rules, stories},
    state::App,
};

/// Runs until nothing of it is left, or the soft stop.
pub async fn run(app: App) {
    rules::run_queue(&app).await;
    if let Err(error) = rules::work_off(&app).await {
        tracing::error!(%error, "a rule could not be applied or undone to the end; the next start tries again");
    }
    if let Err(error) = bulk_marks::finish_interrupted(&app).await {
        tracing::error!(%error, "articles could not be marked as read to the end; the next start tries again");
    }
    if let Err(error) = categories::finish_ranking(&app).await {
        tracing::error!(%error, "articles could not be ranked anew to the end; the next start tries again");
    }
    if let Err(error) = stories::apply_preference(&app).await {
        tracing::error!(%error, "duplicates could not be hidden or shown to the end; the next start tries again");
    }
}
