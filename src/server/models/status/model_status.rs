//! The owner of the snapshot: applies events and publishes the result.

use super::{
    event::{CallId, StatusEvent},
    snapshot::Snapshot,
};
use crate::server::clock::Clock;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Mutex, watch};

/// Everything known of one model server. Cheap to clone; all clones share one snapshot.
#[derive(Clone, Debug)]
pub struct ModelStatus(Arc<ModelStatusInner>);

#[derive(Debug)]
struct ModelStatusInner {
    clock: Clock,
    snapshot: watch::Sender<Arc<Snapshot>>,
    last_call: AtomicU64,
    polls_started: AtomicU64,
    polls_ended: AtomicU64,
    poll_lock: Mutex<()>,
}

impl ModelStatus {
    /// Nothing is known yet of the server at `host` (its address without credentials).
    pub fn new(host: String, clock: Clock) -> Self {
        let snapshot = watch::Sender::new(Arc::new(Snapshot::new(host, clock.now())));
        Self(Arc::new(ModelStatusInner {
            clock,
            snapshot,
            last_call: AtomicU64::default(),
            polls_started: AtomicU64::default(),
            polls_ended: AtomicU64::default(),
            poll_lock: Mutex::default(),
        }))
    }

    /// What is known now. Holds no lock, so it may be kept across an await.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.borrow().clone()
    }

    /// Changes of the snapshot. Answers that leave every model in the state it was in are not announced.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.0.snapshot.subscribe()
    }

    /// Applies one event and publishes the snapshot when it says something new.
    pub fn apply(&self, event: StatusEvent<'_>) {
        let now_ms = self.0.clock.millis();
        self.0.snapshot.send_if_modified(|snapshot| Arc::make_mut(snapshot).apply(event, now_ms));
    }

    /// A number for a new request.
    pub fn new_call_id(&self) -> CallId {
        CallId(self.0.last_call.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs `poll`, or waits for the poll that is under way.
    pub async fn poll_or_join(&self, poll: impl AsyncFnOnce()) {
        self.poll_unless_counted(&self.0.polls_ended, poll).await;
    }

    /// Runs `poll`. A poll that is under way may have missed a change before this call; one that begins after this call is shared.
    pub async fn poll_anew(&self, poll: impl AsyncFnOnce()) {
        self.poll_unless_counted(&self.0.polls_started, poll).await;
    }

    /// Runs `poll` alone, unless `polls` went up while the lock was waited for.
    async fn poll_unless_counted(&self, polls: &AtomicU64, poll: impl AsyncFnOnce()) {
        let before = polls.load(Ordering::SeqCst);
        let _lock = self.0.poll_lock.lock().await;
        if polls.load(Ordering::SeqCst) == before {
            self.0.polls_started.fetch_add(1, Ordering::SeqCst);
            poll().await;
            self.0.polls_ended.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ModelStatus;
    use crate::server::{
        clock::Clock,
        models::{
            ollama::error::OllamaError,
            status::event::{CallEvent, PollAnswer, StatusEvent},
        },
    };
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    #[test]
    fn repeated_answers_are_not_announced() {
        let status = ModelStatus::new("http://x".into(), Clock::System);
        let changes = status.subscribe();
        let ask = || {
            let call = status.new_call_id();
            let mut seen = changes.clone();
            [CallEvent::Started, CallEvent::FirstToken, CallEvent::Answered { keep_alive: None, load: None }].map(
                |event| {
                    seen.mark_unchanged();
                    status.apply(StatusEvent::Call { model: &"m".into(), call, event });
                    seen.has_changed().is_ok_and(|changed| changed)
                },
            )
        };
        assert_eq!([ask(), ask()], [[true; 3], [false; 3]]);
    }

    #[test]
    fn a_kept_snapshot_does_not_change() {
        let status = ModelStatus::new("http://x".into(), Clock::System);
        let before = status.snapshot();
        status.apply(StatusEvent::Polled(Ok(PollAnswer::default())));
        assert!(!before.is_connected() && status.snapshot().is_connected());
        status.apply(StatusEvent::BreakerOpened(OllamaError::Refused));
        assert!(!status.snapshot().is_connected());
        status.apply(StatusEvent::BreakerClosed);
        assert!(status.snapshot().is_connected());
    }

    #[tokio::test]
    async fn a_change_is_followed_by_a_poll_that_began_after_it() {
        let status = ModelStatus::new("http://x".into(), Clock::System);
        let (polls, under_way, may_end) = (AtomicU32::new(0), Notify::new(), Notify::new());
        let first = status.poll_or_join(async || {
            polls.fetch_add(1, Ordering::SeqCst);
            under_way.notify_one();
            may_end.notified().await;
        });
        let later = async || {
            status
                .poll_anew(async || {
                    polls.fetch_add(1, Ordering::SeqCst);
                })
                .await;
        };
        let shared = async || {
            status
                .poll_or_join(async || {
                    polls.fetch_add(10, Ordering::SeqCst);
                })
                .await;
        };
        let others = async {
            under_way.notified().await;
            let end = async { may_end.notify_one() };
            tokio::join!(shared(), later(), later(), later(), end);
        };
        tokio::join!(first, others);
        assert_eq!(polls.load(Ordering::SeqCst), 2, "the first one, and one for the three that came later");
    }
}
