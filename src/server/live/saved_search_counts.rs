//! Unread articles of saved searches, as they were counted a short while ago.

use crate::domain::search::HitCount;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a count is used, in milliseconds.
const KEPT_MS: i128 = 60_000;

/// Counts by query, with the moment of [`Clock::monotonic_ms`](crate::server::clock::Clock::monotonic_ms) at which each was made.
#[derive(Debug, Default)]
pub struct SavedSearchCounts(Mutex<HashMap<String, (HitCount, i128)>>);

impl SavedSearchCounts {
    /// Keeps a count; it takes the place of an older one.
    pub fn keep(&self, query: &str, count: HitCount, now_ms: i128) {
        self.lock(now_ms).insert(query.to_owned(), (count, now_ms));
    }

    /// The count of a query, unless it is too old.
    pub fn find(&self, query: &str, now_ms: i128) -> Option<HitCount> {
        self.lock(now_ms).get(query).map(|(count, _)| *count)
    }

    fn lock(&self, now_ms: i128) -> MutexGuard<'_, HashMap<String, (HitCount, i128)>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, (_, counted_ms)| now_ms - *counted_ms < KEPT_MS);
        counts
    }
}
