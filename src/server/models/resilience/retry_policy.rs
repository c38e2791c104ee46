//! Which failures of a request are retried, how often and after which pause (ollama-api.md §5.8). Never past the budget of the
//! whole request; never for a failure that the same request would meet again.

use super::backoff::Backoff;
use crate::server::models::ollama::error::OllamaError;
use std::time::Duration;

/// Which failures are retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// All transient ones: for requests without a queue, such as a reader's question or a warm-up.
    Full,
    /// Those that a second attempt without a pause can overcome: for scoring, whose own breaker waits once for its whole queue.
    Quick,
    /// Only a connection that the server had closed before, once: for polls and other short requests.
    None,
}

/// The retries of one request.
#[derive(Clone, Copy, Debug)]
pub struct RetryState {
    policy: RetryPolicy,
    max_retries: u32,
    retries_done: u32,
    reconnected: bool,
    crashes: u32,
    cut_offs: u32,
}

/// A connection that fails sooner than this was closed by the server while it was idle.
const STALE_CONNECTION_THRESHOLD: Duration = Duration::from_millis(250);
const RETRY_BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(30) };
/// The shortest pause after an answer that the server is busy.
const MIN_BUSY_PAUSE: Duration = Duration::from_secs(2);
/// The pause after a crash of the model's process, which the server restarts by itself.
const CRASH_PAUSE: Duration = Duration::from_secs(2);
const MAX_CRASH_RETRIES: u32 = 2;
const MAX_CUT_OFF_RETRIES: u32 = 1;

impl RetryState {
    /// For a request that may be retried `max_retries` times.
    pub const fn new(policy: RetryPolicy, max_retries: u32) -> Self {
        Self { policy, max_retries, retries_done: 0, reconnected: false, crashes: 0, cut_offs: 0 }
    }

    /// The pause before the next attempt, or `None` when there is none. `elapsed`: of the last attempt; `left`: of the budget;
    /// `jitter`: 0 to 1, so that requests that failed together are not repeated together.
    pub fn next_pause(
        &mut self,
        error: &OllamaError,
        elapsed: Duration,
        left: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if matches!(error, OllamaError::Broken(_)) && elapsed < STALE_CONNECTION_THRESHOLD && !self.reconnected {
            self.reconnected = true;
            return Some(Duration::ZERO);
        }
        if self.retries_done >= self.max_retries {
            return None;
        }
        let is_full = self.policy == RetryPolicy::Full;
        let pause = match error {
            OllamaError::CutOff if self.policy != RetryPolicy::None && self.cut_offs < MAX_CUT_OFF_RETRIES => {
                self.cut_offs += 1;
                Duration::ZERO
            }
            OllamaError::RunnerCrashed(_) if is_full && self.crashes < MAX_CRASH_RETRIES => {
                self.crashes += 1;
                CRASH_PAUSE
            }
            OllamaError::Refused | OllamaError::Dns | OllamaError::ConnectTimeout | OllamaError::Broken(_)
                if is_full =>
            {
                self.backoff(jitter)
            }
            OllamaError::Busy { retry_after } if is_full => {
                self.backoff(jitter).max(MIN_BUSY_PAUSE).max(retry_after.unwrap_or_default())
            }
            OllamaError::Gateway { retry_after, .. } if is_full => {
                self.backoff(jitter).max(retry_after.unwrap_or_default())
            }
            _ => return None,
        };
        if pause >= left {
            return None;
        }
        self.retries_done += 1;
        Some(pause)
    }

    /// 1, 2, 4 … 30 seconds, each a quarter shorter or longer.
    fn backoff(self, jitter: f64) -> Duration {
        RETRY_BACKOFF.pause(self.retries_done).mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{OllamaError, RetryPolicy, RetryState};
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(3600);

    /// The pauses, in seconds, of a call that fails with the same error every time.
    fn waits(policy: RetryPolicy, error: &OllamaError, elapsed: Duration, mut left: Duration) -> Vec<u64> {
        let mut retries = RetryState::new(policy, 6);
        let mut waits = Vec::new();
        while let Some(wait) = retries.next_pause(error, elapsed, left, 0.5) {
            left = left.saturating_sub(elapsed + wait);
            waits.push(wait.as_secs());
        }
        waits
    }

    /// The retry matrix: cause, waits of callers with no retry of their own, waits of the queue.
    #[test]
    fn pauses_by_cause_and_policy() {
        let (retry_after, text) = (Some(Duration::from_secs(9)), String::new);
        let growing: &[u64] = &[1, 2, 4, 8, 16, 30];
        let matrix: &[(OllamaError, &[u64], &[u64])] = &[
            (OllamaError::Refused, growing, &[]),
            (OllamaError::Dns, growing, &[]),
            (OllamaError::ConnectTimeout, growing, &[]),
            (OllamaError::Broken(text()), growing, &[]),
            (OllamaError::Gateway { status: 429, retry_after: None }, growing, &[]),
            (OllamaError::Gateway { status: 502, retry_after }, &[9, 9, 9, 9, 16, 30], &[]),
            (OllamaError::Busy { retry_after: None }, &[2, 2, 4, 8, 16, 30], &[]),
            (OllamaError::Busy { retry_after }, &[9, 9, 9, 9, 16, 30], &[]),
            (OllamaError::RunnerCrashed(text()), &[2, 2], &[]),
            (OllamaError::CutOff, &[0], &[0]),
            (OllamaError::OutOfMemory(text()), &[], &[]),
            (OllamaError::Server(text()), &[], &[]),
            (OllamaError::BadRequest(text()), &[], &[]),
            (OllamaError::Overflow, &[], &[]),
            (OllamaError::ThinkUnsupported, &[], &[]),
            (OllamaError::ChatUnsupported, &[], &[]),
            (OllamaError::ModelMissing(text()), &[], &[]),
            (OllamaError::Auth { signin_url: None }, &[], &[]),
            (OllamaError::ForbiddenHost, &[], &[]),
            (OllamaError::Forbidden(text()), &[], &[]),
            (OllamaError::NotOllama { status: 404 }, &[], &[]),
            (OllamaError::BadAnswer(text()), &[], &[]),
            (OllamaError::Tls(text()), &[], &[]),
            (OllamaError::Cancelled, &[], &[]),
            (OllamaError::TooLarge(1), &[], &[]),
            // A retry after a first-byte timeout would only start the load, or the answer, again.
            (OllamaError::FirstByteTimeout, &[], &[]),
            (OllamaError::IdleTimeout, &[], &[]),
            (OllamaError::OverBudget(HOUR), &[], &[]),
        ];
        let second = Duration::from_secs(1);
        for (error, full, quick) in matrix {
            assert_eq!(waits(RetryPolicy::Full, error, second, HOUR), *full, "{error}");
            assert_eq!(waits(RetryPolicy::Quick, error, second, HOUR), *quick, "{error}");
            assert!(waits(RetryPolicy::None, error, second, HOUR).is_empty(), "{error}");
        }
    }

    #[test]
    fn a_stale_connection_is_retried_once_without_pause() {
        let broken = OllamaError::Broken(String::new());
        for policy in [RetryPolicy::None, RetryPolicy::Quick] {
            assert_eq!(waits(policy, &broken, Duration::from_millis(3), HOUR), [0]);
        }
        assert_eq!(waits(RetryPolicy::Full, &broken, Duration::from_millis(3), HOUR), [0, 1, 2, 4, 8, 16, 30]);
        assert_eq!(RetryState::new(RetryPolicy::Full, 0).next_pause(&broken, HOUR, HOUR, 0.5), None);
    }

    #[test]
    fn no_pause_exceeds_the_budget() {
        let busy = OllamaError::Busy { retry_after: Some(Duration::from_secs(86_400)) };
        assert!(waits(RetryPolicy::Full, &busy, Duration::ZERO, HOUR).is_empty());
        assert_eq!(waits(RetryPolicy::Full, &OllamaError::Refused, Duration::ZERO, Duration::from_secs(10)), [1, 2, 4]);
    }

    #[test]
    fn pauses_are_spread_by_a_quarter() {
        for (jitter, millis) in [(0.0, 750), (1.0, 1250), (9.0, 1250)] {
            let wait = RetryState::new(RetryPolicy::Full, 1).next_pause(&OllamaError::Refused, HOUR, HOUR, jitter);
            assert_eq!(wait, Some(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn alternating_causes_exhaust_the_retries() {
        let causes = [OllamaError::CutOff, OllamaError::RunnerCrashed(String::new()), OllamaError::Refused];
        let mut retries = RetryState::new(RetryPolicy::Full, 6);
        let made =
            causes.iter().cycle().take(100).take_while(|e| retries.next_pause(e, HOUR, HOUR, 0.5).is_some()).count();
        assert!(made <= 6, "{made}");
    }
}
