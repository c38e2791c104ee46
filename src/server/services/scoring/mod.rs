//! The queue and its worker, as the pages see them, and the stages of the worker's way: claim, ask, store.

mod activity;
pub mod ask;
pub mod claim;
pub mod keep;
mod rescore;
pub mod sound;

pub use activity::WorkerState;
pub use claim::prompts;
pub use rescore::{outlook, rescore};

use crate::{
    domain::{
        event::Event,
        scoring::{Phase, ScoringStatus},
        vote::Agreement,
    },
    error::AppError,
    server::{
        services::models,
        state::App,
        storage::{preferences, queue, votes},
    },
};

/// The queue and the worker at this moment. Never waits for Ollama.
pub async fn status(app: &App) -> Result<ScoringStatus, AppError> {
    let counts = queue::counts(&app.db.read).await?;
    let paused = preferences::scoring_paused(&app.db.read).await?;
    let worker = app.worker.borrow().clone();
    let rate = worker.articles_per_minute(app.clock.millis());
    let at_work = matches!(worker.phase, Phase::Categorizing | Phase::Scoring | Phase::Loading);
    let readiness = match worker.phase {
        // It has just shown itself, which is newer than any look.
        Phase::Categorizing | Phase::Scoring => worker.readiness.clone(),
        Phase::Waiting if !worker.readiness.ready => worker.readiness.clone(),
        _ => models::of_queue(app).await?,
    };
    Ok(ScoringStatus {
        counts,
        // The reader's wish shows at once, though a call that is out may still be finishing.
        phase: if paused && !at_work { Phase::Paused } else { worker.phase },
        article_id: worker.article,
        model: worker.model.clone(),
        readiness,
        articles_per_minute: rate,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "an estimate in whole seconds"
        )]
        eta_seconds: rate
            .filter(|rate| *rate > 0.0)
            .map(|rate| (counts.in_progress() as f64 * 60.0 / rate).ceil() as i64),
        since: worker.since,
    })
}

/// How far the reader's votes and the scores agree; `None` before the first vote on a scored article.
pub async fn agreement(app: &App) -> Result<Option<Agreement>, AppError> {
    let now = votes::by_score(&app.db.read).await?;
    Ok(Agreement::of(&now, &votes::by_score_then(&app.db.read).await?))
}

/// Stops (`true`) or starts the worker; survives a restart.
pub async fn set_paused(app: &App, paused: bool) -> Result<ScoringStatus, AppError> {
    let mut db = app.db.write().await?;
    preferences::set_scoring_paused(&mut db, paused).await?;
    db.commit().await?;
    app.scoring_bell.notify_one();
    let status = status(app).await?;
    app.tell(Event::Scoring(status.clone()));
    Ok(status)
}
