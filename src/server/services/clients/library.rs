//! Feeds, folders and categories as one snapshot, to name what articles belong to.

use crate::{
    domain::{
        article::ArticleRow,
        category::Category,
        feed::{Feed, Folder},
        ids::{ArticleId, CategoryId, FeedId, FolderId, SavedSearchId},
    },
    error::AppError,
    server::{
        services::{categories, saved_searches, subscriptions},
        state::App,
        storage,
    },
};
use std::sync::Arc;

/// What articles belong to.
#[derive(Clone, Debug, Default)]
pub struct ClientLibrary {
    /// All subscriptions, by title.
    pub feeds: Vec<Feed>,
    /// All folders, by name.
    pub folders: Vec<Folder>,
    /// All categories: parents, each followed by its children.
    pub categories: Vec<Category>,
    /// All saved searches, in their order.
    pub searches: Vec<LabeledSearch>,
}

/// A saved search as a label.
#[derive(Clone, Debug)]
pub struct LabeledSearch {
    /// The saved search.
    pub id: SavedSearchId,
    /// Its name.
    pub name: String,
    /// Its articles, by id.
    pub articles: Arc<[ArticleId]>,
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

    /// The saved searches that found an article.
    pub fn searches_of(&self, article: ArticleId) -> impl Iterator<Item = &LabeledSearch> {
        self.searches.iter().filter(move |search| search.articles.binary_search(&article).is_ok())
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
    let mut searches = Vec::new();
    for row in storage::saved_searches::select(&app.db.read, None).await? {
        let articles = saved_searches::find_articles(app, &row.query).await?;
        searches.push(LabeledSearch { id: row.id, name: row.name, articles });
    }
    Ok(ClientLibrary {
        searches,
        feeds: subscriptions::list_feeds(app).await?,
        folders: subscriptions::list_folders(app).await?,
        categories: categories::list(app).await?,
    })
}
