//! Taking articles out of the queue, with everything that is needed to ask about them.

use crate::{
    domain::{
        model::{ModelConfig, ModelOptions},
        preferences::Preferences,
        scoring::{Prompts, Step},
    },
    error::AppError,
    server::{
        scoring::{
            evaluated::Evaluated,
            order,
            prompt::{self, Instructions},
        },
        services::models,
        state::App,
        storage::{categories, preferences, queue, rescore},
    },
};
use std::sync::Arc;

/// A claim that nobody answers for any more ends by itself after this many seconds. A batch never takes so long: its
/// requests are bounded, and the process that starts next ends all claims of the last one anyway.
const LEASE_SECONDS: i64 = 6 * 3600;

/// The settings that a batch is worked on with, read once; a change applies from the next one.
#[derive(Debug)]
pub struct Batch {
    pub instructions: Instructions,
    pub model: String,
    /// sha256 of the model's manifest, when it is known.
    pub model_digest: Option<String>,
    pub options: ModelOptions,
    /// Under which results are stored.
    pub lease: i64,
}

/// One article to ask about.
#[derive(Debug)]
pub struct Work {
    pub subject: queue::Subject,
    /// Its text, made harmless.
    pub paragraphs: Vec<String>,
    pub batch: Arc<Batch>,
}

/// What a look at the queue brought.
#[derive(Debug)]
pub enum Claimed {
    /// The reader stopped the scoring.
    Paused,
    /// Nothing is waiting.
    Nothing,
    /// Only work for the other model is waiting, while this one is still busy.
    Later,
    /// The model answers again, and an article may be why it did not.
    Sound,
    /// In the order of the queue.
    Work(Vec<Work>),
}

/// What the worker is at while it claims.
#[derive(Clone, Debug)]
pub struct AtWork {
    /// The step at work, and for how many articles in a row it was claimed.
    pub run: Option<(Step, usize)>,
    /// Whether requests are out or waiting to be sent.
    pub busy: bool,
}

/// Claims up to `limit` articles of the step that is next.
pub async fn claim(app: &App, at: &AtWork, limit: usize) -> Result<Claimed, AppError> {
    if preferences::scoring_paused(&app.db.read).await? {
        return Ok(Claimed::Paused);
    }
    let config = models::config(app).await?;
    let two_models = config.categorization_model != config.scoring_model;
    let heads: Vec<(Step, i64)> = queue::heads(&app.db.read).await?.iter().map(|h| (h.step, h.priority)).collect();
    let Some(step) = order::next(&heads, at.run, two_models) else { return Ok(Claimed::Nothing) };
    if two_models && at.busy && at.run.is_some_and(|(current, _)| current != step) {
        return Ok(Claimed::Later);
    }
    let saved = preferences::get(&app.db.read).await?;
    let batch = Arc::new(batch(app, step, &config, &saved).await?);

    let mut db = app.db.write().await?;
    let now = app.clock.now();
    queue::release_expired(&mut db, now).await?;
    let until = now.plus(LEASE_SECONDS);
    let ids = queue::claim(&mut db, step, limit, batch.lease, until).await?;
    // What the first evaluation of all ran with; later changes are told by it.
    rescore::set_first_evaluated(&mut db, &Evaluated::new(&config, &saved).to_json()).await?;
    // Read before the claim holds: articles that were claimed and not read would wait until the lease ends.
    let subjects = queue::subjects(&mut *db, &ids, batch.lease).await?;
    db.commit().await?;

    let work = |subject: queue::Subject| Work {
        paragraphs: prompt::paragraphs(&subject.html),
        subject: queue::Subject { html: String::new(), ..subject },
        batch: batch.clone(),
    };
    Ok(if subjects.is_empty() { Claimed::Nothing } else { Claimed::Work(subjects.into_iter().map(work).collect()) })
}

/// What would be sent for an article now, with placeholders in the article's place.
pub async fn prompts(app: &App) -> Result<Prompts, AppError> {
    let saved = preferences::get(&app.db.read).await?;
    let categorize = instructions(app, Step::Categorize, &saved).await?;
    Ok(prompt::shown(&categorize, &instructions(app, Step::Score, &saved).await?))
}

async fn batch(app: &App, step: Step, config: &ModelConfig, saved: &Preferences) -> Result<Batch, AppError> {
    let model = match step {
        Step::Categorize => &config.categorization_model,
        Step::Score => &config.scoring_model,
    };
    Ok(Batch {
        instructions: instructions(app, step, saved).await?,
        model: model.clone(),
        model_digest: models::digest(app, model),
        options: config.options.clone(),
        lease: rand::random(),
    })
}

async fn instructions(app: &App, step: Step, saved: &Preferences) -> Result<Instructions, AppError> {
    Ok(match step {
        Step::Categorize => {
            let all = categories::all(&app.db.read).await?;
            Instructions::to_categorize(&all, &categories::aliases(&app.db.read).await?)
        }
        Step::Score => Instructions::to_score(&saved.interests, &saved.anti_interests),
    })
}
