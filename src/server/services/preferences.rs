//! What the reader likes and how they read.

use crate::{domain::preferences::Preferences, error::AppError, server::state::App};

/// As saved, with defaults filled in.
pub async fn get(app: &App) -> Result<Preferences, AppError> {
    todo!()
}

/// Saves; changed interests re-rank what is provisional at once. How many scored unread articles would now be worth scoring
/// again. 422 names the field.
pub async fn save(app: &App, preferences: Preferences) -> Result<i64, AppError> {
    todo!()
}
