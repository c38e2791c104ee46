//! Queries that the reader saved under a name.

use super::{ids::SavedSearchId, search::HitCount};
use serde::{Deserialize, Serialize};

/// The longest name, in characters.
pub const MAX_SAVED_SEARCH_NAME_CHARS: usize = 60;
/// Saved searches at once.
pub const MAX_SAVED_SEARCHES: i64 = 50;
/// Unread articles of a saved search that are counted; more are shown as `999+`.
pub const MAX_COUNTED_UNREAD: i64 = 999;

/// A saved search with what waits in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// The saved search.
    pub id: SavedSearchId,
    /// Its name.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// Unread articles that it finds, counted at most a minute ago.
    pub unread: HitCount,
}

impl SavedSearch {
    /// The address of its hits.
    pub fn path(&self) -> String {
        search_path(&self.query)
    }
}

/// The address of the page with the hits of a query.
pub fn search_path(query: &str) -> String {
    let mut params = url::form_urlencoded::Serializer::new(String::new());
    format!("/search?{}", params.append_pair("q", query).finish())
}
