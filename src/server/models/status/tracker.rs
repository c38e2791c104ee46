//! What came of asking each model. That it is listed, or in memory, proves nothing; that it answered does (ollama-api.md §5.6).

use crate::domain::{model_name::ModelName, time::Timestamp};
use crate::server::models::ollama::error::OllamaError;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What this process saw of every model it asked, or found in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracker {
    /// By [`model_key`].
    models: BTreeMap<String, ModelRecord>,
    call_count: u64,
}

/// A call that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(u64);

/// What is known of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelRecord {
    /// Calls that wait for their first word, and since when, in milliseconds.
    pending_calls: BTreeMap<CallId, i128>,
    /// Whether it was in memory when last heard or looked at.
    pub in_memory: bool,
    pub last_answer: Option<LastAnswer>,
    /// Why the last call brought no answer, when that was about the model. An answer clears it.
    pub last_error: Option<OllamaError>,
    pub last_load: Option<ModelLoad>,
}

/// The last whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// When it ended.
    pub at: Timestamp,
    /// Until when it should stay in memory; `None`: for ever.
    pub in_memory_until: Option<Timestamp>,
}

/// A load that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelLoad {
    pub duration: Duration,
    pub at: Timestamp,
}

/// Shorter than this, nothing was loaded: the server only looked the model up.
const MIN_LOAD_DURATION: Duration = Duration::from_secs(1);

impl ModelRecord {
    /// Since when a call has been waiting for the model to get into memory, in milliseconds. There is no other sign of a load:
    /// a model that is being loaded is not listed as running.
    pub fn loading_since(&self) -> Option<i128> {
        self.pending_calls.values().min().copied().filter(|_| !self.in_memory)
    }

    /// Whether it answered so short a time ago that it should still be in memory.
    pub fn is_proven(&self, now: Timestamp) -> bool {
        self.last_error.is_none() && self.last_answer.is_some_and(|a| a.in_memory_until.is_none_or(|until| now <= until))
    }
}

impl Tracker {
    /// What is known of `model`, in any spelling.
    pub fn get(&self, model: &str) -> Option<&ModelRecord> {
        self.models.get(&model_key(model))
    }

    /// Changes what is known of `model`. Whether it stands differently now: most answers are like those before, and nobody wants
    /// to be told.
    pub fn update(&mut self, model: &str, what: impl FnOnce(&mut Self)) -> bool {
        let gist = |seen: &Self| {
            let record = seen.get(model)?;
            let (is_loading, is_proven) = (record.loading_since().is_some(), record.last_answer.is_some());
            Some((record.in_memory, is_loading, is_proven, record.last_error.clone(), record.last_load))
        };
        let before = gist(self);
        what(self);
        before != gist(self)
    }

    /// The loads seen, by [`model_key`].
    pub fn loads(&self) -> impl Iterator<Item = (&str, ModelLoad)> {
        self.models.iter().filter_map(|(model, record)| Some((model.as_str(), record.last_load?)))
    }

    /// A call goes out.
    pub fn record_start(&mut self, model: &str, now_ms: i128) -> CallId {
        self.call_count += 1;
        let call = CallId(self.call_count);
        self.model_mut(model).pending_calls.insert(call, now_ms);
        call
    }

    /// The first word came: the model is in memory.
    pub fn record_first_token(&mut self, model: &str, call: CallId) {
        let record = self.model_mut(model);
        record.pending_calls.remove(&call);
        record.in_memory = true;
    }

    /// The call was answered to its end. `load`: how long the load before it took, as far as it is known.
    pub fn record_answer(&mut self, model: &str, call: CallId, answered: LastAnswer, load: Option<Duration>) {
        let record = self.model_mut(model);
        record.pending_calls.remove(&call);
        (record.in_memory, record.last_error) = (true, None);
        record.last_answer = Some(answered);
        if let Some(took) = load.filter(|took| *took >= MIN_LOAD_DURATION) {
            record.last_load = Some(ModelLoad { duration: took, at: answered.at });
        }
    }

    /// The model is in memory, as a call that only loads it says; whether it can answer is another matter.
    pub fn record_load(&mut self, model: &str, call: CallId, load: ModelLoad) {
        let record = self.model_mut(model);
        record.pending_calls.remove(&call);
        (record.in_memory, record.last_error) = (true, None);
        if load.duration >= MIN_LOAD_DURATION {
            record.last_load = Some(load);
        }
    }

    /// An attempt failed and the call makes another: it waits again.
    pub fn record_retry(&mut self, model: &str, call: CallId, error: &OllamaError, now_ms: i128) {
        let record = self.model_mut(model);
        record.in_memory &= !error.unloads_model();
        record.pending_calls.insert(call, now_ms);
    }

    /// The call failed for good.
    pub fn record_failure(&mut self, model: &str, call: CallId, error: &OllamaError) {
        let record = self.model_mut(model);
        record.pending_calls.remove(&call);
        record.in_memory &= !error.unloads_model();
        if error.is_model_failure() {
            record.last_error = Some(error.clone());
        }
    }

    /// Whoever asked did not wait for the end, or it was told before.
    pub fn record_abandoned(&mut self, model: &str, call: CallId) {
        self.model_mut(model).pending_calls.remove(&call);
    }

    /// A look at Ollama found these models in memory and no others, all by [`model_key`].
    pub fn record_poll(&mut self, in_memory: &BTreeSet<String>) {
        for model in in_memory {
            self.models.entry(model.clone()).or_default();
        }
        for (model, record) in &mut self.models {
            record.in_memory = in_memory.contains(model);
            // Whether it is there, the list says better.
            if matches!(record.last_error, Some(OllamaError::ModelMissing(_))) {
                record.last_error = None;
            }
        }
    }

    /// Ollama is back after it was gone: what its last life could not do, this one may.
    pub fn record_recovery(&mut self) {
        for record in self.models.values_mut() {
            record.last_error = None;
        }
    }

    /// What was found out about `model` holds no longer: its file or its options changed.
    pub fn forget(&mut self, model: &str) {
        if let Some(record) = self.models.get_mut(&model_key(model)) {
            (record.last_answer, record.last_error) = (None, None);
        }
    }

    fn model_mut(&mut self, model: &str) -> &mut ModelRecord {
        self.models.entry(model_key(model)).or_default()
    }
}

/// One spelling for all that mean the same model.
pub fn model_key(model: &str) -> String {
    ModelName::parse(model).map_or_else(|_| model.trim().to_ascii_lowercase(), |name| name.key())
}

#[cfg(test)]
mod tests {
    use super::{LastAnswer, OllamaError, Tracker, model_key};
    use crate::domain::time::Timestamp;
    use std::{collections::BTreeSet, time::Duration};

    const ANSWERED: LastAnswer = LastAnswer { at: Timestamp(100), in_memory_until: Some(Timestamp(1000)) };

    #[test]
    fn a_call_that_waits_for_a_model_outside_of_memory_is_a_load() {
        let mut seen = Tracker::default();
        let call = seen.record_start("qwen3:8b", 5_000);
        assert_eq!(seen.get("QWEN3:8b").and_then(|r| r.loading_since()), Some(5_000));
        seen.record_poll(&BTreeSet::new());
        assert_eq!(seen.get("qwen3:8b").and_then(|r| r.loading_since()), Some(5_000), "a load is listed nowhere");
        let second = seen.record_start("qwen3:8b", 9_000);
        assert_eq!(seen.get("qwen3:8b").and_then(|r| r.loading_since()), Some(5_000), "since the first");
        seen.record_first_token("qwen3:8b", call);
        assert_eq!(seen.get("qwen3:8b").and_then(|r| r.loading_since()), None, "the second only waits its turn");
        seen.record_answer("qwen3:8b", call, ANSWERED, Some(Duration::from_secs(90)));
        seen.record_abandoned("qwen3:8b", second);
        let record = seen.get("qwen3:8b").expect("known");
        assert!(record.is_proven(Timestamp(1000)) && !record.is_proven(Timestamp(1001)));
        assert_eq!(record.last_load.map(|l| l.duration.as_secs()), Some(90));
        seen.record_answer("qwen3:8b", second, ANSWERED, Some(Duration::from_millis(40)));
        assert_eq!(
            seen.loads().map(|(m, l)| (m.to_owned(), l.duration.as_secs())).collect::<Vec<_>>(),
            [(model_key("qwen3:8b"), 90)]
        );
    }

    #[test]
    fn an_answer_like_the_one_before_is_no_news() {
        let mut seen = Tracker::default();
        let ask = |seen: &mut Tracker| {
            let mut call = super::CallId::default();
            let began = seen.update("m", |seen| call = seen.record_start("m", 0));
            let spoke = seen.update("m", |seen| seen.record_first_token("m", call));
            let later = LastAnswer { at: Timestamp(i64::try_from(seen.call_count).expect("few")), in_memory_until: None };
            [began, spoke, seen.update("m", |seen| seen.record_answer("m", call, later, None))]
        };
        assert_eq!([ask(&mut seen), ask(&mut seen)], [[true; 3], [false; 3]]);
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
            let mut seen = Tracker::default();
            seen.record_poll(&BTreeSet::from([model_key("m")]));
            let call = seen.record_start("m", 0);
            seen.record_failure("m", call, &error);
            let record = seen.get("m").expect("known");
            assert_eq!((record.last_error.is_some(), record.in_memory), (kept, in_memory), "{error}");
            assert_eq!(record.loading_since(), None);
            let again = seen.record_start("m", 0);
            seen.record_answer("m", again, ANSWERED, None);
            assert!(seen.get("m").is_some_and(|r| r.last_error.is_none() && r.in_memory));
        }
    }

    #[test]
    fn the_list_knows_better_whether_a_model_is_there() {
        let mut seen = Tracker::default();
        let call = seen.record_start("m", 0);
        seen.record_failure("m", call, &OllamaError::ModelMissing(String::new()));
        seen.record_poll(&BTreeSet::new());
        assert!(seen.get("m").is_some_and(|r| r.last_error.is_none()));
        let call = seen.record_start("m", 0);
        seen.record_failure("m", call, &OllamaError::OutOfMemory(String::new()));
        seen.record_poll(&BTreeSet::new());
        assert!(seen.get("m").is_some_and(|r| r.last_error.is_some()), "but not whether it can answer");
        seen.forget("m");
        assert!(seen.get("m").is_some_and(|r| r.last_error.is_none()));
    }
}
