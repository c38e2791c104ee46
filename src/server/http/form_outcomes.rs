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
const MAX_KEPT_OUTCOMES: usize = 32;

struct KeptOutcome {
    key: String,
    kept_at_ms: i128,
    outcome: Arc<FormOutcome>,
}

/// The outcomes of the last minutes, oldest first. Cheap to clone.
#[derive(Clone)]
pub struct FormOutcomes {
    clock: Clock,
    kept: Arc<Mutex<VecDeque<KeptOutcome>>>,
}

impl FormOutcomes {
    /// Without outcomes.
    pub fn new(clock: Clock) -> Self {
        Self { clock, kept: Arc::default() }
    }

    /// Keeps an outcome; its key.
    pub fn keep(&self, outcome: FormOutcome) -> String {
        let key = format!("{:032x}", rand::random::<u128>());
        let mut kept = self.lock();
        if kept.len() == MAX_KEPT_OUTCOMES {
            kept.pop_front();
        }
        kept.push_back(KeptOutcome {
            key: key.clone(),
            kept_at_ms: self.clock.monotonic_ms(),
            outcome: Arc::new(outcome),
        });
        key
    }

    /// The outcome whose key is in the URL of a page. One with a secret is removed: secrets are shown once.
    pub fn find(&self, page: &Uri) -> Option<Arc<FormOutcome>> {
        let (_, key) = form_urlencoded::parse(page.query()?.as_bytes()).find(|(name, _)| *name == *OUTCOME_PARAM)?;
        let mut kept = self.lock();
        let place = kept.iter().position(|kept| kept.key == key)?;
        // Secrets are shown once.
        if matches!(kept[place].outcome.result, FormResult::DeviceAdded(_) | FormResult::RecoveryCodes(_)) {
            return kept.remove(place).map(|kept| kept.outcome);
        }
        kept.get(place).map(|kept| kept.outcome.clone())
    }

    /// The outcomes that can still be shown.
    fn lock(&self) -> MutexGuard<'_, VecDeque<KeptOutcome>> {
        let now_ms = self.clock.monotonic_ms();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|outcome| now_ms - outcome.kept_at_ms <= OUTCOME_LIFETIME_MS);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::{FormOutcomes, MAX_KEPT_OUTCOMES, OUTCOME_LIFETIME_MS};
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
        let keep = |text: &str| {
            let result = FormResult::Error(AppError::invalid(text));
            outcomes.keep(FormOutcome { endpoint: "/fn/x".into(), fields: Vec::new(), result, has_own_error: true })
        };
        let found = |key: &str| outcomes.find(&format!("/feeds?view=all&outcome={key}").parse().expect("a URI"));
        let first = keep("first");
        assert!(found(&first).is_some() && found("00").is_none());
        clock.advance(Duration::from_secs(600));
        assert!(found(&first).is_some());
        clock.advance(Duration::from_secs(1));
        assert!(found(&first).is_none(), "older than {OUTCOME_LIFETIME_MS} ms");
        let second = keep("second");
        let others: Vec<String> = (0..MAX_KEPT_OUTCOMES).map(|_| keep("another")).collect();
        assert!(found(&second).is_none() && others.iter().all(|key| found(key).is_some()));
    }
}
