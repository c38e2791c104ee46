//! The sidebar of every page.

use crate::{
    domain::sidebar::Sidebar,
    error::AppError,
    server::{
        services::{
            access::{Caller, sessions},
            saved_searches,
        },
        state::App,
        storage,
    },
};

/// Everything the sidebar shows.
#[tracing::instrument(name = "sidebar.load_sidebar", level = "debug", skip_all)]
pub async fn load_sidebar(app: &App, caller: &Caller) -> Result<Sidebar, AppError> {
    let db = &app.db.read;
    let (counts, _) = storage::sidebar::load_totals(db).await?;
    let preferences = storage::preferences::get(db).await?;
    Ok(Sidebar {
        counts,
        folders: storage::sidebar::list_folders(db).await?,
        feeds: storage::sidebar::list_feeds(db).await?,
        categories: storage::sidebar::list_categories(db).await?,
        searches: saved_searches::list(app).await?,
        theme: preferences.theme,
        keyboard: preferences.keyboard,
        is_logged_in: matches!(caller, Caller::Session(_)),
        new_device: sessions::unseen_new_device(app, caller).await?,
        is_pulling: app.pulls.borrow().running.is_some(),
        settings: preferences.list_settings(),
    })
}
