//! The reader's choice of models: one row, NULL where nothing was chosen.

use crate::domain::model_name::ModelName;
use crate::domain::time::Timestamp;
use sqlx::{SqliteConnection, SqlitePool};

/// What was saved; `None` means the configured default. For [`save`]: `None` leaves the column alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedModelChoice {
    /// The model that chooses categories.
    pub categorization_model: Option<ModelName>,
    /// The model that scores.
    pub scoring_model: Option<ModelName>,
    /// Whether the two tasks have a model each.
    pub use_separate_models: Option<bool>,
}

/// What was saved.
pub async fn load(db: &SqlitePool) -> sqlx::Result<SavedModelChoice> {
    sqlx::query_as!(
        SavedModelChoice,
        r#"SELECT categorization_model AS "categorization_model: ModelName", scoring_model AS "scoring_model: ModelName", use_separate_models AS "use_separate_models: bool"
           FROM model_choices WHERE id = 1"#
    )
    .fetch_one(db)
    .await
}

/// Saves what is given and leaves the rest as it is.
pub async fn save(db: &mut SqliteConnection, choice: &SavedModelChoice, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE model_choices SET
            categorization_model = coalesce(?, categorization_model),
            scoring_model = coalesce(?, scoring_model),
            use_separate_models = coalesce(?, use_separate_models),
            updated_at = ?
         WHERE id = 1",
        choice.categorization_model,
        choice.scoring_model,
        choice.use_separate_models,
        now.0,
    )
    .execute(db)
    .await
    .map(drop)
}
