//! Claiming articles of the queue, with everything that a request about them needs.

use crate::domain::model_name::ModelName;
use crate::{
    domain::{
        model::{ModelConfig, ModelOptions},
        model_server::ServerSettings,
        preferences::Preferences,
        scoring::{Prompts, ScoringStep},
    },
    error::AppError,
    server::{
        scoring::{
            fingerprint::ScoringFingerprint,
            prompt::{self, StepInstructions},
            step_order::{self, StepRun},
        },
        services::{full_text, models},
        state::App,
        storage::{categories, preferences, queue, rescore},
    },
};
use std::sync::Arc;

/// Duration of a lease in seconds; after that, the articles are back in the queue. A batch never takes so long: its requests are
/// bounded, and a starting process ends all leases of the last one anyway.
const LEASE_SECONDS: i64 = 6 * 3600;

/// The settings of a batch, read once; a change applies from the next batch.
#[derive(Debug)]
pub struct ScoringBatch {
    /// The system prompt and schema of the step.
    pub instructions: StepInstructions,
    /// Name of the model.
    pub model: ModelName,
    /// sha256 of the model's manifest, when it is known.
    pub model_digest: Option<String>,
    /// Options of the request.
    pub options: ModelOptions,
    /// The lease under which results are stored.
    pub lease: i64,
}

/// One article to ask about.
#[derive(Debug)]
pub struct ScoringTask {
    /// The article.
    pub article: queue::ClaimedArticle,
    /// Its text as plain paragraphs.
    pub paragraphs: Vec<String>,
    /// The settings of its batch.
    pub batch: Arc<ScoringBatch>,
}

/// The result of a claim.
#[derive(Debug)]
pub enum ClaimOutcome {
    /// The reader stopped the scoring.
    Paused,
    /// Nothing is waiting.
    QueueEmpty,
    /// Only work for the other model is waiting, while this one is still busy.
    Deferred,
    /// The model answers again, and an article may be why it did not.
    CanaryPassed,
    /// The claimed articles, in the order of the queue.
    Tasks(Vec<ScoringTask>),
}

/// The state of the worker when it claims.
#[derive(Clone, Debug)]
pub struct StepProgress {
    /// The current run of articles of one step.
    pub current: Option<StepRun>,
    /// Whether requests are in flight or waiting to be sent.
    pub busy: bool,
}

/// Claims up to `limit` articles of the step that is next, of those that `server` serves.
#[tracing::instrument(name = "scoring.claim.claim", level = "debug", skip_all)]
pub async fn claim(
    app: &App,
    server: &ServerSettings,
    at: &StepProgress,
    limit: usize,
) -> Result<ClaimOutcome, AppError> {
    if preferences::scoring_paused(&app.db.read).await? {
        return Ok(ClaimOutcome::Paused);
    }
    full_text::end_holds(app).await?;
    let config = models::load_config(app).await?;
    let is_reloaded = config.reloads_between_steps();
    let heads = queue::load_heads(&app.db.read).await?;
    let heads: Vec<(ScoringStep, i64)> =
        heads.iter().filter(|head| server.serves(head.step)).map(|head| (head.step, head.priority)).collect();
    let Some(step) = step_order::next_step(&heads, at.current, is_reloaded) else {
        return Ok(ClaimOutcome::QueueEmpty);
    };
    if is_reloaded && at.busy && at.current.is_some_and(|run| run.step != step) {
        return Ok(ClaimOutcome::Deferred);
    }
    let saved = preferences::get(&app.db.read).await?;
    let batch = Arc::new(build_batch(app, server, step, &config, &saved).await?);

    let mut db = app.db.write().await?;
    let now = app.clock.now();
    let until = now.plus(LEASE_SECONDS);
    queue::release_leases(&mut db, queue::LeaseScope::EndingOutside(now, until)).await?;
    let shown = app.shown_articles.list(now);
    let ids = queue::claim(&mut db, step, limit, (batch.lease, until), &shown).await?;
    // The settings of the first evaluation, to which later settings are compared.
    rescore::set_first_fingerprint(&mut db, &ScoringFingerprint::new(&config, &saved).to_json()).await?;
    // Read before the commit: articles that were claimed but not read would wait until the lease ends.
    let subjects = queue::load_claimed(&mut *db, &ids, batch.lease).await?;
    db.commit().await?;

    let work = |subject: queue::ClaimedArticle| ScoringTask {
        paragraphs: prompt::extract_prompt_paragraphs(&subject.html),
        article: queue::ClaimedArticle { html: String::new(), ..subject },
        batch: batch.clone(),
    };
    Ok(if subjects.is_empty() {
        ClaimOutcome::QueueEmpty
    } else {
        ClaimOutcome::Tasks(subjects.into_iter().map(work).collect())
    })
}

/// Puts articles back into the queue whose lease is over, or was given while the clock was ahead.
pub async fn release_ended_claims(app: &App) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    let now = app.clock.now();
    queue::release_leases(&mut db, queue::LeaseScope::EndingOutside(now, now.plus(LEASE_SECONDS))).await?;
    Ok(db.commit().await?)
}

/// What would be sent for an article now, with placeholders in the article's place.
#[tracing::instrument(name = "scoring.claim.preview_prompts", level = "debug", skip_all)]
pub async fn preview_prompts(app: &App) -> Result<Prompts, AppError> {
    let saved = preferences::get(&app.db.read).await?;
    let categorize = build_instructions(app, ScoringStep::Categorize, &saved).await?;
    Ok(prompt::preview_prompts(&categorize, &build_instructions(app, ScoringStep::Score, &saved).await?))
}

async fn build_batch(
    app: &App,
    server: &ServerSettings,
    step: ScoringStep,
    config: &ModelConfig,
    saved: &Preferences,
) -> Result<ScoringBatch, AppError> {
    let model = match step {
        ScoringStep::Categorize => &config.categorization_model,
        ScoringStep::Score => &config.scoring_model,
    };
    // A server may have a model of its own.
    let asked = (!server.model.is_empty()).then(|| ModelName::from(server.model.as_str()));
    Ok(ScoringBatch {
        instructions: build_instructions(app, step, saved).await?,
        model: model.clone(),
        model_digest: models::manifest_digest(app, model),
        options: config.options_for(asked.as_ref().unwrap_or(model), step.into()),
        lease: rand::random(),
    })
}

async fn build_instructions(app: &App, step: ScoringStep, saved: &Preferences) -> Result<StepInstructions, AppError> {
    Ok(match step {
        ScoringStep::Categorize => {
            let all = categories::list(&app.db.read).await?;
            let aliases = categories::list_aliases(&app.db.read).await?;
            StepInstructions::for_categorization(&all, &aliases, saved.suggest_categories)
        }
        ScoringStep::Score => StepInstructions::for_scoring(&saved.interests, &saved.anti_interests),
    })
}
