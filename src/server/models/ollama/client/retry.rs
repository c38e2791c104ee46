//! Sending a request with retries, within its budget.

use super::{
    attempt::CallAttempt,
    connection::OllamaClient,
    deadline::{remaining, to_millis},
    tracked_call::TrackedCall,
};
use crate::server::models::{
    ollama::error::OllamaError,
    resilience::retry_policy::{RetryPolicy, RetryState},
};
use std::time::Duration;

/// One request and how it is retried.
#[derive(Clone, Copy, Debug)]
pub(super) struct OllamaCall<'a> {
    pub path: &'static str,
    pub retry_policy: RetryPolicy,
    /// For all attempts and the pauses between them.
    pub budget: Duration,
    /// For requests to a model.
    pub tracked_call: Option<&'a TrackedCall>,
}

impl OllamaClient {
    /// Repeats `attempt` until it succeeds, until another one cannot help, or until the budget is spent. Returns the successful
    /// attempt too, since its answer may still be coming.
    pub(super) async fn with_retries<T, F>(
        &self,
        call: OllamaCall<'_>,
        attempt: impl Fn() -> F,
    ) -> Result<(T, CallAttempt), OllamaError>
    where
        F: Future<Output = Result<T, OllamaError>>,
    {
        let clock = &self.0.clock;
        let deadline_ms = clock.monotonic_ms() + to_millis(call.budget);
        let mut retries = RetryState::new(call.retry_policy, self.0.retries);
        let mut number = 0;
        loop {
            number += 1;
            let call_attempt = CallAttempt::begin(clock, call.path, call.tracked_call.map(TrackedCall::model), number);
            let outcome = tokio::select! {
                outcome = attempt() => outcome,
                () = clock.sleep(remaining(deadline_ms - clock.monotonic_ms())) => Err(OllamaError::OverBudget(call.budget)),
            };
            let error = match outcome {
                Ok(value) => return Ok((value, call_attempt)),
                Err(error) => error,
            };
            // While the breaker is open no retry can succeed.
            let is_breaker_open = error.is_connection_failure() && self.0.breaker.is_open();
            let left = remaining(deadline_ms - clock.monotonic_ms());
            let wait = if is_breaker_open {
                None
            } else {
                retries.next_pause(&error, call_attempt.elapsed(), left, rand::random())
            };
            call_attempt.log_failure(&error, wait);
            let Some(wait) = wait else {
                if let Some(tracked_call) = call.tracked_call {
                    tracked_call.record_failure(&error);
                }
                return Err(error);
            };
            if let Some(tracked_call) = call.tracked_call {
                tracked_call.record_retry(&error);
            }
            clock.sleep(wait).await;
        }
    }
}
