//! What the two reading pages show: a list with everything around it, and one article with its neighbours.

use super::{
    article::{ArticleDetail, ArticlePage, ListQuery, MarkScope, Scope, View, ViewCounts},
    category::Weight,
    ids::ArticleId,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A page of a list with everything around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    pub query: ListQuery,
    pub page: ArticlePage,
    /// Of the query's scope.
    pub counts: ViewCounts,
    /// Name of the feed, folder or category; `None` for everything.
    pub scope_name: Option<String>,
    /// How many subscriptions there are at all.
    pub feed_count: i64,
    /// Why the model cannot score now, in words; `None` when it can or nothing waits for it.
    pub model_waits: Option<String>,
    /// When the page was made: "mark all read" covers nothing that arrived later.
    pub made_at: Timestamp,
}

/// An article with its neighbours and the parts of its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reader {
    pub article: ArticleDetail,
    /// The list one came from; the neighbours are of it.
    pub query: ListQuery,
    pub previous: Option<ArticleId>,
    pub next: Option<ArticleId>,
    /// The article's categories with their effective weights, in the article's order.
    pub weights: Vec<(String, Weight)>,
}

/// What "mark all read" covers on a list; `None` where it is not offered: a search, or a list that reading does not shorten.
pub fn mark_scope(query: &ListQuery) -> Option<MarkScope> {
    if query.search.is_some() || matches!(query.view, View::Blocked) {
        return None;
    }
    match (query.scope, query.view) {
        (Scope::All, View::Unread | View::All) => Some(MarkScope::All),
        (Scope::All, view) => Some(MarkScope::View(view)),
        // Within a feed, folder or category only the whole of it can be marked.
        (_, View::Starred | View::Scoring | View::Failed | View::Blocked) => None,
        (Scope::Folder(id), _) => Some(MarkScope::Folder(id)),
        (Scope::Feed(id), _) => Some(MarkScope::Feed(id)),
        (Scope::Category(id), _) => Some(MarkScope::Category(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::{ListQuery, MarkScope, Scope, View, mark_scope};

    #[test]
    fn a_list_marks_what_it_shows_and_nothing_else() {
        let (folder, feed) = (Scope::Folder(3.into()), Scope::Feed(4.into()));
        for (view, scope, covered) in [
            (View::Unread, Scope::All, Some(MarkScope::All)),
            (View::All, Scope::All, Some(MarkScope::All)),
            (View::Starred, Scope::All, Some(MarkScope::View(View::Starred))),
            (View::Unread, folder, Some(MarkScope::Folder(3.into()))),
            (View::All, feed, Some(MarkScope::Feed(4.into()))),
            (View::Starred, feed, None),
            (View::Blocked, Scope::All, None),
        ] {
            let query = ListQuery { view, scope, ..ListQuery::default() };
            assert_eq!(mark_scope(&query), covered, "{query:?}");
            assert_eq!(mark_scope(&ListQuery { search: Some("rust".into()), ..query }), None);
        }
    }
}
