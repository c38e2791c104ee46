//! The provisional ranking: reading never waits for the model.

use crate::{
    domain::interests::InterestWords,
    error::AppError,
    server::{
        state::App,
        storage::{preferences, provisional},
    },
};
use std::ops::RangeInclusive;

/// The words of the interests as saved.
pub async fn words(app: &App) -> Result<InterestWords, AppError> {
    let saved = preferences::get(&app.db.read).await?;
    Ok(InterestWords::of(&saved.interests, &saved.anti_interests))
}

/// Ranks what has to be ranked: every article without a score when the words are others than those of the last time, else
/// the articles that have arrived since. How many have another rank now. What a process that ended left undone is found again.
pub async fn rank(app: &App) -> Result<usize, AppError> {
    let words = words(app).await?;
    let signature = words.signature();
    if preferences::ranked_with(&app.db.read).await?.as_deref() != Some(&signature) {
        let changed = rank_within(app, &words, &(0..=i64::MAX)).await?;
        let mut db = app.db.write().await?;
        preferences::set_ranked_with(&mut db, &signature).await?;
        db.commit().await?;
        return Ok(changed);
    }
    if words.is_empty() {
        return Ok(0);
    }
    match provisional::unranked(&app.db.read).await? {
        Some(ids) => rank_within(app, &words, &ids).await,
        None => Ok(0),
    }
}

async fn rank_within(app: &App, words: &InterestWords, ids: &RangeInclusive<i64>) -> Result<usize, AppError> {
    let mut read = app.db.read.acquire().await?;
    let ranks = provisional::ranks(&mut read, words, ids).await?;
    drop(read);
    for chunk in ranks.chunks(provisional::CHUNK) {
        let mut db = app.db.write().await?;
        provisional::store(&mut db, chunk).await?;
        db.commit().await?;
    }
    Ok(ranks.len())
}
