//! Making a call, again when that can help, and never for longer than it may take.

use super::{Client, flight::Flight, trial::Trial};
use crate::server::ollama::{
    error::OllamaError,
    tries::{Patience, Tries},
};
use std::time::Duration;

/// What is asked, and how much is done for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// The path.
    pub what: &'static str,
    pub patience: Patience,
    /// Over all attempts and the waits between them.
    pub budget: Duration,
    /// When a model is asked.
    pub flight: Option<&'a Flight>,
}

impl Client {
    /// Attempts until one succeeds, until trying again cannot help, or until the budget is spent. The successful attempt comes
    /// along: what it brought may not be the end of it.
    pub(super) async fn persist<T, F>(&self, call: Call<'_>, attempt: impl Fn() -> F) -> Result<(T, Trial), OllamaError>
    where
        F: Future<Output = Result<T, OllamaError>>,
    {
        let clock = &self.0.clock;
        let deadline_ms = clock.millis() + millis(call.budget);
        let mut tries = Tries::new(call.patience, self.0.retries);
        let mut number = 0;
        loop {
            number += 1;
            let trial = Trial::begin(clock, call.what, call.flight.map(Flight::model), number);
            let outcome = tokio::select! {
                outcome = attempt() => outcome,
                () = clock.sleep(left(deadline_ms - clock.millis())) => Err(OllamaError::OverBudget(call.budget)),
            };
            let error = match outcome {
                Ok(brought) => return Ok((brought, trial)),
                Err(error) => error,
            };
            // Of a line that is shut nothing can be had; whoever asks next finds out when it is open again.
            let in_vain = error.is_of_line() && self.0.line.is_shut();
            let left = left(deadline_ms - clock.millis());
            let wait = if in_vain { None } else { tries.after(&error, trial.took(), left, rand::random()) };
            trial.failed(&error, wait);
            let Some(wait) = wait else {
                if let Some(flight) = call.flight {
                    flight.failed(&error);
                }
                return Err(error);
            };
            if let Some(flight) = call.flight {
                flight.waits_again(&error);
            }
            clock.sleep(wait).await;
        }
    }
}

/// Signed, as the clock counts.
pub(super) fn millis(time: Duration) -> i128 {
    i128::try_from(time.as_millis()).unwrap_or(i128::MAX / 4)
}

/// What is left of a time that may be over.
pub(super) fn left(millis: i128) -> Duration {
    Duration::from_millis(u64::try_from(millis.max(0)).unwrap_or(u64::MAX / 4))
}
