//! The breaker on the way to Ollama: after some connections in a row that failed, calls fail at once instead of each waiting
//! for its own failure; one at a time is let through to see whether it is over.

use crate::server::models::{
    ollama::error::OllamaError,
    resilience::circuit_breaker::{CircuitBreaker, Outage, ProbeKind},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many failed connections in a row are taken for bad luck.
const TOLERATED_CONNECTION_FAILURES: u32 = 4;

/// The way to one Ollama.
#[derive(Debug)]
pub(super) struct ConnectionBreaker(Mutex<ConnectionBreakerState>);

#[derive(Debug)]
struct ConnectionBreakerState {
    breaker: CircuitBreaker,
    /// Why it is shut.
    error: Option<OllamaError>,
}

impl Default for ConnectionBreaker {
    fn default() -> Self {
        Self(Mutex::new(ConnectionBreakerState {
            breaker: CircuitBreaker::with_tolerated_failures(TOLERATED_CONNECTION_FAILURES),
            error: None,
        }))
    }
}

impl ConnectionBreaker {
    /// Whether a call may go out now. `knock`: it is a look whether Ollama is there, which always may.
    ///
    /// # Errors
    /// The failure that keeps the line shut.
    pub(super) fn admit(&self, knock: bool, now_ms: i128) -> Result<(), OllamaError> {
        let mut state = self.lock();
        if knock || state.breaker.admit(now_ms) { Ok(()) } else { state.error.clone().map_or(Ok(()), Err) }
    }

    /// Whether calls fail at once.
    pub(super) fn is_open(&self) -> bool {
        self.lock().breaker.open_circuit().is_some()
    }

    /// How a call went: it was answered, in whatever way, or it was not.
    pub(super) fn record_outcome<T>(&self, outcome: &Result<T, OllamaError>, now_ms: i128) {
        let mut state = self.lock();
        match outcome {
            Err(error) if error.is_connection_failure() => {
                let was_open = state.breaker.open_circuit().is_none();
                state.breaker.record_failure(to_outage(error), now_ms);
                state.error = Some(error.clone());
                if was_open && state.breaker.open_circuit().is_some() {
                    tracing::debug!(cause = error.code(), "the line to Ollama is shut until it answers");
                }
            }
            // It took the call and is silent, or cannot be spoken to: that proves neither.
            Err(OllamaError::FirstByteTimeout | OllamaError::OverBudget(_) | OllamaError::Tls(_)) => {}
            _ => state.breaker.record_success(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionBreakerState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn to_outage(error: &OllamaError) -> Outage {
    Outage {
        reason: error.code().to_owned(),
        message: error.to_string(),
        probe_kind: ProbeKind::Ping,
        retry_after: None,
        counts_for_quarantine: false,
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionBreaker, OllamaError};

    fn record_error(line: &ConnectionBreaker, error: OllamaError, now_ms: i128) {
        line.record_outcome(&Err::<(), _>(error), now_ms);
    }

    #[test]
    fn five_failures_in_a_row_shut_it_and_one_probe_at_a_time_goes_through() {
        let line = ConnectionBreaker::default();
        for _ in 0..4 {
            record_error(&line, OllamaError::Refused, 0);
            assert_eq!(line.admit(false, 0), Ok(()));
        }
        record_error(&line, OllamaError::ConnectTimeout, 0);
        assert!(line.is_open());
        assert_eq!(line.admit(false, 0), Err(OllamaError::ConnectTimeout), "with what the last one met");
        assert_eq!(line.admit(true, 0), Ok(()), "a look is always allowed");
        assert_eq!(line.admit(false, 250), Ok(()), "the probe");
        assert!(line.admit(false, 250).is_err(), "only one");
        line.record_outcome(&Ok(()), 300);
        assert_eq!((line.is_open(), line.admit(false, 300)), (false, Ok(())));
    }

    #[test]
    fn only_failed_connections_in_a_row_count() {
        let line = ConnectionBreaker::default();
        for error in [OllamaError::FirstByteTimeout, OllamaError::Busy { retry_after: None }, OllamaError::CutOff] {
            for _ in 0..4 {
                record_error(&line, OllamaError::Refused, 0);
            }
            record_error(&line, error.clone(), 0);
            assert!(!line.is_open(), "{error}");
            line.record_outcome(&Ok(()), 0);
        }
    }
}
