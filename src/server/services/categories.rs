//! Categories and their weights.

use crate::{
    domain::{
        category::{Category, CategoryChange},
        ids::CategoryId,
    },
    error::AppError,
    server::state::App,
};

/// All categories: parents by name, each followed by its children.
pub async fn categories(app: &App) -> Result<Vec<Category>, AppError> {
    todo!()
}

/// 409 when the slug is taken (by a category or an alias), 422 when the name has no letter or the parent is a child.
pub async fn create(app: &App, name: &str, parent: Option<CategoryId>) -> Result<Category, AppError> {
    todo!()
}

/// Renames (leaving an alias), moves, weighs, hides; changed weights re-rank at once, blocking blocks and un-blocks.
pub async fn update(app: &App, id: CategoryId, change: CategoryChange) -> Result<Category, AppError> {
    todo!()
}

/// Moves the articles of `from` to `into` and leaves an alias; children move too.
pub async fn merge(app: &App, from: CategoryId, into: CategoryId) -> Result<Category, AppError> {
    todo!()
}

/// Removes a category; its articles lose the label and are ranked anew.
pub async fn delete(app: &App, id: CategoryId) -> Result<(), AppError> {
    todo!()
}

/// The reader has seen the new ones: clears their mark.
pub async fn acknowledge_new(app: &App) -> Result<(), AppError> {
    todo!()
}
