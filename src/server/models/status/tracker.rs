//! The last answer, failure and load of each model. That a model is listed, or in memory, does not prove that it answers
//! (ollama-api.md §5.6).

use super::event::{CallEvent, CallId};
use crate::domain::{model_name::ModelName, time::Timestamp};
use crate::server::models::ollama::error::OllamaError;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What this process knows of every model that it sent a request to or found in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracker {
    models: BTreeMap<ModelName, ModelRecord>,
}

/// What is known of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelRecord {
    /// Requests that wait for their first token, and since when, in milliseconds.
    pending_calls: BTreeMap<CallId, i128>,
    /// Whether the last request or poll showed it in memory.
    pub in_memory: bool,
    /// The last whole answer.
    pub last_answer: Option<LastAnswer>,
    /// Why the last request failed, when the model was the reason. An answer clears it.
    pub last_error: Option<OllamaError>,
    /// The last load that a request waited for.
    pub last_load: Option<ModelLoad>,
}

/// The last whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// When it ended.
    pub at: Timestamp,
    /// Until when the model should stay in memory; `None`: for ever.
    pub in_memory_until: Option<Timestamp>,
}

/// A load that a request waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelLoad {
    /// How long it took.
    pub duration: Duration,
    /// When it ended.
    pub at: Timestamp,
}

/// A shorter time is no load: the server only looked the model up.
const MIN_LOAD_DURATION: Duration = Duration::from_secs(1);

impl ModelRecord {
    /// Since when a request has been waiting for the model to be loaded, in milliseconds. There is no other sign of a load:
    /// Ollama does not list a model that is being loaded.
    pub fn loading_since(&self) -> Option<i128> {
        self.first_token_awaited_since().filter(|_| !self.in_memory)
    }

    /// Since when a request has been waiting for its first token, in milliseconds.
    pub fn first_token_awaited_since(&self) -> Option<i128> {
        self.pending_calls.values().min().copied()
    }

    /// Whether its last answer asked for it to be in memory at `now`.
    fn should_be_in_memory(&self, now: Timestamp) -> bool {
        self.last_answer.is_some_and(|answer| answer.in_memory_until.is_none_or(|until| now <= until))
    }
}

impl Tracker {
    /// What is known of `model`.
    pub fn get(&self, model: &ModelName) -> Option<&ModelRecord> {
        self.models.get(model)
    }

    /// The known models.
    pub fn models(&self) -> impl Iterator<Item = &ModelName> {
        self.models.keys()
    }

    /// Whether a request waits for a model to be loaded.
    pub fn is_loading(&self) -> bool {
        self.models.values().any(|record| record.loading_since().is_some())
    }

    /// The last load of each model in this process.
    pub fn loads(&self) -> impl Iterator<Item = (&ModelName, ModelLoad)> {
        self.models.iter().filter_map(|(model, record)| Some((model, record.last_load?)))
    }

    /// Records the progress of a request at `now_ms` (milliseconds). Whether its model is in another state now: most answers
    /// change nothing.
    pub(super) fn apply(&mut self, model: &ModelName, call: CallId, event: CallEvent<'_>, now_ms: i128) -> bool {
        let record = self.models.entry(model.clone()).or_default();
        let before = comparable(record);
        match event {
            CallEvent::Started => {
                record.pending_calls.insert(call, now_ms);
            }
            CallEvent::Retried(error) => {
                record.in_memory &= !error.unloads_model();
                record.pending_calls.insert(call, now_ms);
            }
            CallEvent::FirstToken => {
                record.pending_calls.remove(&call);
                record.in_memory = true;
            }
            CallEvent::Answered { keep_alive, load } => {
                record.pending_calls.remove(&call);
                // A keep-alive of 0 takes the model out of memory after the answer.
                (record.in_memory, record.last_error) = (keep_alive != Some(Duration::ZERO), None);
                let at = to_timestamp(now_ms);
                let seconds = keep_alive.map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
                record.last_answer = Some(LastAnswer { at, in_memory_until: seconds.map(|seconds| at.plus(seconds)) });
                record.record_load(load.unwrap_or_default(), at);
            }
            CallEvent::Loaded(duration) => {
                record.pending_calls.remove(&call);
                (record.in_memory, record.last_error) = (true, None);
                record.record_load(duration, to_timestamp(now_ms));
            }
            CallEvent::Failed(error) => {
                record.pending_calls.remove(&call);
                record.in_memory &= !error.unloads_model();
                if error.is_model_failure() {
                    record.last_error = Some(error.clone());
                }
            }
            CallEvent::Abandoned => {
                record.pending_calls.remove(&call);
            }
        }
        before != comparable(record)
    }

    /// Records a poll at `now`. `in_memory`: exactly these models are in memory; `None` when the server does
    /// not list them, so that the keep-alive of their last answers decides.
    pub(super) fn record_poll(&mut self, in_memory: Option<&BTreeSet<ModelName>>, now: Timestamp) {
        for model in in_memory.into_iter().flatten() {
            self.models.entry(model.clone()).or_default();
        }
        for (model, record) in &mut self.models {
            record.in_memory = match in_memory {
                Some(listed) => listed.contains(model),
                None => record.should_be_in_memory(now),
            };
            // The list of installed models decides whether a model is missing.
            if matches!(record.last_error, Some(OllamaError::ModelMissing(_))) {
                record.last_error = None;
            }
        }
    }

    /// Records that the server is back after an outage: a model that failed before it may work now.
    pub(super) fn record_recovery(&mut self) {
        for record in self.models.values_mut() {
            record.last_error = None;
        }
    }

    /// Records that the server took `model` out of memory.
    pub(super) fn record_unload(&mut self, model: &ModelName) {
        if let Some(record) = self.models.get_mut(model) {
            record.in_memory = false;
        }
    }

    /// Drops the last answer and failure of `model`: its file or its options changed.
    pub(super) fn forget(&mut self, model: &ModelName) {
        if let Some(record) = self.models.get_mut(model) {
            (record.last_answer, record.last_error) = (None, None);
        }
    }
}

impl ModelRecord {
    fn record_load(&mut self, duration: Duration, at: Timestamp) {
        if duration >= MIN_LOAD_DURATION {
            self.last_load = Some(ModelLoad { duration, at });
        }
    }
}

/// The part of a record that readers are notified about.
fn comparable(record: &ModelRecord) -> (bool, bool, bool, Option<OllamaError>, Option<ModelLoad>) {
    let (is_loading, has_answered) = (record.loading_since().is_some(), record.last_answer.is_some());
    (record.in_memory, is_loading, has_answered, record.last_error.clone(), record.last_load)
}

/// The second that a time in milliseconds falls into.
pub(super) fn to_timestamp(now_ms: i128) -> Timestamp {
    Timestamp(i64::try_from(now_ms.div_euclid(1000)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{CallEvent, CallId, OllamaError, Tracker};
    use crate::domain::{model_name::ModelName, time::Timestamp};
    use std::{collections::BTreeSet, time::Duration};

    const ANSWERED: CallEvent<'static> = CallEvent::Answered { keep_alive: None, load: None };

    fn poll(tracker: &mut Tracker, in_memory: &[&str]) {
        let keys: BTreeSet<ModelName> = in_memory.iter().map(|model| ModelName::from(*model)).collect();
        tracker.record_poll(Some(&keys), Timestamp(0));
    }

    #[test]
    fn a_call_that_waits_for_a_model_outside_of_memory_is_a_load() {
        let mut tracker = Tracker::default();
        let (first, second) = (CallId(1), CallId(2));
        let since = |tracker: &Tracker| tracker.get(&"qwen3:8b".into()).and_then(|record| record.loading_since());
        tracker.apply(&"QWEN3:8b".into(), first, CallEvent::Started, 5_000);
        assert_eq!(since(&tracker), Some(5_000));
        poll(&mut tracker, &[]);
        assert_eq!(since(&tracker), Some(5_000), "no list of Ollama shows a load");
        tracker.apply(&"qwen3:8b".into(), second, CallEvent::Started, 9_000);
        assert_eq!(since(&tracker), Some(5_000), "since the first");
        tracker.apply(&"qwen3:8b".into(), first, CallEvent::FirstToken, 95_000);
        assert_eq!(since(&tracker), None, "the second only waits for the first");
        let load = Some(Duration::from_secs(90));
        tracker.apply(&"qwen3:8b".into(), first, CallEvent::Answered { keep_alive: None, load }, 100_000);
        tracker.apply(&"qwen3:8b".into(), second, CallEvent::Abandoned, 100_000);
        let load = Some(Duration::from_millis(40));
        tracker.apply(&"qwen3:8b".into(), second, CallEvent::Answered { keep_alive: None, load }, 101_000);
        let loads: Vec<_> = tracker.loads().map(|(model, load)| (model.to_owned(), load.duration.as_secs())).collect();
        assert_eq!(loads, [(ModelName::from("qwen3:8b"), 90)], "a short time is no load");
    }

    #[test]
    fn without_a_list_the_keep_alive_of_the_last_answer_decides() {
        let mut tracker = Tracker::default();
        let answered = CallEvent::Answered { keep_alive: Some(Duration::from_secs(900)), load: None };
        tracker.apply(&"m".into(), CallId(1), answered, 100_000);
        for (now, in_memory) in [(1000, true), (1001, false)] {
            tracker.record_poll(None, Timestamp(now));
            assert_eq!(tracker.get(&"m".into()).map(|record| record.in_memory), Some(in_memory), "{now}");
        }
    }

    #[test]
    fn what_a_failure_says_about_the_model() {
        for (error, kept, in_memory) in [
            (OllamaError::OutOfMemory(String::new()), true, false),
            (OllamaError::RunnerCrashed(String::new()), true, false),
            (OllamaError::ModelMissing(String::new()), true, true),
            (OllamaError::FirstByteTimeout, true, true),
            (OllamaError::Refused, false, true),
            (OllamaError::Busy { retry_after: None }, false, true),
            (OllamaError::Overflow, false, true),
            (OllamaError::CutOff, false, true),
        ] {
            let mut tracker = Tracker::default();
            poll(&mut tracker, &["m"]);
            tracker.apply(&"m".into(), CallId(1), CallEvent::Started, 0);
            tracker.apply(&"m".into(), CallId(1), CallEvent::Failed(&error), 0);
            let record = tracker.get(&"m".into()).expect("known");
            assert_eq!((record.last_error.is_some(), record.in_memory), (kept, in_memory), "{error}");
            assert_eq!(record.loading_since(), None);
            tracker.apply(&"m".into(), CallId(2), ANSWERED, 0);
            assert!(tracker.get(&"m".into()).is_some_and(|record| record.last_error.is_none() && record.in_memory));
        }
    }

    #[test]
    fn a_poll_decides_whether_a_model_is_missing_but_not_whether_it_works() {
        let mut tracker = Tracker::default();
        tracker.apply(&"m".into(), CallId(1), CallEvent::Failed(&OllamaError::ModelMissing(String::new())), 0);
        poll(&mut tracker, &[]);
        assert!(tracker.get(&"m".into()).is_some_and(|record| record.last_error.is_none()));
        tracker.apply(&"m".into(), CallId(2), CallEvent::Failed(&OllamaError::OutOfMemory(String::new())), 0);
        poll(&mut tracker, &[]);
        assert!(tracker.get(&"m".into()).is_some_and(|record| record.last_error.is_some()));
        tracker.forget(&"m".into());
        assert!(tracker.get(&"m".into()).is_some_and(|record| record.last_error.is_none()));
    }
}
