//! The last answers of each model, and the models that give every article the same score.

use crate::domain::{
    answer_problem::{RecentAnswer, ScorePair},
    model_name::ModelName,
    scoring::ScoringStep,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// How many answers of a model to a step are kept: twice as many as it is judged by.
const MAX_STORED_ANSWERS: i64 = 40;

/// A model that gave, or gives, every article the same score with one prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatModel {
    /// Name of the model, as its runs have it.
    pub model: ModelName,
    /// The version of the prompt.
    pub prompt_version: String,
    /// The score.
    pub score: ScorePair,
    /// `false`: its scores differ again.
    pub is_flat: bool,
}

/// Stores an answer, and deletes what is older than the last forty of its model and step.
pub async fn append_answer(
    db: &mut SqliteConnection,
    model: &ModelName,
    step: ScoringStep,
    answer: &RecentAnswer,
) -> sqlx::Result<()> {
    let (step, score) = (step.as_str(), answer.score);
    let (interest, quality) = (score.map(|score| score.interest), score.map(|score| score.quality));
    sqlx::query!(
        "INSERT INTO model_answers (model, step, prompt_version, is_usable, interest, quality) VALUES (?, ?, ?, ?, ?, ?)",
        model,
        step,
        answer.prompt_version,
        answer.is_usable,
        interest,
        quality,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "DELETE FROM model_answers WHERE model = ?1 AND step = ?2
             AND id <= (SELECT id FROM model_answers WHERE model = ?1 AND step = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
        model,
        step,
        MAX_STORED_ANSWERS,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The last answers of a model to a step, at most forty, the newest first.
pub async fn list_answers(
    db: impl SqliteExecutor<'_>,
    model: &ModelName,
    step: ScoringStep,
) -> sqlx::Result<Vec<RecentAnswer>> {
    let step = step.as_str();
    let rows = sqlx::query!(
        r#"SELECT prompt_version, is_usable AS "is_usable: bool", interest AS "interest: u8", quality AS "quality: u8"
           FROM model_answers WHERE model = ? AND step = ? ORDER BY id DESC LIMIT ?"#,
        model,
        step,
        MAX_STORED_ANSWERS,
    )
    .fetch_all(db)
    .await?;
    let answer = |prompt_version, is_usable, score: Option<(u8, u8)>| RecentAnswer {
        prompt_version,
        is_usable,
        score: score.map(|(interest, quality)| ScorePair { interest, quality }),
    };
    Ok(rows.into_iter().map(|row| answer(row.prompt_version, row.is_usable, row.interest.zip(row.quality))).collect())
}

/// What is stored of a model and a prompt.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    model: &ModelName,
    prompt_version: &str,
) -> sqlx::Result<Option<FlatModel>> {
    sqlx::query!(
        r#"SELECT model AS "model: ModelName", prompt_version, interest AS "interest: u8", quality AS "quality: u8",
                  is_flat AS "is_flat: bool"
           FROM flat_models WHERE model = ? AND prompt_version = ?"#,
        model,
        prompt_version,
    )
    .map(|row| FlatModel {
        model: row.model,
        prompt_version: row.prompt_version,
        score: ScorePair { interest: row.interest, quality: row.quality },
        is_flat: row.is_flat,
    })
    .fetch_optional(db)
    .await
}

/// Stores that a model is flat, or is it no more; its articles follow in [`apply_next`].
pub async fn save(db: &mut SqliteConnection, flat: &FlatModel, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO flat_models (model, prompt_version, interest, quality, is_flat, since, done_until) VALUES (?, ?, ?, ?, ?, ?, 0)
         ON CONFLICT (model, prompt_version) DO UPDATE SET interest = excluded.interest, quality = excluded.quality,
             is_flat = excluded.is_flat, since = excluded.since, done_until = 0",
        flat.model,
        flat.prompt_version,
        flat.score.interest,
        flat.score.quality,
        flat.is_flat,
        now.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether articles of a model still have to follow.
pub async fn has_pending(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("SELECT 1 FROM flat_models WHERE done_until IS NOT NULL LIMIT 1");
    Ok(found.fetch_optional(db).await?.is_some())
}

/// Lets at most `max` articles of a model follow what [`save`] stored, with their copies in other feeds; false when none is left. An
/// article that the words rank from now on has no rank by them until it is computed, and keeps its score until then.
pub async fn apply_next(db: &mut SqliteConnection, max: i64) -> sqlx::Result<bool> {
    let pending = sqlx::query!(
        r#"SELECT model AS "model: ModelName", prompt_version, interest, quality, is_flat, done_until AS "done_until!"
           FROM flat_models WHERE done_until IS NOT NULL ORDER BY model, prompt_version LIMIT 1"#
    );
    let Some(pending) = pending.fetch_optional(&mut *db).await? else { return Ok(false) };
    let runs = sqlx::query!(
        r#"SELECT article_id AS "article_id!", prompt_version FROM model_runs
           WHERE model = ? AND article_id > ? AND step = 'score' ORDER BY article_id LIMIT ?"#,
        pending.model,
        pending.done_until,
        max,
    )
    .fetch_all(&mut *db)
    .await?;
    let ids = runs.iter().filter(|run| run.prompt_version == pending.prompt_version).map(|run| run.article_id);
    let ids = super::json_ids(ids);
    sqlx::query!(
        "WITH scored AS MATERIALIZED (
             SELECT s.article_id AS id, (?2 AND s.interest = ?3 AND s.quality = ?4) AS is_flat
             FROM json_each(?1) j CROSS JOIN scores s ON s.article_id = j.value
             UNION ALL
             SELECT s.article_id, (?2 AND s.interest = ?3 AND s.quality = ?4)
             FROM json_each(?1) j CROSS JOIN articles a ON a.id = j.value
                  CROSS JOIN articles m ON m.story_id = a.story_id
                  CROSS JOIN scores s ON s.article_id = m.id AND s.source_article_id = a.id)
         UPDATE articles SET is_flat = scored.is_flat, provisional = iif(scored.is_flat, NULL, provisional)
         FROM scored WHERE articles.id = scored.id AND articles.is_flat <> scored.is_flat",
        ids,
        pending.is_flat,
        pending.interest,
        pending.quality,
    )
    .execute(&mut *db)
    .await?;
    let last = runs.last().filter(|_| i64::try_from(runs.len()).is_ok_and(|found| found >= max));
    let done_until = last.map(|run| run.article_id);
    sqlx::query!(
        "UPDATE flat_models SET done_until = ? WHERE model = ? AND prompt_version = ?",
        done_until,
        pending.model,
        pending.prompt_version,
    )
    .execute(&mut *db)
    .await?;
    if done_until.is_none() && pending.is_flat == 0 {
        sqlx::query!(
            "DELETE FROM flat_models WHERE model = ? AND prompt_version = ? AND is_flat = 0",
            pending.model,
            pending.prompt_version,
        )
        .execute(db)
        .await?;
    }
    Ok(true)
}
