//! Saved searches.

use crate::{
    domain::{ids::SavedSearchId, outgoing_feed::OutgoingFeed, saved_search::SavedSearch},
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

/// The outgoing feeds of saved searches, with the host that this browser uses.
#[server(prefix = "/fn", endpoint = "searches/outgoing")]
pub async fn load_outgoing_feeds() -> Result<Vec<OutgoingFeed>, AppError> {
    use crate::server::{http::access::current::RequestSite, services::outgoing_feeds, state::App};
    outgoing_feeds::list(&expect_context::<App>(), RequestSite::current().as_requested()).await
}

/// Gives a saved search an outgoing feed, or its feed a new address.
#[server(name = RenewOutgoingFeed, prefix = "/fn", endpoint = "searches/outgoing/renew")]
pub async fn renew_outgoing_feed(id: SavedSearchId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::{access::current::RequestSite, form_response},
            services::outgoing_feeds,
            state::App,
        },
    };
    outgoing_feeds::renew(&expect_context::<App>(), id, RequestSite::current().as_requested()).await?;
    form_response::redirect_with_notice("/searches", Notice::OutgoingFeedRenewed);
    Ok(())
}

/// Switches the outgoing feed of a saved search off.
#[server(name = EndOutgoingFeed, prefix = "/fn", endpoint = "searches/outgoing/off")]
pub async fn end_outgoing_feed(id: SavedSearchId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::outgoing_feeds, state::App},
    };
    outgoing_feeds::switch_off(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/searches", Notice::OutgoingFeedOff);
    Ok(())
}
