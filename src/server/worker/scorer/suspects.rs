//! Telling an article that brings the model down from a model that is down: by whether others are answered in between.

use crate::domain::ids::ArticleId;
use std::collections::HashMap;

/// Articles whose request ended in a crash or in silence.
#[derive(Debug, Default)]
pub struct Suspects {
    /// With the number of answers there had been when it crashed last.
    crashed: HashMap<ArticleId, u64>,
    answers: u64,
}

/// More suspects than this, and it is not the articles.
const MOST: usize = 64;

impl Suspects {
    /// The model answered for some article.
    pub fn answered(&mut self) {
        self.answers += 1;
    }

    /// The model went down on `article`. Whether it is to blame: it did so before, and answered others since.
    pub fn crashed(&mut self, article: ArticleId) -> bool {
        let before = self.crashed.insert(article, self.answers);
        if self.crashed.len() > MOST {
            self.crashed.clear();
        }
        before.is_some_and(|answers| answers < self.answers)
    }

    /// Articles to pass over until another has been answered: else the same one would be tried for ever.
    pub fn to_avoid(&self) -> Vec<ArticleId> {
        self.crashed.iter().filter(|(_, answers)| **answers == self.answers).map(|(article, _)| *article).collect()
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
            assert!(!suspects.crashed(ArticleId(1)) && !suspects.crashed(ArticleId(2)));
        }
        assert_eq!(suspects.to_avoid().len(), 2);
    }

    #[test]
    fn an_article_that_crashes_between_answers_of_others_is_to_blame() {
        let mut suspects = Suspects::default();
        assert!(!suspects.crashed(ArticleId(1)));
        assert_eq!(suspects.to_avoid(), [ArticleId(1)]);
        suspects.answered();
        assert_eq!(suspects.to_avoid(), [], "its turn again");
        assert!(suspects.crashed(ArticleId(1)));
    }
}
