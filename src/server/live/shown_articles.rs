//! Which articles pages showed lately: models are asked about these before the rest.

use crate::domain::{ids::ArticleId, time::Timestamp};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Seconds for which a page counts as open after it was made.
const SHOWN_SECONDS: i64 = 900;
/// Maximum articles that are kept; more than two pages of a list hold.
const MAX_SHOWN_ARTICLES: usize = 200;

/// Articles on pages, the last shown first.
#[derive(Clone, Debug, Default)]
pub struct ShownArticles(Arc<Mutex<VecDeque<(ArticleId, Timestamp)>>>);

impl ShownArticles {
    /// Records the articles of a page, in its order.
    pub fn record(&self, articles: impl DoubleEndedIterator<Item = ArticleId>, now: Timestamp) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for article in articles.rev() {
            shown.retain(|(known, _)| *known != article);
            shown.push_front((article, now));
        }
        shown.truncate(MAX_SHOWN_ARTICLES);
    }

    /// Those that pages show at `now`, the last shown page first.
    pub fn list(&self, now: Timestamp) -> Vec<ArticleId> {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|(_, at)| (0..SHOWN_SECONDS).contains(&now.since(*at)));
        shown.iter().map(|(article, _)| *article).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SHOWN_ARTICLES, SHOWN_SECONDS, ShownArticles};
    use crate::domain::{ids::ArticleId, time::Timestamp};

    #[test]
    fn the_last_page_comes_first_and_old_pages_are_forgotten() {
        let (shown, now) = (ShownArticles::default(), Timestamp(1_000_000));
        let list = |at| shown.list(at).into_iter().map(|id| id.0).collect::<Vec<_>>();
        shown.record([1, 2, 3].map(ArticleId).into_iter(), now);
        shown.record([4, 2].map(ArticleId).into_iter(), now.plus(10));
        assert_eq!(list(now.plus(20)), [4, 2, 1, 3]);
        assert_eq!(list(now.plus(SHOWN_SECONDS)), [4, 2]);
        assert_eq!(list(now), [0; 0], "the clock was set back");
        shown.record((0..500).map(ArticleId).collect::<Vec<_>>().into_iter(), now);
        assert_eq!(list(now).len(), MAX_SHOWN_ARTICLES);
    }
}
