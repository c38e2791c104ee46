//! Feeds, folders and categories as one snapshot, to name what articles belong to.

use crate::{
    domain::{
        article::ArticleRow,
        category::Category,
        feed::{Feed, Folder},
        ids::{CategoryId, FeedId, FolderId},
    },
    error::AppError,
    server::{
        services::{categories, subscriptions},
        state::App,
    },
};

/// What articles belong to.
#[derive(Clone, Debug, Default)]
pub struct ClientLibrary {
    /// All subscriptions, by title.
    pub feeds: Vec<Feed>,
    /// All folders, by name.
    pub folders: Vec<Folder>,
    /// All categories: parents, each followed by its children.
    pub categories: Vec<Category>,
}

impl ClientLibrary {
    /// A feed by its id.
    pub fn feed(&self, id: FeedId) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.id == id)
    }

    /// A folder by its id.
    pub fn folder(&self, id: FolderId) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.id == id)
    }

    /// The folder that a feed is in.
    pub fn folder_of(&self, feed: FeedId) -> Option<&Folder> {
        self.folder(self.feed(feed)?.folder_id?)
    }

    /// The categories whose lists hold an article: its own and those above them, each once.
    pub fn topics_of(&self, article: &ArticleRow) -> Vec<&Category> {
        let find = |id: CategoryId| self.categories.iter().find(|category| category.id == id);
        let mut topics: Vec<&Category> = Vec::new();
        for own in article.categories.iter().filter_map(|label| find(label.id)) {
            for topic in [Some(own), own.parent_id.and_then(find)].into_iter().flatten() {
                if !topics.iter().any(|known| known.id == topic.id) {
                    topics.push(topic);
                }
            }
        }
        topics
    }
}

/// Loads all of it.
#[tracing::instrument(name = "clients.library.load_library", level = "debug", skip_all)]
pub async fn load_library(app: &App) -> Result<ClientLibrary, AppError> {
    Ok(ClientLibrary {
        feeds: subscriptions::list_feeds(app).await?,
        folders: subscriptions::list_folders(app).await?,
        categories: categories::list(app).await?,
    })
}
