//! Telling an article that brings the model down from a model that is down: by asking about it alone, between two answers.

use crate::domain::ids::ArticleId;
use std::collections::HashMap;

/// Articles that were with the model when it crashed or fell silent.
#[derive(Debug, Default)]
pub struct Suspects {
    /// With the number of answers there had been when it happened last.
    crashed: HashMap<ArticleId, u64>,
    answers: u64,
}

/// More suspects than this, and it is not the articles.
const MOST: usize = 64;

impl Suspects {
    /// The model answered somebody: it is not down.
    pub fn answered(&mut self) {
        self.answers += 1;
    }

    /// The model answered for `article`.
    pub fn cleared(&mut self, article: ArticleId) {
        self.crashed.remove(&article);
    }

    /// The model went down while `article` was with it. Whether it is to blame: nobody else was there, it was so before, and
    /// the model has answered in between.
    pub fn crashed(&mut self, article: ArticleId, alone: bool) -> bool {
        let before = self.crashed.insert(article, self.answers);
        if self.crashed.len() > MOST {
            self.crashed.clear();
        }
        alone && before.is_some_and(|answers| answers < self.answers)
    }

    /// Whether `article` has to be asked about alone.
    pub fn is_suspect(&self, article: ArticleId) -> bool {
        self.crashed.contains_key(&article)
    }

    /// Whether it may have been an article that brought the model down: then something harmless is to be asked first.
    pub fn is_open(&self) -> bool {
        self.crashed.values().any(|answers| *answers == self.answers)
    }
}

#[cfg(test)]
mod tests {
    use super::Suspects;
    use crate::domain::ids::ArticleId;

    #[test]
    fn a_model_that_is_down_blames_nobody() {
        let mut suspects = Suspects::default();
        for _ in 0..10 {
            assert!(!suspects.crashed(ArticleId(1), true) && !suspects.crashed(ArticleId(2), true));
        }
        assert!(suspects.is_open());
    }

    #[test]
    fn an_article_that_crashes_alone_between_answers_is_to_blame() {
        let mut suspects = Suspects::default();
        assert!(!suspects.crashed(ArticleId(1), true));
        assert!(suspects.is_open() && suspects.is_suspect(ArticleId(1)));
        suspects.answered();
        assert!(!suspects.is_open(), "its turn again");
        assert!(suspects.crashed(ArticleId(1), true));
    }

    #[test]
    fn whoever_was_with_others_is_not_to_blame() {
        let mut suspects = Suspects::default();
        for _ in 0..10 {
            assert!(!suspects.crashed(ArticleId(1), false) && !suspects.crashed(ArticleId(2), false));
            suspects.answered();
        }
        suspects.cleared(ArticleId(2));
        assert!(suspects.is_suspect(ArticleId(1)) && !suspects.is_suspect(ArticleId(2)));
    }
}
