//! Whether requests may go to Ollama now: a circuit breaker. Closed after an answer; open after an outage, when it lets one
//! request (the probe) through after each pause. One counts failed connections to Ollama; the scorer has another for work that a
//! model cannot do now.

use super::backoff::Backoff;
use std::time::Duration;

/// Why a request failed, when no article is the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// A code for programs, such as `refused`, `model_missing`.
    pub reason: String,
    /// For people: what happened, and what to do about it.
    pub message: String,
    /// How the end of the outage is found.
    pub probe_kind: ProbeKind,
    /// The pause that the server asked for.
    pub retry_after: Option<Duration>,
    /// The article may be what crashed the model.
    pub counts_for_quarantine: bool,
}

/// How the end of an outage is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// The server does not answer: a version request costs nothing and is sent often.
    Ping,
    /// The server answers but cannot do the work: only the work itself shows the end, so it is sent with growing pauses.
    Request,
}

/// Short, so that work goes on within two seconds after Ollama is back.
const PING_BACKOFF: Backoff = Backoff { first: Duration::from_millis(250), max: Duration::from_millis(1_500) };
const REQUEST_BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), max: Duration::from_secs(30) };
/// A server that asks for a longer pause is probed after this one.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Closed, or open since an outage. Times are milliseconds of the process's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CircuitBreaker {
    open: Option<OpenCircuit>,
    /// This many outages in a row do not open it.
    tolerated_failures: u32,
    failures_in_a_row: u32,
    /// Whether a probe was allowed while a request was in flight: the failure of that request starts no pause.
    changed_in_flight: bool,
}

/// The state of an open breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCircuit {
    /// The outage that opened it.
    pub outage: Outage,
    /// When it opened.
    pub since_ms: i128,
    /// When the next probe may be sent.
    pub next_probe_ms: i128,
    failures: u32,
}

impl CircuitBreaker {
    /// Stays closed for the first `tolerated_failures` outages in a row.
    pub fn with_tolerated_failures(tolerated_failures: u32) -> Self {
        Self { tolerated_failures, ..Self::default() }
    }

    /// The open state; `None` while it is closed.
    pub const fn open_circuit(&self) -> Option<&OpenCircuit> {
        self.open.as_ref()
    }

    /// Closes it: the server answered, in whatever way.
    pub fn record_success(&mut self) {
        (self.open, self.failures_in_a_row, self.changed_in_flight) = (None, 0, false);
    }

    /// A request failed with an outage. The first one in a row opens the breaker (or the first after those that are tolerated);
    /// each further one makes the pause longer. No pause follows a request that was in flight during a change.
    pub fn record_failure(&mut self, outage: Outage, now_ms: i128) {
        if self.open.is_none() && self.failures_in_a_row < self.tolerated_failures {
            self.failures_in_a_row += 1;
            return;
        }
        let (since_ms, failures) = self.open.as_ref().map_or((now_ms, 0), |open| (open.since_ms, open.failures + 1));
        let pause = if std::mem::take(&mut self.changed_in_flight) {
            Duration::ZERO
        } else {
            outage.retry_after.unwrap_or_else(|| probe_backoff(outage.probe_kind, failures)).min(MAX_RETRY_AFTER)
        };
        let next_probe_ms = now_ms + i128::try_from(pause.as_millis()).unwrap_or(i128::MAX);
        self.open = Some(OpenCircuit { outage, since_ms, next_probe_ms, failures });
    }

    /// Whether one request may be sent now. A probe delays the next one, so its end need not be reported.
    pub fn admit(&mut self, now_ms: i128) -> bool {
        let Some(open) = &mut self.open else { return true };
        let may = open.next_probe_ms <= now_ms;
        if may {
            let pause = probe_backoff(open.outage.probe_kind, open.failures);
            open.next_probe_ms = now_ms + i128::try_from(pause.as_millis()).unwrap_or(i128::MAX);
        }
        may
    }

    /// Allows a probe now, because a change may have ended the outage, such as the choice of another model. When a request is in
    /// flight and fails, another probe is allowed at once.
    pub fn allow_probe_now(&mut self, now_ms: i128, is_request_in_flight: bool) {
        self.changed_in_flight |= is_request_in_flight;
        if let Some(open) = &mut self.open {
            open.next_probe_ms = open.next_probe_ms.min(now_ms);
        }
    }

    /// How long to wait before the next probe: zero when it may be sent now, `None` when the breaker is closed.
    pub fn time_until_probe(&self, now_ms: i128) -> Option<Duration> {
        let left = self.open.as_ref()?.next_probe_ms - now_ms;
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// How many requests may be in flight, of `concurrency`.
    pub fn max_in_flight(&self, concurrency: usize, now_ms: i128) -> usize {
        match self.time_until_probe(now_ms) {
            None => concurrency,
            Some(Duration::ZERO) => 1,
            Some(_) => 0,
        }
    }
}

fn probe_backoff(probe_kind: ProbeKind, failures: u32) -> Duration {
    let backoff = match probe_kind {
        ProbeKind::Ping => PING_BACKOFF,
        ProbeKind::Request => REQUEST_BACKOFF,
    };
    backoff.pause(failures)
}

#[cfg(test)]
mod tests {
    use super::{CircuitBreaker, Outage, ProbeKind};
    use std::time::Duration;

    fn outage(probe_kind: ProbeKind, retry_after: Option<u64>) -> Outage {
        Outage {
            reason: "x".into(),
            message: "x".into(),
            probe_kind,
            retry_after: retry_after.map(Duration::from_secs),
            counts_for_quarantine: false,
        }
    }

    fn pauses(probe_kind: ProbeKind) -> Vec<u64> {
        let mut breaker = CircuitBreaker::default();
        (0..8)
            .map(|_| {
                breaker.record_failure(outage(probe_kind, None), 0);
                breaker.time_until_probe(0).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0))
            })
            .collect()
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        assert_eq!(pauses(ProbeKind::Ping), [250, 500, 1000, 1500, 1500, 1500, 1500, 1500]);
        assert_eq!(pauses(ProbeKind::Request), [2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000]);
    }

    #[test]
    fn one_probe_then_all_or_none() {
        let mut breaker = CircuitBreaker::default();
        assert_eq!(breaker.max_in_flight(4, 0), 4);
        breaker.record_failure(outage(ProbeKind::Request, None), 1_000);
        assert_eq!(
            (breaker.max_in_flight(4, 1_000), breaker.max_in_flight(4, 2_999), breaker.max_in_flight(4, 3_000)),
            (0, 0, 1)
        );
        breaker.record_failure(outage(ProbeKind::Request, None), 3_000);
        assert_eq!(
            breaker.open_circuit().map(|s| (s.since_ms, s.next_probe_ms)),
            Some((1_000, 7_000)),
            "since the first"
        );
        breaker.record_success();
        assert_eq!(breaker.max_in_flight(4, 3_000), 4);
    }

    #[test]
    fn a_change_during_a_request_allows_one_probe_after_its_failure() {
        let pause_after = |is_request_in_flight| {
            let mut breaker = CircuitBreaker::default();
            breaker.record_failure(outage(ProbeKind::Request, None), 0);
            breaker.allow_probe_now(0, is_request_in_flight);
            [0, 0].map(|now| {
                breaker.record_failure(outage(ProbeKind::Request, None), now);
                breaker.time_until_probe(now).map(|pause| pause.as_secs())
            })
        };
        assert_eq!(pause_after(true), [Some(0), Some(8)], "the request was sent before the change");
        assert_eq!(pause_after(false), [Some(4), Some(8)], "the request was sent after the change");
    }

    #[test]
    fn some_outages_can_be_tolerated() {
        let mut breaker = CircuitBreaker::with_tolerated_failures(2);
        for is_open in [false, false, true] {
            breaker.record_failure(outage(ProbeKind::Ping, None), 0);
            assert_eq!(breaker.open_circuit().is_some(), is_open);
        }
        breaker.record_success();
        breaker.record_failure(outage(ProbeKind::Ping, None), 0);
        assert!(breaker.open_circuit().is_none(), "counted anew after an answer");
    }

    #[test]
    fn a_probe_delays_the_next_one() {
        let mut breaker = CircuitBreaker::default();
        assert!(breaker.admit(0));
        breaker.record_failure(outage(ProbeKind::Ping, None), 0);
        assert_eq!([249, 250, 251, 499, 500].map(|now| breaker.admit(now)), [false, true, false, false, true]);
    }

    #[test]
    fn an_early_probe_is_allowed_and_retry_after_is_bounded() {
        let mut breaker = CircuitBreaker::default();
        breaker.record_failure(outage(ProbeKind::Request, Some(20)), 0);
        assert_eq!(breaker.max_in_flight(4, 19_999), 0);
        breaker.allow_probe_now(5_000, false);
        assert_eq!(breaker.max_in_flight(4, 5_000), 1);
        breaker.record_failure(outage(ProbeKind::Request, Some(86_400)), 0);
        assert_eq!(breaker.time_until_probe(0), Some(Duration::from_secs(300)), "bounded");
    }
}
