//! Parsing of foreign text on a bounded number of blocking threads.

use super::{metrics::ParseSeconds, work_limit::WorkLimit};
use crate::error::AppError;
use std::{sync::Arc, thread, time::Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

string_enum! {
    /// What is parsed; a label of `gleaner_parse_seconds`.
    ParseKind {
        /// The bytes of an answer: unpacking them, and their hash.
        Body = "body",
        /// A feed.
        Feed = "feed",
        /// A web page in which feeds are searched for.
        Page = "page",
        /// A web page whose article is taken.
        Article = "article",
        /// A list of subscriptions.
        Opml = "opml",
        /// An answer of a model.
        Markdown = "markdown",
    }
}

/// Feeds that are read at once, those included that wait for a thread.
const MAX_FEEDS_READ: u32 = 64;

/// Cancels work when its caller goes away.
struct CancelOnDrop(WorkLimit);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Blocking threads for parsing: at most one for each processor at once.
#[derive(Clone, Debug)]
pub struct ParsePool {
    permits: Arc<Semaphore>,
    feed_permits: Arc<Semaphore>,
    seconds: ParseSeconds,
}

impl ParsePool {
    /// A pool that records in `seconds` how long its work took.
    pub fn new(seconds: ParseSeconds) -> Self {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        let feed_permits = Semaphore::new(MAX_FEEDS_READ as usize);
        Self { permits: Arc::new(Semaphore::new(threads)), feed_permits: Arc::new(feed_permits), seconds }
    }

    /// Waits until a feed may be read: beside others, or `alone`. It may be read until the permit is dropped.
    ///
    /// # Errors
    /// An internal error when the pool is closed, which it never is.
    pub async fn acquire_feed_permit(&self, alone: bool) -> Result<OwnedSemaphorePermit, AppError> {
        let permits = if alone { MAX_FEEDS_READ } else { 1 };
        self.feed_permits.clone().acquire_many_owned(permits).await.map_err(|_| AppError::internal())
    }

    /// Runs `work` on a blocking thread as soon as one of the pool is free. When the caller is dropped, work that has not begun never
    /// begins, and running work is told by [`WorkLimit::is_cancelled`].
    ///
    /// # Errors
    /// An internal error when `work` panics.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: ParseKind,
        work: impl FnOnce(&WorkLimit) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| AppError::internal())?;
        let seconds = self.seconds.clone();
        let limit = WorkLimit::default();
        let _cancel = CancelOnDrop(limit.clone());
        tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let value = work(&limit);
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
    async fn permits_bound_the_work_at_once() {
        let pool = ParsePool::new(Metrics::new(Timestamp(0)).parse_seconds());
        let permits = pool.permits.available_permits();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..permits * 4).map(|_| {
            let (running, most) = (running.clone(), most.clone());
            pool.run(ParseKind::Page, move |_| {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
            })
        });
        assert!(futures::future::join_all(works).await.into_iter().all(|result| result.is_ok()));
        assert!(most.load(Ordering::SeqCst) <= permits, "{} of {permits}", most.load(Ordering::SeqCst));
        assert!(pool.run(ParseKind::Page, |_| panic!("a test")).await.is_err(), "a panic is an error");
        assert_eq!(pool.permits.available_permits(), permits, "and gives its permit back");
    }

    #[tokio::test]
    async fn work_is_cancelled_with_its_caller() {
        let pool = ParsePool::new(Metrics::new(Timestamp(0)).parse_seconds());
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let work = pool.run(ParseKind::Page, move |limit| {
            let _ = begun.send(());
            while !limit.is_cancelled() {
                std::thread::yield_now();
            }
            let _ = ended.send(limit.is_used_up());
        });
        tokio::select! {
            _ = work => unreachable!("it waits until its caller is gone"),
            begun = has_begun => begun.expect("the work begins"),
        }
        assert_eq!(has_ended.await, Ok(false), "it ends long before its time is over");
    }
}
