//! Whether Ollama may be asked now: a circuit breaker. Open to all after an answer, to nobody after an outage, and to one
//! request (the probe) when the pause is over. One stands on the way to Ollama and counts failed connections; the scorer has
//! another, before the work that a model cannot do now.

use std::time::Duration;

/// What kept a request from being answered, when no article is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// A short word for programs, such as `refused`, `model_missing`.
    pub reason: String,
    /// For people: what happened, and what to do about it.
    pub message: String,
    /// How to find out that it is over.
    pub probe_kind: ProbeKind,
    /// The server asked to be left alone for so long.
    pub retry_after: Option<Duration>,
    /// It may be this one article that brings the model down.
    pub counts_for_quarantine: bool,
}

/// How the end of an outage is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// Nobody answers: knocking costs nothing and is done often.
    Ping,
    /// It answers, but cannot do this work: only the work itself tells, and it is tried with growing pauses.
    Request,
}

/// Nothing is waited for longer than this after Ollama has come back; a knock takes its time too.
const MAX_PING_PAUSE: Duration = Duration::from_millis(1_500);
const MAX_REQUEST_PAUSE: Duration = Duration::from_secs(30);

/// The breaker. Times are milliseconds of the process's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CircuitBreaker {
    open: Option<OpenCircuit>,
    /// Outages in a row that do not shut it yet, and how many of them there were.
    tolerated_failures: u32,
    failures_in_a_row: u32,
}

/// A gate that is not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCircuit {
    /// The outage that opened it.
    pub outage: Outage,
    /// When it was shut first.
    pub since_ms: i128,
    /// When the next probe may go.
    pub next_probe_ms: i128,
    failures: u32,
}

impl CircuitBreaker {
    /// One that stays open for the first `tolerated` outages in a row.
    pub fn with_tolerated_failures(tolerated: u32) -> Self {
        Self { tolerated_failures: tolerated, ..Self::default() }
    }

    /// What keeps it shut.
    pub const fn open_circuit(&self) -> Option<&OpenCircuit> {
        self.open.as_ref()
    }

    /// The model answered (well or badly): it is there.
    pub fn record_success(&mut self) {
        (self.open, self.failures_in_a_row) = (None, 0);
    }

    /// A request or a knock met an outage. The first in a row shuts the gate (or the one after those that are tolerated), each
    /// further one makes the pause longer.
    pub fn record_failure(&mut self, outage: Outage, now_ms: i128) {
        if self.open.is_none() && self.failures_in_a_row < self.tolerated_failures {
            self.failures_in_a_row += 1;
            return;
        }
        let (since_ms, failures) = self.open.as_ref().map_or((now_ms, 0), |shut| (shut.since_ms, shut.failures + 1));
        let pause = outage
            .retry_after
            .unwrap_or_else(|| probe_backoff(outage.probe_kind, failures))
            .min(Duration::from_secs(300));
        let until_ms = now_ms + i128::try_from(pause.as_millis()).unwrap_or(i128::MAX);
        self.open = Some(OpenCircuit { outage, since_ms, next_probe_ms: until_ms, failures });
    }

    /// Whether one request may go now; the probe of a shut gate puts off the next one, so that nobody has to say that it ended.
    pub fn admit(&mut self, now_ms: i128) -> bool {
        let Some(shut) = &mut self.open else { return true };
        let may = shut.next_probe_ms <= now_ms;
        if may {
            let pause = probe_backoff(shut.outage.probe_kind, shut.failures);
            shut.next_probe_ms = now_ms + i128::try_from(pause.as_millis()).unwrap_or(i128::MAX);
        }
        may
    }

    /// Something changed that may end the outage, such as another model being chosen: the next probe may go at once.
    pub fn allow_probe_now(&mut self, now_ms: i128) {
        if let Some(shut) = &mut self.open {
            shut.next_probe_ms = shut.next_probe_ms.min(now_ms);
        }
    }

    /// How long to wait before the next probe; zero when it may go, `None` when the gate is open.
    pub fn time_until_probe(&self, now_ms: i128) -> Option<Duration> {
        let left = self.open.as_ref()?.next_probe_ms - now_ms;
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// How many requests may be out, of `most`.
    pub fn max_in_flight(&self, most: usize, now_ms: i128) -> usize {
        match self.time_until_probe(now_ms) {
            None => most,
            Some(Duration::ZERO) => 1,
            Some(_) => 0,
        }
    }
}

fn probe_backoff(return_by: ProbeKind, failures: u32) -> Duration {
    let (first, most) = match return_by {
        ProbeKind::Ping => (Duration::from_millis(250), MAX_PING_PAUSE),
        ProbeKind::Request => (Duration::from_secs(2), MAX_REQUEST_PAUSE),
    };
    first.saturating_mul(1 << failures.min(10)).min(most)
}

#[cfg(test)]
mod tests {
    use super::{CircuitBreaker, Outage, ProbeKind};
    use std::time::Duration;

    fn outage(return_by: ProbeKind, retry_after: Option<u64>) -> Outage {
        Outage {
            reason: "x".into(),
            message: "x".into(),
            probe_kind: return_by,
            retry_after: retry_after.map(Duration::from_secs),
            counts_for_quarantine: false,
        }
    }

    fn pauses(return_by: ProbeKind) -> Vec<u64> {
        let mut gate = CircuitBreaker::default();
        (0..8)
            .map(|_| {
                gate.record_failure(outage(return_by, None), 0);
                gate.time_until_probe(0).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0))
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
        let mut gate = CircuitBreaker::default();
        assert_eq!(gate.max_in_flight(4, 0), 4);
        gate.record_failure(outage(ProbeKind::Request, None), 1_000);
        assert_eq!((gate.max_in_flight(4, 1_000), gate.max_in_flight(4, 2_999), gate.max_in_flight(4, 3_000)), (0, 0, 1));
        gate.record_failure(outage(ProbeKind::Request, None), 3_000);
        assert_eq!(gate.open_circuit().map(|s| (s.since_ms, s.next_probe_ms)), Some((1_000, 7_000)), "since the first");
        gate.record_success();
        assert_eq!(gate.max_in_flight(4, 3_000), 4);
    }

    #[test]
    fn some_outages_can_be_tolerated() {
        let mut gate = CircuitBreaker::with_tolerated_failures(2);
        for shut in [false, false, true] {
            gate.record_failure(outage(ProbeKind::Ping, None), 0);
            assert_eq!(gate.open_circuit().is_some(), shut);
        }
        gate.record_success();
        gate.record_failure(outage(ProbeKind::Ping, None), 0);
        assert!(gate.open_circuit().is_none(), "counted anew after an answer");
    }

    #[test]
    fn a_probe_puts_off_the_next_one() {
        let mut gate = CircuitBreaker::default();
        assert!(gate.admit(0));
        gate.record_failure(outage(ProbeKind::Ping, None), 0);
        assert_eq!([249, 250, 251, 499, 500].map(|now| gate.admit(now)), [false, true, false, false, true]);
    }

    #[test]
    fn a_ring_lets_the_probe_go_and_a_server_may_ask_for_time() {
        let mut gate = CircuitBreaker::default();
        gate.record_failure(outage(ProbeKind::Request, Some(20)), 0);
        assert_eq!(gate.max_in_flight(4, 19_999), 0);
        gate.allow_probe_now(5_000);
        assert_eq!(gate.max_in_flight(4, 5_000), 1);
        gate.record_failure(outage(ProbeKind::Request, Some(86_400)), 0);
        assert_eq!(gate.time_until_probe(0), Some(Duration::from_secs(300)), "but not for a day");
    }
}
