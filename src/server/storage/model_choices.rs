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
    /// Tokens of context.
    pub num_ctx: Option<i64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// How long a model stays in memory, as Ollama takes it.
    pub keep_alive: Option<String>,
    /// Most tokens of an answer.
    pub num_predict: Option<i64>,
    /// Whether the model may think before it answers.
    pub think: Option<bool>,
}

/// What was saved.
pub async fn load(db: &SqlitePool) -> sqlx::Result<SavedModelChoice> {
    sqlx::query_as!(
        SavedModelChoice,
        r#"SELECT categorization_model AS "categorization_model: ModelName", scoring_model AS "scoring_model: ModelName", use_separate_models AS "use_separate_models: bool",
                  num_ctx, temperature, keep_alive, num_predict, think AS "think: bool"
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
            num_ctx = coalesce(?, num_ctx),
            temperature = coalesce(?, temperature),
            keep_alive = coalesce(?, keep_alive),
            num_predict = coalesce(?, num_predict),
            think = coalesce(?, think),
            updated_at = ?
         WHERE id = 1",
        choice.categorization_model,
        choice.scoring_model,
        choice.use_separate_models,
        choice.num_ctx,
        choice.temperature,
        choice.keep_alive,
        choice.num_predict,
        choice.think,
        now.0,
    )
    .execute(db)
    .await
    .map(drop)
}
