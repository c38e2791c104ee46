//! Distinguishes an article that crashes the model from a model that is down: the article is sent alone, between two other answers.

use crate::domain::ids::ArticleId;
use std::collections::HashMap;

/// Articles that were in flight when the model crashed or stopped answering.
#[derive(Debug, Default)]
pub struct Quarantine {
    /// The articles, each with `answer_count` at its last crash.
    answers_at_crash: HashMap<ArticleId, u64>,
    answer_count: u64,
}

/// With more articles than this in quarantine the articles are not the cause.
const MAX_QUARANTINED_ARTICLES: usize = 64;

impl Quarantine {
    /// Records an answer to any request: the model is not down.
    pub fn record_answer(&mut self) {
        self.answer_count += 1;
    }

    /// Removes `article`: the model answered about it.
    pub fn release(&mut self, article: ArticleId) {
        self.answers_at_crash.remove(&article);
    }

    /// Records that the model crashed while `article` was in flight. `true`: the article is the cause, since it was sent alone, had
    /// crashed the model before, and the model has answered in between.
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

    /// Whether an article may have crashed the model: then the canary is sent first.
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
