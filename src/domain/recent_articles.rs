//! Articles recently opened from a list. They stay in the list and among its neighbors although they are now read.

use super::ids::ArticleId;
use serde::{Deserialize, Serialize};

/// The parameter of an address that names them.
pub const RECENT_PARAM: &str = "recent";

/// Maximum ids in an address.
const MAX_RECENT_ARTICLES: usize = 20;

/// Ids in the order in which the articles were opened, each once, at most 20.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecentArticles(Vec<ArticleId>);

impl RecentArticles {
    /// Reads the parameter [`RECENT_PARAM`] of a query string; values that are not ids are left out.
    pub fn from_query(query: &str) -> Self {
        let value = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == RECENT_PARAM);
        let ids = value.iter().flat_map(|(_, ids)| ids.split('.')).filter_map(|id| id.parse().ok());
        ids.fold(Self::default(), Self::with)
    }

    /// The same with `id` as the last one; the oldest is dropped when there are more than 20.
    #[must_use]
    pub fn with(mut self, id: ArticleId) -> Self {
        self.0.retain(|other| *other != id);
        self.0.push(id);
        if self.0.len() > MAX_RECENT_ARTICLES {
            self.0.remove(0);
        }
        self
    }

    /// All of them.
    pub fn ids(&self) -> &[ArticleId] {
        &self.0
    }

    /// The one opened last.
    pub fn last(&self) -> Option<ArticleId> {
        self.0.last().copied()
    }

    /// The value of the parameter; `None` without articles.
    pub fn to_param(&self) -> Option<String> {
        let ids: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        (!ids.is_empty()).then(|| ids.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::{ArticleId, MAX_RECENT_ARTICLES, RecentArticles};

    #[test]
    fn addresses_name_the_articles_opened_last() {
        for (query, value) in [
            ("", None),
            ("view=all&recent=3.1.2", Some("3.1.2")),
            ("recent=3.1.3", Some("1.3")),
            ("recent=.x.4,5", None),
        ] {
            assert_eq!(RecentArticles::from_query(query).to_param().as_deref(), value, "{query}");
        }
        let many = (1..=30).map(ArticleId).fold(RecentArticles::default(), RecentArticles::with);
        assert_eq!((many.ids().len(), many.last()), (MAX_RECENT_ARTICLES, Some(ArticleId(30))));
    }
}
