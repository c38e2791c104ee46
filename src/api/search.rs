//! The search page.

use crate::{domain::search::SearchResults, error::AppError};
use leptos::prelude::*;

/// A page of the hits of `query` (the part of its address after `?`) in the whole archive.
#[server(prefix = "/fn", endpoint = "search/results")]
pub async fn load_search(#[server(default)] query: String) -> Result<SearchResults, AppError> {
    use crate::{
        domain::article::ListQuery,
        server::{
            services::{preferences, search},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let settings = preferences::get(&app).await?.list_settings();
    search::load_results(&app, ListQuery::from_query_with(&query, ListQuery::SEARCH_DEFAULTS)?, settings).await
}
