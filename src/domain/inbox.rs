//! What the two reading pages show: a list with everything around it, and one article with its neighbors.

use super::{
    article::{ArticleDetail, ArticleListPage, ArticleScope, ArticleView, ListQuery, MarkReadScope, ViewCounts},
    category::CategoryWeight,
    feed::FeedScoring,
    first_run::FirstRun,
    ids::ArticleId,
    list_query::ListSettings,
    recent_articles::RecentArticles,
    sidebar::SidebarFeed,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A page of a list with everything around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    /// What was asked for.
    pub query: ListQuery,
    /// The rows.
    pub page: ArticleListPage,
    /// Counts for the query's scope.
    pub counts: ViewCounts,
    /// Recently opened articles; those within the range of the page are among the rows.
    pub recent: RecentArticles,
    /// Name of the feed, folder or category; `None` for everything.
    pub scope_name: Option<String>,
    /// The feeds of the folder; empty for other scopes.
    pub folder_feeds: Vec<SidebarFeed>,
    /// How links to lists are written, and whether a model scores.
    pub settings: ListSettings,
    /// How many subscriptions there are at all.
    pub feed_count: i64,
    /// Why the model cannot score now, in words; `None` when it can or nothing waits for it.
    pub model_unavailable_reason: Option<String>,
    /// The checklist of a first visit; `None` once it has ended, and on other lists.
    pub first_run: Option<FirstRun>,
    /// When the page was made: "mark all read" covers nothing that arrived later.
    pub generated_at: Timestamp,
}

/// An article with its neighbors and the parts of its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleWithNeighbors {
    /// The article shown.
    pub article: ArticleDetail,
    /// The list in which the neighbors are found.
    pub query: ListQuery,
    /// The articles opened from that list, this one last.
    pub recent: RecentArticles,
    /// How links to lists are written, and whether a model scores.
    pub settings: ListSettings,
    /// The article before it in the list.
    pub previous: Option<ArticleId>,
    /// The article after it in the list.
    pub next: Option<ArticleId>,
    /// The article's categories with their effective weights, in the article's order.
    pub category_weights: Vec<(String, CategoryWeight)>,
    /// How the feed of the article takes part in scoring.
    pub feed_scoring: FeedScoring,
}

/// What "mark all read" covers on a list; `None` where it is not offered: a search, or a list that reading does not shorten.
pub fn mark_read_scope(query: &ListQuery) -> Option<MarkReadScope> {
    if query.search.is_some() || matches!(query.view, ArticleView::Blocked) {
        return None;
    }
    match (query.scope, query.view) {
        (ArticleScope::All, ArticleView::Unread | ArticleView::All) => Some(MarkReadScope::All),
        (ArticleScope::All, view) => Some(MarkReadScope::View(view)),
        // Within a feed, folder or category only the whole of it can be marked.
        (_, ArticleView::Starred | ArticleView::Scoring | ArticleView::Failed | ArticleView::Blocked) => None,
        (ArticleScope::Folder(id), _) => Some(MarkReadScope::Folder(id)),
        (ArticleScope::Feed(id), _) => Some(MarkReadScope::Feed(id)),
        (ArticleScope::Category(id), _) => Some(MarkReadScope::Category(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::{ArticleScope, ArticleView, ListQuery, MarkReadScope, mark_read_scope};

    #[test]
    fn a_list_marks_what_it_shows_and_nothing_else() {
        let (folder, feed) = (ArticleScope::Folder(3.into()), ArticleScope::Feed(4.into()));
        for (view, scope, covered) in [
            (ArticleView::Unread, ArticleScope::All, Some(MarkReadScope::All)),
            (ArticleView::All, ArticleScope::All, Some(MarkReadScope::All)),
            (ArticleView::Starred, ArticleScope::All, Some(MarkReadScope::View(ArticleView::Starred))),
            (ArticleView::Unread, folder, Some(MarkReadScope::Folder(3.into()))),
            (ArticleView::All, feed, Some(MarkReadScope::Feed(4.into()))),
            (ArticleView::Starred, feed, None),
            (ArticleView::Blocked, ArticleScope::All, None),
        ] {
            let query = ListQuery { view, scope, ..ListQuery::default() };
            assert_eq!(mark_read_scope(&query), covered, "{query:?}");
            assert_eq!(mark_read_scope(&ListQuery { search: Some("rust".into()), ..query }), None);
        }
    }
}
