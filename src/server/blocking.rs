//! Parsing of foreign text off the async threads, on a bounded number of blocking ones.

use super::metrics::ParseSeconds;
use crate::error::AppError;
use std::{sync::Arc, thread, time::Instant};
use tokio::sync::Semaphore;

/// What is parsed; a label of `gleaner_parse_seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseKind {
    /// A feed.
    Feed,
    /// A web page in which feeds are searched for.
    Page,
    /// A list of subscriptions.
    Opml,
    /// An answer of a model.
    Markdown,
}

impl ParseKind {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Page => "page",
            Self::Opml => "opml",
            Self::Markdown => "markdown",
        }
    }
}

/// Blocking threads for parsing: at most one for each processor at once.
#[derive(Clone, Debug)]
pub struct ParsePool {
    permits: Arc<Semaphore>,
    seconds: ParseSeconds,
}

impl ParsePool {
    /// A pool that records in `seconds` how long its work took.
    pub fn new(seconds: ParseSeconds) -> Self {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        Self { permits: Arc::new(Semaphore::new(threads)), seconds }
    }

    /// Runs `work` on a blocking thread, as soon as one of the pool is free. Work that has not begun when the caller goes away
    /// never begins.
    ///
    /// # Errors
    /// An internal error when `work` panics.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: ParseKind,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| AppError::internal())?;
        let seconds = self.seconds.clone();
        tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let value = work();
            seconds.record(kind.as_str(), begun.elapsed());
            drop(permit);
            value
        })
        .await
        .map_err(|_| AppError::internal())
    }
}

#[cfg(test)]
mod tests {
    use super::{ParseKind, ParsePool};
    use crate::{domain::time::Timestamp, server::metrics::Metrics};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[tokio::test]
    async fn no_more_run_at_once_than_there_are_permits() {
        let pool = ParsePool::new(Metrics::new(Timestamp(0)).parse_seconds());
        let permits = pool.permits.available_permits();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..permits * 4).map(|_| {
            let (running, most) = (running.clone(), most.clone());
            pool.run(ParseKind::Page, move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
            })
        });
        assert!(futures::future::join_all(works).await.into_iter().all(|result| result.is_ok()));
        assert!(most.load(Ordering::SeqCst) <= permits, "{} of {permits}", most.load(Ordering::SeqCst));
        assert!(pool.run(ParseKind::Page, || panic!("a test")).await.is_err(), "a panic is an error");
        assert_eq!(pool.permits.available_permits(), permits, "and gives its permit back");
    }
}
