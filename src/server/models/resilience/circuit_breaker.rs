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
    pub return_by: ProbeKind,
    /// The server asked to be left alone for so long.
    pub retry_after: Option<Duration>,
    /// It may be this one article that brings the model down.
    pub suspicious: bool,
}

/// How the end of an outage is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// Nobody answers: knocking costs nothing and is done often.
    Knock,
    /// It answers, but cannot do this work: only the work itself tells, and it is tried with growing pauses.
    Try,
}

/// Nothing is waited for longer than this after Ollama has come back; a knock takes its time too.
const MAX_PING_PAUSE: Duration = Duration::from_millis(1_500);
const MAX_REQUEST_PAUSE: Duration = Duration::from_secs(30);

/// The breaker. Times are milliseconds of the process's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CircuitBreaker {
    shut: Option<OpenCircuit>,
    /// Outages in a row that do not shut it yet, and how many of them there were.
    tolerated: u32,
    met: u32,
}

/// A gate that is not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCircuit {
    /// The outage that opened it.
    pub outage: Outage,
    /// When it was shut first.
    pub since_ms: i128,
    /// When the next probe may go.
    pub until_ms: i128,
    failures: u32,
}

impl CircuitBreaker {
    /// One that stays open for the first `tolerated` outages in a row.
    pub fn tolerating(tolerated: u32) -> Self {
        Self { tolerated, ..Self::default() }
    }

    /// What keeps it shut.
    pub const fn shut(&self) -> Option<&OpenCircuit> {
        self.shut.as_ref()
    }

    /// The model answered (well or badly): it is there.
    pub fn answered(&mut self) {
        (self.shut, self.met) = (None, 0);
    }

    /// A request or a knock met an outage. The first in a row shuts the gate (or the one after those that are tolerated), each
    /// further one makes the pause longer.
    pub fn met(&mut self, outage: Outage, now_ms: i128) {
        if self.shut.is_none() && self.met < self.tolerated {
            self.met += 1;
            return;
        }
        let (since_ms, failures) = self.shut.as_ref().map_or((now_ms, 0), |shut| (shut.since_ms, shut.failures + 1));
        let pause = outage
            .retry_after
            .unwrap_or_else(|| probe_backoff(outage.return_by, failures))
            .min(Duration::from_secs(300));
        let until_ms = now_ms + i128::try_from(pause.as_millis()).unwrap_or(i128::MAX);
        self.shut = Some(OpenCircuit { outage, since_ms, until_ms, failures });
    }

    /// Whether one request may go now; the probe of a shut gate puts off the next one, so that nobody has to say that it ended.
    pub fn admit(&mut self, now_ms: i128) -> bool {
        let Some(shut) = &mut self.shut else { return true };
        let may = shut.until_ms <= now_ms;
        if may {
            let pause = probe_backoff(shut.outage.return_by, shut.failures);
            shut.until_ms = now_ms + i128::try_from(pause.as_millis()).unwrap_or(i128::MAX);
        }
        may
    }

    /// Something changed that may end the outage, such as another model being chosen: the next probe may go at once.
    pub fn ring(&mut self, now_ms: i128) {
        if let Some(shut) = &mut self.shut {
            shut.until_ms = shut.until_ms.min(now_ms);
        }
    }

    /// How long to wait before the next probe; zero when it may go, `None` when the gate is open.
    pub fn wait(&self, now_ms: i128) -> Option<Duration> {
        let left = self.shut.as_ref()?.until_ms - now_ms;
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// How many requests may be out, of `most`.
    pub fn width(&self, most: usize, now_ms: i128) -> usize {
        match self.wait(now_ms) {
            None => most,
            Some(Duration::ZERO) => 1,
            Some(_) => 0,
        }
    }
}

fn probe_backoff(return_by: ProbeKind, failures: u32) -> Duration {
    let (first, most) = match return_by {
        ProbeKind::Knock => (Duration::from_millis(250), MAX_PING_PAUSE),
        ProbeKind::Try => (Duration::from_secs(2), MAX_REQUEST_PAUSE),
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
            return_by,
            retry_after: retry_after.map(Duration::from_secs),
            suspicious: false,
        }
    }

    fn pauses(return_by: ProbeKind) -> Vec<u64> {
        let mut gate = CircuitBreaker::default();
        (0..8)
            .map(|_| {
                gate.met(outage(return_by, None), 0);
                gate.wait(0).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0))
            })
            .collect()
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        assert_eq!(pauses(ProbeKind::Knock), [250, 500, 1000, 1500, 1500, 1500, 1500, 1500]);
        assert_eq!(pauses(ProbeKind::Try), [2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000]);
    }

    #[test]
    fn one_probe_then_all_or_none() {
        let mut gate = CircuitBreaker::default();
        assert_eq!(gate.width(4, 0), 4);
        gate.met(outage(ProbeKind::Try, None), 1_000);
        assert_eq!((gate.width(4, 1_000), gate.width(4, 2_999), gate.width(4, 3_000)), (0, 0, 1));
        gate.met(outage(ProbeKind::Try, None), 3_000);
        assert_eq!(gate.shut().map(|s| (s.since_ms, s.until_ms)), Some((1_000, 7_000)), "since the first");
        gate.answered();
        assert_eq!(gate.width(4, 3_000), 4);
    }

    #[test]
    fn some_outages_can_be_tolerated() {
        let mut gate = CircuitBreaker::tolerating(2);
        for shut in [false, false, true] {
            gate.met(outage(ProbeKind::Knock, None), 0);
            assert_eq!(gate.shut().is_some(), shut);
        }
        gate.answered();
        gate.met(outage(ProbeKind::Knock, None), 0);
        assert!(gate.shut().is_none(), "counted anew after an answer");
    }

    #[test]
    fn a_probe_puts_off_the_next_one() {
        let mut gate = CircuitBreaker::default();
        assert!(gate.admit(0));
        gate.met(outage(ProbeKind::Knock, None), 0);
        assert_eq!([249, 250, 251, 499, 500].map(|now| gate.admit(now)), [false, true, false, false, true]);
    }

    #[test]
    fn a_ring_lets_the_probe_go_and_a_server_may_ask_for_time() {
        let mut gate = CircuitBreaker::default();
        gate.met(outage(ProbeKind::Try, Some(20)), 0);
        assert_eq!(gate.width(4, 19_999), 0);
        gate.ring(5_000);
        assert_eq!(gate.width(4, 5_000), 1);
        gate.met(outage(ProbeKind::Try, Some(86_400)), 0);
        assert_eq!(gate.wait(0), Some(Duration::from_secs(300)), "but not for a day");
    }
}
