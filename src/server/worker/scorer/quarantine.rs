//! Telling an article that brings the model down from a model that is down: by asking about it alone, between two answers.

use crate::domain::ids::ArticleId;
use std::collections::HashMap;

/// Articles that were with the model when it crashed or fell silent.
#[derive(Debug, Default)]
pub struct Quarantine {
    /// With the number of answers there had been when it happened last.
    answers_at_crash: HashMap<ArticleId, u64>,
    answer_count: u64,
}

/// With more articles than this in quarantine the articles are not the cause.
const MAX_QUARANTINED_ARTICLES: usize = 64;

impl Quarantine {
    /// The model answered somebody: it is not down.
    pub fn record_answer(&mut self) {
        self.answer_count += 1;
    }

    /// The model answered for `article`.
    pub fn release(&mut self, article: ArticleId) {
        self.answers_at_crash.remove(&article);
    }

    /// The model went down while `article` was with it. Whether it is to blame: nobody else was there, it was so before, and
    /// the model has answered in between.
    pub fn record_crash(&mut self, article: ArticleId, alone: bool) -> bool {
        let before = self.answers_at_crash.insert(article, self.answer_count);
        if self.answers_at_crash.len() > MAX_QUARANTINED_ARTICLES {
            self.answers_at_crash.clear();
        }
        alone && before.is_some_and(|answers| answers < self.answer_count)
    }

    /// Whether `article` has to be asked about alone.
    pub fn contains(&self, article: ArticleId) -> bool {
        self.answers_at_crash.contains_key(&article)
    }

    /// Whether it may have been an article that brought the model down: then something harmless is to be asked first.
    pub fn needs_canary(&self) -> bool {
        self.answers_at_crash.values().any(|answers| *answers == self.answer_count)
    }
}

#[cfg(test)]
mod tests {
    use super::Quarantine;
    use crate::domain::ids::ArticleId;

    #[test]
    fn a_model_that_is_down_blames_nobody() {
        let mut quarantine = Quarantine::default();
        for _ in 0..10 {
            assert!(!quarantine.record_crash(ArticleId(1), true) && !quarantine.record_crash(ArticleId(2), true));
        }
        assert!(quarantine.needs_canary());
    }

    #[test]
    fn an_article_that_crashes_alone_between_answers_is_to_blame() {
        let mut quarantine = Quarantine::default();
        assert!(!quarantine.record_crash(ArticleId(1), true));
        assert!(quarantine.needs_canary() && quarantine.contains(ArticleId(1)));
        quarantine.record_answer();
        assert!(!quarantine.needs_canary(), "it may be asked about again");
        assert!(quarantine.record_crash(ArticleId(1), true));
    }

    #[test]
    fn articles_asked_about_together_stay_out() {
        let mut quarantine = Quarantine::default();
        for _ in 0..10 {
            assert!(!quarantine.record_crash(ArticleId(1), false) && !quarantine.record_crash(ArticleId(2), false));
            quarantine.record_answer();
        }
        quarantine.release(ArticleId(2));
        assert!(quarantine.contains(ArticleId(1)) && !quarantine.contains(ArticleId(2)));
    }
}
