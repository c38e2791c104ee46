//! Making a call, again when that can help, and never for longer than it may take.

use super::OllamaClient;
use crate::server::models::ollama::client::{attempt::CallAttempt, tracked_call::TrackedCall};
use crate::server::models::{
    ollama::error::OllamaError,
    resilience::retry_policy::{RetryPolicy, RetryState},
};
use std::time::Duration;

/// What is asked, and how much is done for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct OllamaCall<'a> {
    /// The path.
    pub path: &'static str,
    pub retry_policy: RetryPolicy,
    /// Over all attempts and the waits between them.
    pub budget: Duration,
    /// When a model is asked.
    pub tracked_call: Option<&'a TrackedCall>,
}

impl OllamaClient {
    /// Attempts until one succeeds, until trying again cannot help, or until the budget is spent. The successful attempt comes
    /// along: what it brought may not be the end of it.
    pub(super) async fn with_retries<T, F>(
        &self,
        call: OllamaCall<'_>,
        attempt: impl Fn() -> F,
    ) -> Result<(T, CallAttempt), OllamaError>
    where
        F: Future<Output = Result<T, OllamaError>>,
    {
        let clock = &self.0.clock;
        let deadline_ms = clock.millis() + to_millis(call.budget);
        let mut tries = RetryState::new(call.retry_policy, self.0.retries);
        let mut number = 0;
        loop {
            number += 1;
            let trial = CallAttempt::begin(clock, call.path, call.tracked_call.map(TrackedCall::model), number);
            let outcome = tokio::select! {
                outcome = attempt() => outcome,
                () = clock.sleep(remaining(deadline_ms - clock.millis())) => Err(OllamaError::OverBudget(call.budget)),
            };
            let error = match outcome {
                Ok(brought) => return Ok((brought, trial)),
                Err(error) => error,
            };
            // Of a line that is shut nothing can be had; whoever asks next finds out when it is open again.
            let in_vain = error.is_connection_failure() && self.0.breaker.is_open();
            let left = remaining(deadline_ms - clock.millis());
            let wait = if in_vain { None } else { tries.next_pause(&error, trial.elapsed(), left, rand::random()) };
            trial.log_failure(&error, wait);
            let Some(wait) = wait else {
                if let Some(flight) = call.tracked_call {
                    flight.record_failure(&error);
                }
                return Err(error);
            };
            if let Some(flight) = call.tracked_call {
                flight.record_retry(&error);
            }
            clock.sleep(wait).await;
        }
    }
}

/// Signed, as the clock counts.
pub(super) fn to_millis(time: Duration) -> i128 {
    i128::try_from(time.as_millis()).unwrap_or(i128::MAX / 4)
}

/// What is left of a time that may be over.
pub(super) fn remaining(millis: i128) -> Duration {
    Duration::from_millis(u64::try_from(millis.max(0)).unwrap_or(u64::MAX / 4))
}
