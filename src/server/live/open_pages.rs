//! How many pages follow the event stream.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The number of open pages.
#[derive(Clone, Debug, Default)]
pub struct OpenPages(Arc<AtomicUsize>);

/// Counts one page until it is dropped.
#[derive(Debug)]
pub struct OpenPageGuard(OpenPages);

impl OpenPages {
    /// Counts one more page.
    pub fn open(&self) -> OpenPageGuard {
        self.0.fetch_add(1, Ordering::Relaxed);
        OpenPageGuard(self.clone())
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for OpenPageGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
