//! Updates the provisional ranking of articles that no model has scored yet.

use crate::{
    domain::interests::InterestKeywords,
    error::AppError,
    server::{
        state::App,
        storage::{keyword_rank, preferences},
    },
};
use sqlx::SqliteExecutor;
use std::ops::RangeInclusive;

/// The words of the interests as saved.
#[tracing::instrument(name = "keyword_rank.load_interest_keywords", level = "debug", skip_all)]
pub async fn load_interest_keywords(db: impl SqliteExecutor<'_>) -> Result<InterestKeywords, AppError> {
    let saved = preferences::get(db).await?;
    Ok(InterestKeywords::from_texts(&saved.interests, &saved.anti_interests))
}

/// Ranks what has to be ranked: every article without a score when the words are others than those of the last time, else the
/// articles that have arrived since. Returns how many have another rank now. Work that an ended process left undone is found again.
#[tracing::instrument(name = "keyword_rank.update_keyword_ranks", level = "debug", skip_all)]
pub async fn update_keyword_ranks(app: &App) -> Result<usize, AppError> {
    let words = load_interest_keywords(&app.db.read).await?;
    let signature = words.signature();
    if preferences::keyword_rank_signature(&app.db.read).await?.as_deref() != Some(&signature) {
        let changed = rank_id_range(app, &words, &(0..=i64::MAX)).await?;
        let mut db = app.db.write().await?;
        preferences::set_keyword_rank_signature(&mut db, &signature).await?;
        db.commit().await?;
        return Ok(changed);
    }
    if words.is_empty() {
        return Ok(0);
    }
    match keyword_rank::find_unranked_id_range(&app.db.read).await? {
        Some(ids) => rank_id_range(app, &words, &ids).await,
        None => Ok(0),
    }
}

async fn rank_id_range(app: &App, words: &InterestKeywords, ids: &RangeInclusive<i64>) -> Result<usize, AppError> {
    let mut read = app.db.read.acquire().await?;
    let ranks = keyword_rank::compute_changed_ranks(&mut read, words, ids).await?;
    drop(read);
    for chunk in ranks.chunks(keyword_rank::MAX_RANKS_PER_TRANSACTION) {
        let mut db = app.db.write().await?;
        keyword_rank::store_ranks(&mut db, chunk).await?;
        db.commit().await?;
    }
    Ok(ranks.len())
}
