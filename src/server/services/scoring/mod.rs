//! The queue and its worker, as the pages see them, and the stages of the worker's loop: claim, model call, storing results.

pub mod canary;
pub mod claim;
pub mod flat_models;
pub mod model_call;
mod rescore;
pub mod store_results;

pub use claim::preview_prompts;
pub use rescore::{cancel_rescore, preview_rescore, rescore};

use crate::{
    domain::{
        live_event::LiveEvent,
        model_name::ModelName,
        model_server::ServerStatus,
        scoring::{ScoringPhase, ScoringReadiness, ScoringStatus},
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
#[tracing::instrument(name = "scoring.load_status", level = "debug", skip_all)]
pub async fn load_status(app: &App) -> Result<ScoringStatus, AppError> {
    let counts = queue::load_state_counts(&app.db.read).await?;
    let paused = preferences::scoring_paused(&app.db.read).await?;
    let activity = app.scoring_activity.borrow().clone();
    let rate = activity.articles_per_minute(app.clock.monotonic_ms());
    let phase = phase_of_all(app, activity.phase);
    let at_work = matches!(phase, ScoringPhase::Categorizing | ScoringPhase::Scoring | ScoringPhase::Loading);
    let readiness = match phase {
        _ if phase != activity.phase => ScoringReadiness { ready: true, reason: None, message: None },
        // The worker has just had an answer, which is newer than any poll.
        ScoringPhase::Categorizing | ScoringPhase::Scoring => activity.readiness.clone(),
        ScoringPhase::Waiting if !activity.readiness.ready => activity.readiness.clone(),
        _ => queue_readiness(app).await?,
    };
    Ok(ScoringStatus {
        counts,
        paused,
        // A pause shows at once, though a request that is under way may still be finishing.
        phase: if paused && !at_work { ScoringPhase::Paused } else { phase },
        article_id: activity.article,
        model: activity.model.clone(),
        readiness,
        articles_per_minute: rate,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "an estimate in whole seconds"
        )]
        // Unknown while the worker waits or is paused.
        eta_seconds: rate
            .filter(|rate| *rate > 0.0 && at_work)
            .map(|rate| (counts.in_progress_count() as f64 * 60.0 / rate).ceil() as i64),
        since: activity.since,
    })
}

/// The phase of the first server, unless it has nothing to do or waits while another one works.
fn phase_of_all(app: &App, first: ScoringPhase) -> ScoringPhase {
    let is_at_rest = matches!(first, ScoringPhase::Idle | ScoringPhase::Waiting);
    let others_work =
        || app.servers.list().iter().any(|server| !server.settings.is_main() && server.status().in_flight > 0);
    if is_at_rest && others_work() { ScoringPhase::Scoring } else { first }
}

/// Whether a server can work on the queue. Of the main one the snapshot says it; another is ready while nothing is known against it.
async fn queue_readiness(app: &App) -> Result<ScoringReadiness, AppError> {
    let servers = app.servers.list();
    let mut others = servers.iter().map(|server| server.status());
    let has_task = |status: &ServerStatus| status.settings.categorizes || status.settings.scores;
    let main_has_task = others.next().is_none_or(|main| has_task(&main));
    let others: Vec<ServerStatus> = others.filter(has_task).collect();
    if others.iter().any(|status| status.problem.is_none()) {
        return Ok(ScoringReadiness { ready: true, reason: None, message: None });
    }
    match others.into_iter().find_map(|status| status.problem) {
        Some(message) if !main_has_task => {
            Ok(ScoringReadiness { ready: false, reason: Some("server".to_owned()), message: Some(message) })
        }
        _ => models::queue_readiness(app).await,
    }
}

/// How many articles are in the queue, when a worker of this data folder, in whatever process, asks `model` about one of them now.
/// `None`: none does.
#[tracing::instrument(name = "scoring.queue_before_reader", level = "debug", skip_all, fields(%model))]
pub async fn queue_before_reader(app: &App, model: &ModelName) -> Result<Option<i64>, AppError> {
    let is_in_use = models::load_config(app).await?.models_in_use().contains(&model);
    if !is_in_use || queue::count_held_leases(&app.db.read, app.clock.now()).await? == 0 {
        return Ok(None);
    }
    Ok(Some(queue::load_state_counts(&app.db.read).await?.in_progress_count()))
}

/// How far the reader's votes and the scores agree; `None` before the first vote on a scored article.
#[tracing::instrument(name = "scoring.load_agreement", level = "debug", skip_all)]
pub async fn load_agreement(app: &App) -> Result<Option<Agreement>, AppError> {
    let now = votes::tally_by_current_score(&app.db.read).await?;
    Ok(Agreement::from_tallies(&now, &votes::tally_by_score_at_vote(&app.db.read).await?))
}

/// Stops (`true`) or starts the worker; survives a restart.
#[tracing::instrument(name = "scoring.set_paused", level = "debug", skip_all)]
pub async fn set_paused(app: &App, paused: bool) -> Result<ScoringStatus, AppError> {
    let mut db = app.db.write().await?;
    preferences::set_scoring_paused(&mut db, paused).await?;
    db.commit().await?;
    app.scoring_wakeup.notify_one();
    let status = load_status(app).await?;
    app.publish(LiveEvent::Scoring(status.clone()));
    Ok(status)
}
