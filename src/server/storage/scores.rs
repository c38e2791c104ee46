//! Storing what a model answered, under the lease that the article was claimed with.

use super::{categories, ranking, rules, stories};
use crate::domain::{
    article::ModelRun,
    category::CategoryWeight,
    ids::{ArticleId, CategoryId},
    score::{ArticleState, Judgment, composite_score},
    scoring::ScoringStep,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// Stores the categories of an article beside those that rules gave it: blocked when one of them blocks, else queued to be scored. Returns its new state; `None`
/// when the lease is no longer held, and nothing is stored.
pub async fn store_categories(
    db: &mut SqliteConnection,
    id: ArticleId,
    lease: i64,
    chosen: &[CategoryId],
    run: &ModelRun,
) -> sqlx::Result<Option<ArticleState>> {
    let held = sqlx::query!(
        r#"SELECT s.interest AS "interest?: u8", s.quality AS "quality?: u8"
           FROM articles a LEFT JOIN scores s ON s.article_id = a.id WHERE a.id = ? AND a.lease = ?"#,
        id.0,
        lease,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(held) = held else { return Ok(None) };
    let chosen = rules::add_rule_categories(&mut *db, id, chosen).await?;
    categories::set_article_categories(db, id, &chosen).await?;
    insert_run(db, id, run).await?;
    let weights = ranking::load_weights(db, id).await?;
    let is_blocked = weights.contains(&CategoryWeight::Block);
    // Blocked articles are done; the others keep priority and mode until they are scored, and an old score ranks them.
    let points = ranking::load_points(&mut *db, id).await?;
    let old = held.interest.zip(held.quality);
    let rank = old.and_then(|(interest, quality)| composite_score(interest, quality, &weights, points));
    sqlx::query!(
        "UPDATE articles SET lease = NULL, lease_until = NULL, attempts = 0, last_error = NULL, composite = ?2,
             state = iif(?3, 'blocked', 'queued'), next_step = iif(?3, NULL, 'score'),
             scoring_priority = iif(?3, 0, scoring_priority), rescore_mode = iif(?3, NULL, rescore_mode)
         WHERE id = ?1",
        id.0,
        rank,
        is_blocked,
    )
    .execute(&mut *db)
    .await?;
    if is_blocked {
        stories::settle_story_of(db, id).await?;
    }
    Ok(Some(if is_blocked { ArticleState::Blocked } else { ArticleState::Queued }))
}

/// Stores the score of an article and ends its time in the queue. `false` when the lease is no longer held, and nothing is
/// stored. `is_flat`: the model gives every article this score, so the words of the interests rank it; where they may be others
/// than when the article arrived, its rank by them is computed anew.
pub async fn store_score(
    db: &mut SqliteConnection,
    id: ArticleId,
    lease: i64,
    judgment: &Judgment,
    run: &ModelRun,
    is_flat: bool,
) -> sqlx::Result<bool> {
    // An article at this step is not blocked, so it has a composite.
    let (weights, points) = (ranking::load_weights(db, id).await?, ranking::load_points(db, id).await?);
    let rank = composite_score(judgment.interest, judgment.quality, &weights, points);
    let held = sqlx::query!(
        "UPDATE articles SET lease = NULL, lease_until = NULL, attempts = 0, last_error = NULL, next_step = NULL, state = 'scored',
             scoring_priority = 0, rescore_mode = NULL, composite = ?3, is_flat = ?4,
             provisional = iif(?4 AND composite IS NOT NULL, NULL, provisional)
         WHERE id = ?1 AND lease = ?2 AND state = 'scoring'",
        id.0,
        lease,
        rank,
        is_flat,
    )
    .execute(&mut *db)
    .await?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    let evidence = serde_json::to_string(&judgment.evidence).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query!(
        "INSERT INTO scores (article_id, interest, quality, reasoning, evidence, scored_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (article_id) DO UPDATE SET interest = excluded.interest, quality = excluded.quality,
             reasoning = excluded.reasoning, evidence = excluded.evidence, scored_at = excluded.scored_at,
             source_article_id = NULL",
        id.0,
        judgment.interest,
        judgment.quality,
        judgment.reasoning,
        evidence,
        run.at.0,
    )
    .execute(&mut *db)
    .await?;
    insert_run(db, id, run).await?;
    stories::settle_story_of(db, id).await?;
    Ok(true)
}

/// The article of the same story whose score an article has; `None`: its own, or none.
pub async fn load_source(db: impl SqliteExecutor<'_>, id: ArticleId) -> sqlx::Result<Option<ArticleId>> {
    let source = sqlx::query_scalar!("SELECT source_article_id FROM scores WHERE article_id = ?", id.0);
    Ok(source.fetch_optional(db).await?.flatten().map(ArticleId))
}

/// Quotes that stand in an article, as its last score gave them.
pub async fn load_evidence(db: impl SqliteExecutor<'_>, id: ArticleId) -> sqlx::Result<Vec<String>> {
    let json = sqlx::query_scalar!("SELECT evidence FROM scores WHERE article_id = ?", id.0).fetch_optional(db).await?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// Whether a model has scored any article.
pub async fn has_any(db: impl SqliteExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM scores) AS "any!: bool""#).fetch_one(db).await
}

/// Average milliseconds of the last fifty runs of a step; `None` before the first.
pub async fn average_duration_ms(db: impl SqliteExecutor<'_>, step: ScoringStep) -> sqlx::Result<Option<f64>> {
    let word = step.as_str();
    sqlx::query_scalar!(
        r#"SELECT avg(duration_ms) AS "average?: f64"
           FROM (SELECT duration_ms FROM model_runs WHERE step = ? ORDER BY at DESC LIMIT 50)"#,
        word
    )
    .fetch_one(db)
    .await
}

async fn insert_run(db: &mut SqliteConnection, id: ArticleId, run: &ModelRun) -> sqlx::Result<()> {
    let step = run.step.as_str();
    sqlx::query!(
        "INSERT OR REPLACE INTO model_runs (article_id, step, model, server, model_digest, prompt_version, options, prompt_tokens,
             output_tokens, duration_ms, cut_chars, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id.0,
        step,
        run.model,
        run.server,
        run.model_digest,
        run.prompt_version,
        run.options,
        run.prompt_tokens,
        run.output_tokens,
        run.duration_ms,
        run.cut_chars,
        run.at.0,
    )
    .execute(db)
    .await?;
    Ok(())
}
