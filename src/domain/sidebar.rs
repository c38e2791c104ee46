//! The sidebar of every page: links to lists with their numbers of unread articles.

use super::{
    access::SignIn,
    article::ViewCounts,
    ids::{CategoryId, FeedId, FolderId},
    list_query::ListSettings,
    preferences::Theme,
    saved_search::SavedSearch,
};
use serde::{Deserialize, Serialize};

/// Maximum categories in the sidebar.
pub const MAX_SIDEBAR_CATEGORIES: i64 = 16;

/// The data of the sidebar and the header of a page.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Sidebar {
    /// Counts over all feeds.
    pub counts: ViewCounts,
    /// The folders, by name.
    pub folders: Vec<SidebarFolder>,
    /// All feeds, by title.
    pub feeds: Vec<SidebarFeed>,
    /// Those with the most articles, at most [`MAX_SIDEBAR_CATEGORIES`], by name.
    pub categories: Vec<SidebarCategory>,
    /// What the reader saved, in the chosen order.
    pub searches: Vec<SavedSearch>,
    /// The theme the reader fixed.
    pub theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    pub keyboard: bool,
    /// Whether this browser logged in, so that it can log out.
    pub is_logged_in: bool,
    /// A login of a new device that this browser has not been shown.
    pub new_device: Option<SignIn>,
    /// Whether a model is being pulled.
    pub is_pulling: bool,
    /// How links to lists are written, and whether a model scores.
    pub settings: ListSettings,
}

/// A folder with its unread articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidebarFolder {
    /// The folder.
    pub id: FolderId,
    /// Its name.
    pub name: String,
    /// Number of unread articles in it.
    pub unread: i64,
}

/// A feed with its unread articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidebarFeed {
    /// The feed.
    pub id: FeedId,
    /// Its title as the reader sees it.
    pub title: String,
    /// sha256 of the icon of its site, in hex; served at `/icons/HASH`.
    pub icon: Option<String>,
    /// Number of unread articles.
    pub unread: i64,
    /// The folder it is in.
    pub folder_id: Option<FolderId>,
}

/// A category that has articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidebarCategory {
    /// The category.
    pub id: CategoryId,
    /// Its name as the reader spells it.
    pub name: String,
}
