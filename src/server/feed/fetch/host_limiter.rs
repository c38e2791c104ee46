//! Requests to one host: a few at a time, a pause after each answer, and none during a pause that the host asked for.

use crate::{domain::time::Timestamp, server::clock::Clock};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Seconds of the pause after a host refused a request without naming one; twice as many after each further refusal in a row, …
const DEFAULT_PAUSE_SECONDS: i64 = 600;
/// … up to a day.
const MAX_DEFAULT_PAUSE_SECONDS: i64 = 86_400;

/// Whether a request is made although its host asked for a pause (`Retry-After`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PausePolicy {
    Respect,
    Ignore,
}

/// Permits for requests, by host ([`FeedUrl::authority`](crate::domain::feed_url::FeedUrl::authority)).
#[derive(Debug)]
pub(super) struct HostLimiter {
    clock: Clock,
    max_requests: usize,
    spacing: Duration,
    hosts: Mutex<HashMap<String, Arc<HostState>>>,
}

#[derive(Debug)]
struct HostState {
    requests: Arc<Semaphore>,
    times: Mutex<HostTimes>,
}

#[derive(Clone, Copy, Debug)]
struct HostTimes {
    /// No request begins before, by [`Clock::monotonic_ms`].
    free_at_ms: i128,
    /// The end of the pause that the host asked for, by [`Clock::monotonic_ms`].
    paused_until_ms: i128,
    /// Refusals in a row that named no pause.
    refusals: u32,
}

/// The right to make requests to one host; when it is dropped the pause begins.
#[derive(Debug)]
pub(super) struct HostPermit {
    host: String,
    state: Arc<HostState>,
    clock: Clock,
    spacing: Duration,
    _request: Option<OwnedSemaphorePermit>,
}

impl HostLimiter {
    pub fn new(clock: Clock, max_requests: usize, spacing: Duration) -> Self {
        Self { clock, max_requests: max_requests.max(1), spacing, hosts: Mutex::default() }
    }

    /// Waits until a request to `host` may begin. Fails with the end of the host's pause.
    pub async fn acquire(&self, host: &str, policy: PausePolicy) -> Result<HostPermit, Timestamp> {
        let state = self.state(host);
        // The semaphore is never closed.
        let request = state.requests.clone().acquire_owned().await.ok();
        loop {
            let times = state.times();
            if policy == PausePolicy::Respect && times.paused_until_ms > self.clock.monotonic_ms() {
                return Err(self.clock.at_monotonic_ms(times.paused_until_ms));
            }
            match u64::try_from(times.free_at_ms - self.clock.monotonic_ms()) {
                Ok(millis @ 1..) => self.clock.sleep(Duration::from_millis(millis)).await,
                Ok(0) | Err(_) => break,
            }
        }
        let (clock, spacing) = (self.clock.clone(), self.spacing);
        Ok(HostPermit { host: host.to_owned(), state, clock, spacing, _request: request })
    }

    /// Lets no request to `host` begin before `until`.
    pub fn pause(&self, host: &str, until: Timestamp) {
        let until_ms = self.clock.monotonic_ms_at(until);
        self.state(host).change(|times| times.paused_until_ms = times.paused_until_ms.max(until_ms));
    }

    /// Pauses a host that refused a request without naming a pause; returns the end of the pause.
    pub fn pause_by_default(&self, host: &str) -> Timestamp {
        let now = self.clock.now();
        let mut until = now;
        self.state(host).change(|times| {
            let seconds = DEFAULT_PAUSE_SECONDS.saturating_mul(1 << times.refusals.min(16));
            until = now.plus(seconds.min(MAX_DEFAULT_PAUSE_SECONDS));
            times.refusals = times.refusals.saturating_add(1);
            times.paused_until_ms = times.paused_until_ms.max(self.clock.monotonic_ms_at(until));
        });
        until
    }

    /// Records an answer that is no refusal: the next refusal counts as the first one again.
    pub fn record_answer(&self, host: &str) {
        self.state(host).change(|times| times.refusals = 0);
    }

    /// The state of a host. Drops hosts whose state no longer matters.
    fn state(&self, host: &str) -> Arc<HostState> {
        let now_ms = self.clock.monotonic_ms();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, state| {
            let times = state.times();
            // A host that refused lately may do so again.
            let memory_ms = if times.refusals > 0 { i128::from(MAX_DEFAULT_PAUSE_SECONDS) * 1_000 } else { 0 };
            Arc::strong_count(state) > 1 || times.free_at_ms > now_ms || times.paused_until_ms + memory_ms > now_ms
        });
        let new = || {
            let times = HostTimes { free_at_ms: 0, paused_until_ms: 0, refusals: 0 };
            Arc::new(HostState { requests: Arc::new(Semaphore::new(self.max_requests)), times: Mutex::new(times) })
        };
        hosts.entry(host.to_owned()).or_insert_with(new).clone()
    }
}

impl HostState {
    fn times(&self) -> HostTimes {
        *self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut HostTimes)) {
        change(&mut self.times.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl HostPermit {
    /// The host that it is for.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        let free_at_ms = self.clock.monotonic_ms() + self.spacing.as_millis().cast_signed();
        self.state.change(|times| times.free_at_ms = free_at_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::{HostLimiter, PausePolicy};
    use crate::{
        domain::time::Timestamp,
        server::clock::{Clock, FakeClock},
    };
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
        time::Duration,
    };

    const NOW: Timestamp = Timestamp(1_755_768_600);

    fn limiter(clock: &FakeClock, max_requests: usize) -> HostLimiter {
        HostLimiter::new(Clock::Fake(clock.clone()), max_requests, Duration::from_secs(1))
    }

    /// The outcome of a future that needs nothing more than to be polled once.
    fn poll_once<F: Future>(future: F) -> Option<F::Output> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_request_at_a_time_and_a_pause_after_the_answer() {
        let clock = FakeClock::at(NOW);
        let limiter = limiter(&clock, 1);
        let ask = |host| poll_once(limiter.acquire(host, PausePolicy::Respect));
        let first = ask("a").expect("free").expect("not paused");
        assert!(ask("a").is_none(), "one at a time");
        assert!(ask("b").is_some(), "another host");
        clock.advance(Duration::from_secs(9));
        assert!(ask("a").is_none(), "the answer is still under way");
        drop(first);
        clock.advance(Duration::from_millis(999));
        assert!(ask("a").is_none(), "the pause is counted from the answer");
        clock.advance(Duration::from_millis(1));
        assert!(ask("a").is_some());
    }

    #[test]
    fn a_number_of_requests_may_be_allowed() {
        let clock = FakeClock::at(NOW);
        let limiter = limiter(&clock, 2);
        let ask = || poll_once(limiter.acquire("a", PausePolicy::Respect));
        let (one, two) = (ask(), ask());
        assert!(one.is_some() && two.is_some() && ask().is_none());
    }

    #[test]
    fn a_paused_host_is_asked_only_by_those_who_insist() {
        let clock = FakeClock::at(NOW);
        let limiter = limiter(&clock, 1);
        limiter.pause("a", NOW.plus(600));
        limiter.pause("a", NOW.plus(60));
        let ask = |policy| poll_once(limiter.acquire("a", policy)).expect("an answer").map(drop);
        assert_eq!(ask(PausePolicy::Respect), Err(NOW.plus(600)), "the later of two pauses");
        assert_eq!(ask(PausePolicy::Ignore), Ok(()));
        clock.advance(Duration::from_secs(600));
        assert_eq!(ask(PausePolicy::Respect), Ok(()));
    }

    #[test]
    fn a_host_that_refuses_again_and_again_is_paused_ever_longer() {
        let clock = FakeClock::at(NOW);
        let limiter = limiter(&clock, 1);
        let refuse = || {
            let until = limiter.pause_by_default("a");
            let pause = until.since(Clock::Fake(clock.clone()).now());
            assert_eq!(poll_once(limiter.acquire("a", PausePolicy::Respect)).expect("an answer").map(drop), Err(until));
            clock.advance(Duration::from_secs(pause.unsigned_abs()));
            assert!(poll_once(limiter.acquire("a", PausePolicy::Respect)).expect("an answer").is_ok());
            pause
        };
        let pauses: Vec<i64> = (0..10).map(|_| refuse()).collect();
        assert_eq!(pauses[..4], [600, 1_200, 2_400, 4_800]);
        assert_eq!(pauses[8..], [86_400, 86_400]);
        limiter.record_answer("a");
        assert_eq!(refuse(), 600, "an answer ends the row");
    }
}
