//! What saved searches found a short while ago.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a result is used, in milliseconds.
const KEPT_MS: i128 = 60_000;

/// Results by query, with the moment of [`Clock::monotonic_ms`](crate::server::clock::Clock::monotonic_ms) at which each was found.
#[derive(Debug)]
pub struct SavedSearchCache<T>(Mutex<HashMap<String, (T, i128)>>);

impl<T> Default for SavedSearchCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SavedSearchCache<T> {
    /// Keeps a result; it takes the place of an older one.
    pub fn keep(&self, query: &str, result: T, now_ms: i128) {
        self.lock(now_ms).insert(query.to_owned(), (result, now_ms));
    }

    /// The result of a query, unless it is too old.
    pub fn find(&self, query: &str, now_ms: i128) -> Option<T> {
        self.lock(now_ms).get(query).map(|(result, _)| result.clone())
    }

    fn lock(&self, now_ms: i128) -> MutexGuard<'_, HashMap<String, (T, i128)>> {
        let mut results = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        results.retain(|_, (_, found_ms)| now_ms - *found_ms < KEPT_MS);
        results
    }
}
