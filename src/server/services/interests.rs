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

/// Ranks the articles that have arrived since the last time; how many.
pub async fn rank_new(app: &App) -> Result<usize, AppError> {
    let words = words(app).await?;
    if words.is_empty() {
        return Ok(0);
    }
    match provisional::unranked(&app.db.read).await? {
        Some(ids) => rank(app, &words, &ids).await,
        None => Ok(0),
    }
}

/// Ranks every article without a score anew, after the interests changed; how many have another rank now.
pub async fn rank_all(app: &App) -> Result<usize, AppError> {
    rank(app, &words(app).await?, &(0..=i64::MAX)).await
}

async fn rank(app: &App, words: &InterestWords, ids: &RangeInclusive<i64>) -> Result<usize, AppError> {
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
