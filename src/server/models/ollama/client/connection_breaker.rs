//! The circuit breaker of the connection to Ollama: after some failed connections in a row, requests fail at once instead of each
//! waiting for its own failure, and one at a time is let through as a probe.

use crate::server::models::{
    ollama::error::OllamaError,
    resilience::circuit_breaker::{CircuitBreaker, Outage, ProbeKind},
    status::event::StatusEvent,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failed connections in a row that do not open the breaker.
const TOLERATED_CONNECTION_FAILURES: u32 = 4;

/// The breaker of one client.
#[derive(Debug)]
pub(super) struct ConnectionBreaker(Mutex<ConnectionBreakerState>);

#[derive(Debug)]
struct ConnectionBreakerState {
    breaker: CircuitBreaker,
    /// The last failure while it is open.
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
    /// Whether a request may be sent now. A ping (the version request) always may: it shows whether Ollama is back.
    ///
    /// # Errors
    /// The failure that opened the breaker.
    pub(super) fn admit(&self, is_ping: bool, now_ms: i128) -> Result<(), OllamaError> {
        let mut state = self.lock();
        if is_ping || state.breaker.admit(now_ms) { Ok(()) } else { state.error.clone().map_or(Ok(()), Err) }
    }

    /// Whether requests fail at once.
    pub(super) fn is_open(&self) -> bool {
        self.lock().breaker.open_circuit().is_some()
    }

    /// Records how a request ended. Returns the event to apply when that changed the breaker.
    pub(super) fn record_outcome<T>(
        &self,
        outcome: &Result<T, OllamaError>,
        now_ms: i128,
    ) -> Option<StatusEvent<'static>> {
        let mut state = self.lock();
        match outcome {
            Err(error) if error.is_connection_failure() => {
                let before = state.error.take();
                state.breaker.record_failure(to_outage(error), now_ms);
                state.breaker.open_circuit()?;
                state.error = Some(error.clone());
                if before.is_none() {
                    tracing::debug!(cause = error.code(), "requests to Ollama fail at once until it answers");
                }
                (before.as_ref() != Some(error)).then(|| StatusEvent::BreakerOpened(error.clone()))
            }
            // A timeout after connecting and a failed TLS handshake are neither a failed connection nor an answer.
            Err(OllamaError::FirstByteTimeout | OllamaError::OverBudget(_) | OllamaError::Tls(_)) => None,
            _ => {
                state.breaker.record_success();
                state.error.take().map(|_| StatusEvent::BreakerClosed)
            }
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

    fn record_error(breaker: &ConnectionBreaker, error: OllamaError, now_ms: i128) {
        breaker.record_outcome(&Err::<(), _>(error), now_ms);
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_probe_at_a_time_goes_through() {
        let breaker = ConnectionBreaker::default();
        for _ in 0..4 {
            record_error(&breaker, OllamaError::Refused, 0);
            assert_eq!(breaker.admit(false, 0), Ok(()));
        }
        record_error(&breaker, OllamaError::ConnectTimeout, 0);
        assert!(breaker.is_open());
        assert_eq!(breaker.admit(false, 0), Err(OllamaError::ConnectTimeout), "with the error of the last one");
        assert_eq!(breaker.admit(true, 0), Ok(()), "a ping is always allowed");
        assert_eq!(breaker.admit(false, 250), Ok(()), "the probe");
        assert!(breaker.admit(false, 250).is_err(), "only one");
        breaker.record_outcome(&Ok(()), 300);
        assert_eq!((breaker.is_open(), breaker.admit(false, 300)), (false, Ok(())));
    }

    #[test]
    fn only_failed_connections_in_a_row_count() {
        let breaker = ConnectionBreaker::default();
        for error in [OllamaError::FirstByteTimeout, OllamaError::Busy { retry_after: None }, OllamaError::CutOff] {
            for _ in 0..4 {
                record_error(&breaker, OllamaError::Refused, 0);
            }
            record_error(&breaker, error.clone(), 0);
            assert!(!breaker.is_open(), "{error}");
            breaker.record_outcome(&Ok(()), 0);
        }
    }
}
