//! Which feeds are being checked, so that concurrent checks of one feed become one request.

use crate::domain::ids::FeedId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::OwnedMutexGuard;

/// The feeds that are being checked in this process.
#[derive(Debug, Default)]
pub struct RunningChecks(Mutex<HashMap<FeedId, Arc<FeedSlot>>>);

#[derive(Debug, Default)]
struct FeedSlot {
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Checks that were stored.
    finished: AtomicU64,
}

/// The right to check a feed; ends when it is dropped.
#[derive(Debug)]
pub struct CheckClaim {
    slot: Arc<FeedSlot>,
    _lock: OwnedMutexGuard<()>,
}

impl RunningChecks {
    /// Waits while the feed is being checked. `None` when that check was stored: its result serves the waiting callers too.
    pub async fn claim(&self, feed: FeedId) -> Option<CheckClaim> {
        let slot = self.slot(feed);
        let finished = slot.finished.load(Ordering::Acquire);
        let claim = Self::wait(slot).await;
        (claim.slot.finished.load(Ordering::Acquire) == finished).then_some(claim)
    }

    /// Waits while the feed is being checked, for a check of another kind than the running one.
    pub async fn claim_own(&self, feed: FeedId) -> CheckClaim {
        Self::wait(self.slot(feed)).await
    }

    async fn wait(slot: Arc<FeedSlot>) -> CheckClaim {
        let lock = slot.lock.clone().lock_owned().await;
        CheckClaim { slot, _lock: lock }
    }

    fn slot(&self, feed: FeedId) -> Arc<FeedSlot> {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|_, slot| Arc::strong_count(slot) > 1);
        feeds.entry(feed).or_default().clone()
    }
}

impl CheckClaim {
    /// Ends the claim after the check was stored; waiting callers do not check again.
    pub fn finish(self) {
        self.slot.finished.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::RunningChecks;
    use crate::domain::ids::FeedId;

    #[tokio::test]
    async fn those_who_wait_share_a_stored_check_only() {
        let checks = RunningChecks::default();
        for (is_stored, checks_again) in [(true, false), (false, true)] {
            let first = checks.claim(FeedId(1)).await.expect("nobody else");
            let finish = async { if is_stored { first.finish() } else { drop(first) } };
            // Joined futures are polled in this order: the second waits before the first ends.
            let (second, own, ()) = tokio::join!(
                async { checks.claim(FeedId(1)).await.is_some() },
                async { drop(checks.claim_own(FeedId(1)).await) },
                finish
            );
            assert_eq!((second, own), (checks_again, ()), "stored: {is_stored}");
        }
        let (one, other) = (checks.claim(FeedId(1)).await, checks.claim(FeedId(2)).await);
        assert!(one.is_some() && other.is_some(), "other feeds do not wait");
    }
}
