//! Outcomes of forms, in memory for ten minutes under random keys.
//!
//! A URL that contained the text itself would let any link put sentences into a page, and could not hold long texts.

use crate::{
    components::forms::form_outcome::{FormOutcome, FormResult},
    server::clock::Clock,
};
use http::Uri;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::form_urlencoded;

/// The query parameter with the key of an outcome.
pub const OUTCOME_PARAM: &str = "outcome";

/// How long an outcome is stored, in milliseconds.
const OUTCOME_LIFETIME_MS: i128 = 600_000;
/// Maximum stored outcomes; the oldest is dropped first. Each is at most as large as a form.
const MAX_STORED_OUTCOMES: usize = 32;

struct StoredOutcome {
    key: String,
    stored_at_ms: i128,
    outcome: Arc<FormOutcome>,
}

/// The outcomes of the last minutes, oldest first. Cheap to clone.
#[derive(Clone)]
pub struct FormOutcomes {
    clock: Clock,
    outcomes: Arc<Mutex<VecDeque<StoredOutcome>>>,
}

impl FormOutcomes {
    /// Without outcomes.
    pub fn new(clock: Clock) -> Self {
        Self { clock, outcomes: Arc::default() }
    }

    /// Stores an outcome and returns its key.
    pub fn insert(&self, outcome: FormOutcome) -> String {
        let key = format!("{:032x}", rand::random::<u128>());
        let mut outcomes = self.lock();
        if outcomes.len() == MAX_STORED_OUTCOMES {
            outcomes.pop_front();
        }
        outcomes.push_back(StoredOutcome {
            key: key.clone(),
            stored_at_ms: self.clock.monotonic_ms(),
            outcome: Arc::new(outcome),
        });
        key
    }

    /// The outcome whose key is in the URL of a page. One with a secret is removed: secrets are shown once.
    pub fn find(&self, page: &Uri) -> Option<Arc<FormOutcome>> {
        let (_, key) = form_urlencoded::parse(page.query()?.as_bytes()).find(|(name, _)| *name == *OUTCOME_PARAM)?;
        let mut outcomes = self.lock();
        let place = outcomes.iter().position(|stored| stored.key == key)?;
        if matches!(outcomes[place].outcome.result, FormResult::DeviceAdded(_) | FormResult::RecoveryCodes(_)) {
            return outcomes.remove(place).map(|stored| stored.outcome);
        }
        outcomes.get(place).map(|stored| stored.outcome.clone())
    }

    /// The outcomes that can still be shown.
    fn lock(&self) -> MutexGuard<'_, VecDeque<StoredOutcome>> {
        let now_ms = self.clock.monotonic_ms();
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.retain(|stored| now_ms - stored.stored_at_ms <= OUTCOME_LIFETIME_MS);
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::{FormOutcomes, MAX_STORED_OUTCOMES, OUTCOME_LIFETIME_MS};
    use crate::{
        components::forms::form_outcome::{FormOutcome, FormResult},
        domain::time::Timestamp,
        error::AppError,
        server::clock::{Clock, FakeClock},
    };
    use std::time::Duration;

    #[test]
    fn outcomes_end_after_ten_minutes_and_are_bounded() {
        let clock = FakeClock::at(Timestamp(1_772_366_400));
        let outcomes = FormOutcomes::new(Clock::Fake(clock.clone()));
        let insert = |text: &str| {
            let result = FormResult::Error(AppError::invalid(text));
            outcomes.insert(FormOutcome { endpoint: "/fn/x".into(), fields: Vec::new(), result, has_own_error: true })
        };
        let found = |key: &str| outcomes.find(&format!("/feeds?view=all&outcome={key}").parse().expect("a URI"));
        let first = insert("first");
        assert!(found(&first).is_some() && found("00").is_none());
        clock.advance(Duration::from_secs(600));
        assert!(found(&first).is_some());
        clock.advance(Duration::from_secs(1));
        assert!(found(&first).is_none(), "older than {OUTCOME_LIFETIME_MS} ms");
        let second = insert("second");
        let others: Vec<String> = (0..MAX_STORED_OUTCOMES).map(|_| insert("another")).collect();
        assert!(found(&second).is_none() && others.iter().all(|key| found(key).is_some()));
    }
}
