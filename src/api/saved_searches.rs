//! Saved searches.

use crate::{
    domain::{ids::SavedSearchId, saved_search::SavedSearch},
    error::AppError,
};
use leptos::prelude::*;

/// All saved searches in their order.
#[server(prefix = "/fn", endpoint = "searches/all")]
pub async fn load_saved_searches() -> Result<Vec<SavedSearch>, AppError> {
    use crate::server::{services::saved_searches, state::App};
    saved_searches::list(&expect_context::<App>()).await
}

/// Saves a query under a name.
#[server(name = SaveSearch, prefix = "/fn", endpoint = "searches/save")]
pub async fn save_search(name: String, query: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::saved_searches, state::App},
    };
    form_response::errors_shown_at("/searches");
    saved_searches::create(&expect_context::<App>(), &name, &query).await?;
    form_response::redirect_with_notice("/searches", Notice::SearchSaved);
    Ok(())
}

/// Changes name and query of a saved search.
#[server(name = EditSavedSearch, prefix = "/fn", endpoint = "searches/edit")]
pub async fn edit_saved_search(id: SavedSearchId, name: String, query: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::saved_searches::{self, SavedSearchChanges},
            state::App,
        },
    };
    form_response::errors_shown_at("/searches");
    let changes = SavedSearchChanges { name: Some(name), query: Some(query), position: None };
    saved_searches::update(&expect_context::<App>(), id, changes).await?;
    form_response::redirect_with_notice("/searches", Notice::SearchSaved);
    Ok(())
}

/// Moves a saved search to a place, from 1.
#[server(name = MoveSavedSearch, prefix = "/fn", endpoint = "searches/move")]
pub async fn move_saved_search(id: SavedSearchId, position: i64) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::saved_searches::{self, SavedSearchChanges},
            state::App,
        },
    };
    let changes = SavedSearchChanges { position: Some(position), ..SavedSearchChanges::default() };
    saved_searches::update(&expect_context::<App>(), id, changes).await?;
    form_response::redirect_with_notice("/searches", Notice::SavedSearchMoved);
    Ok(())
}

/// Removes a saved search.
#[server(name = RemoveSavedSearch, prefix = "/fn", endpoint = "searches/remove")]
pub async fn remove_saved_search(id: SavedSearchId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::saved_searches, state::App},
    };
    saved_searches::remove(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/searches", Notice::SavedSearchRemoved);
    Ok(())
}
