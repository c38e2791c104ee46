//! Models that give every article the same score, or whose answers cannot be used: found by their last answers. The articles of a flat
//! model are ranked by the words of the interests until its scores differ again.

use crate::{
    domain::{
        answer_problem::{self, AnswerProblem, AnswerProblemKind, RecentAnswer, ScorePair},
        library::{LibraryModel, MemoryFit},
        model_name::ModelName,
        scoring::ScoringStep,
    },
    error::AppError,
    server::{
        services::{keyword_rank, models, slices::SliceSize},
        state::App,
        storage::flat_models::{self, FlatModel},
    },
};
use sqlx::SqliteConnection;

/// An answer that was given just now.
#[derive(Clone, Copy, Debug)]
pub(super) struct GivenAnswer<'a> {
    /// The model that gave it.
    pub model: &'a ModelName,
    /// The step that was asked for.
    pub step: ScoringStep,
    /// The version of the prompt.
    pub prompt_version: &'a str,
    /// Whether it can be used.
    pub is_usable: bool,
    /// The score, of a usable answer of that step.
    pub score: Option<ScorePair>,
}

/// Stores an answer and judges the model by its last ones. Returns whether its score ranks nothing, because the model gives every
/// article the same.
pub(super) async fn record_answer(
    app: &App,
    db: &mut SqliteConnection,
    given: GivenAnswer<'_>,
) -> Result<bool, AppError> {
    let GivenAnswer { model, step, prompt_version, is_usable, score } = given;
    let answer = RecentAnswer { prompt_version: prompt_version.to_owned(), is_usable, score };
    flat_models::append_answer(db, model, step, &answer).await?;
    let Some(score) = score else { return Ok(false) };
    let last = flat_models::list_answers(&mut *db, model, step).await?;
    let stored = flat_models::find(&mut *db, model, prompt_version).await?;
    let was_flat = stored.filter(|stored| stored.is_flat).map(|stored| stored.score);
    let flat = answer_problem::find_flat_score(&last, prompt_version, was_flat);
    if was_flat != flat {
        let row = FlatModel {
            model: model.clone(),
            prompt_version: prompt_version.to_owned(),
            score: flat.or(was_flat).unwrap_or(score),
            is_flat: flat.is_some(),
        };
        flat_models::save(db, &row, app.clock.now()).await?;
        let (interest, quality) = (row.score.interest, row.score.quality);
        if row.is_flat {
            tracing::warn!(%model, interest, quality, "the model gives every article the same score; words rank its articles");
        } else {
            tracing::info!(%model, "the scores of the model differ again; they rank its articles");
        }
    }
    Ok(flat.is_some())
}

/// Lets the articles of models that became flat, or are it no more, follow; in short transactions. Whether there were any. Work that
/// an ended process left undone is found again.
#[tracing::instrument(name = "scoring.flat_models.apply_changes", level = "debug", skip_all)]
pub async fn apply_changes(app: &App) -> Result<bool, AppError> {
    if !flat_models::has_pending(&app.db.read).await? {
        return Ok(false);
    }
    let mut size = SliceSize::first();
    loop {
        let mut db = app.db.write().await?;
        let started_ms = app.clock.monotonic_ms();
        let is_left = flat_models::apply_next(&mut db, size.rows().into()).await?;
        db.commit().await?;
        if !is_left {
            return Ok(true);
        }
        size = size.after(app.clock.monotonic_ms() - started_ms);
    }
}

/// What is wrong with the answers of the models in use, of every server.
#[tracing::instrument(name = "scoring.flat_models.find_problems", level = "debug", skip_all)]
pub async fn find_problems(app: &App) -> Result<Vec<AnswerProblem>, AppError> {
    let mut problems = Vec::new();
    for (model, step) in models_in_use(app).await? {
        let last = flat_models::list_answers(&app.db.read, &model, step).await?;
        let Some(newest) = last.first() else { continue };
        let stored = flat_models::find(&app.db.read, &model, &newest.prompt_version).await?;
        let flat = stored.filter(|stored| stored.is_flat && step == ScoringStep::Score).map(|stored| stored.score);
        let refused = answer_problem::count_refused(&last);
        if flat.is_none() && refused.is_none() {
            continue;
        }
        let has_keywords = !keyword_rank::load_interest_keywords(&app.db.read).await?.is_empty();
        let suggestion = suggest_model(app, &model).await?;
        let problem = |kind| AnswerProblem {
            model: model.clone(),
            kind,
            step,
            score: flat.filter(|_| kind == AnswerProblemKind::Flat),
            refused: refused
                .filter(|_| kind == AnswerProblemKind::Refusing)
                .and_then(|count| i64::try_from(count).ok()),
            has_keywords,
            suggestion: suggestion.clone(),
        };
        problems.extend(flat.map(|_| problem(AnswerProblemKind::Flat)));
        problems.extend(refused.map(|_| problem(AnswerProblemKind::Refusing)));
    }
    Ok(problems)
}

/// The models that are asked about articles, each with its steps.
async fn models_in_use(app: &App) -> Result<Vec<(ModelName, ScoringStep)>, AppError> {
    let config = models::load_config(app).await?;
    let mut found: Vec<(ModelName, ScoringStep)> = Vec::new();
    for step in ScoringStep::ALL.iter().copied() {
        let chosen = match step {
            ScoringStep::Categorize => &config.categorization_model,
            ScoringStep::Score => &config.scoring_model,
        };
        let servers = app.servers.list();
        let own = servers.iter().filter(|server| server.settings.serves(step) && !server.settings.model.is_empty());
        for model in std::iter::once(chosen.clone()).chain(own.map(|server| server.settings.model.as_str().into())) {
            if !found.contains(&(model.clone(), step)) {
                found.push((model, step));
            }
        }
    }
    Ok(found)
}

/// The largest installed model that is larger than `model`, else the first recommended one that is, and that fits the machine. None
/// while the size of `model` is not known.
async fn suggest_model(app: &App, model: &ModelName) -> Result<Option<ModelName>, AppError> {
    let snapshot = app.models.snapshot();
    let library = models::load_library(app).await?.models;
    let listed = || library.iter().find(|known| known.name == *model).map(|known| known.size);
    let Some(size) = snapshot.find(model).map(|installed| installed.size).or_else(listed) else { return Ok(None) };
    let largest = snapshot.alternatives(model).first().and_then(|name| snapshot.find(name));
    if let Some(installed) = largest.filter(|installed| installed.size > size) {
        return Ok(Some(installed.name.clone()));
    }
    let is_better =
        |known: &&LibraryModel| known.size > size && !matches!(known.fit, Some(MemoryFit::Tight | MemoryFit::TooLarge));
    Ok(library.iter().find(is_better).map(|known| known.name.clone()))
}
