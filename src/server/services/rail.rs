//! The frame of every page.

use crate::{
    domain::{preferences::Theme, rail::Rail},
    error::AppError,
    server::{state::App, storage},
};

/// Everything the frame shows.
pub async fn rail(app: &App) -> Result<Rail, AppError> {
    let db = &app.db.read;
    let (counts, feed_count) = storage::rail::totals(db).await?;
    let (theme, keyboard) = storage::rail::appearance(db).await?;
    Ok(Rail {
        counts,
        feed_count,
        folders: storage::rail::folders(db).await?,
        feeds: storage::rail::feeds(db).await?,
        categories: storage::rail::categories(db).await?,
        theme: theme.as_deref().and_then(Theme::parse),
        keyboard,
        is_pulling: app.pulls.borrow().running.is_some(),
    })
}
