//! The progress of a whole model from lines about its layers (ollama-api.md §2.2). Pure: the caller passes the time.
//!
//! Lines come about 16 times a second whether or not bytes arrive, counters fall when the server starts a part again, and a
//! layer is known only once it starts. The shown progress never falls, and the speed is that of the last seconds.

use crate::domain::pull::{PullPhase, PullProgress};
use crate::server::models::pull::pull_line::PullLine;
use std::collections::{BTreeMap, VecDeque};

/// The speed is measured over this time, in milliseconds.
const SPEED_WINDOW_MS: i64 = 5_000;
/// Shortest time between two samples, in milliseconds.
const MIN_SAMPLE_GAP_MS: i64 = 250;
/// A pull without a new byte for this time is stalled, in milliseconds.
pub const STALL_TIMEOUT_MS: i64 = 40_000;
/// The highest percentage before Ollama reports success.
const MAX_PERCENT_BEFORE_SUCCESS: f64 = 99.9;

#[derive(Debug, Default)]
struct LayerProgress {
    total: i64,
    /// The highest counter so far.
    max_completed: i64,
    /// The counter in the last line: a rise is movement, also below the highest.
    last_completed: i64,
    /// Bytes that arrived in this pull, also those of a part that began again.
    received: i64,
}

/// Computes the progress of one pull.
#[derive(Debug)]
pub struct PullProgressTracker {
    layers: BTreeMap<String, LayerProgress>,
    progress: PullProgress,
    /// (time in milliseconds, received bytes), oldest first.
    samples: VecDeque<(i64, i64)>,
    last_gain_ms: i64,
    expected_total: ExpectedTotal,
}

/// What is known of the size of the whole model beside its lines, which name a layer only once it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ExpectedTotal {
    /// Nothing: the layers known so far stand for the whole.
    #[default]
    Unknown,
    /// It is being looked up; until then there is no percentage, since one that was too high could never fall.
    Awaited,
    /// Bytes.
    Bytes(i64),
}

impl PullProgressTracker {
    /// For a pull that starts at `now_ms`.
    pub fn new(now_ms: i64) -> Self {
        Self {
            layers: BTreeMap::new(),
            progress: PullProgress::default(),
            samples: VecDeque::from([(now_ms, 0)]),
            last_gain_ms: now_ms,
            expected_total: ExpectedTotal::Unknown,
        }
    }

    /// The size of the whole model follows by [`Self::set_expected_total`].
    pub fn await_total(&mut self) {
        self.expected_total = ExpectedTotal::Awaited;
    }

    /// The size of the whole model in bytes, or that it cannot be known.
    pub fn set_expected_total(&mut self, bytes: Option<i64>) {
        self.expected_total = bytes.map_or(ExpectedTotal::Unknown, ExpectedTotal::Bytes);
        self.add_up();
    }

    /// Applies a line that arrived at `now_ms`.
    pub fn apply_line(&mut self, line: &PullLine, now_ms: i64) {
        if let Some(phase) = phase_of(line) {
            if phase != self.progress.phase {
                self.last_gain_ms = now_ms;
            }
            self.progress.phase = phase;
        }
        if !line.status.is_empty() {
            self.progress.status.clone_from(&line.status);
        }
        if let Some(digest) = &line.digest {
            self.apply_layer(digest, line.total.unwrap_or(0).max(0), line.completed.unwrap_or(0).max(0), now_ms);
        }
        self.add_up();
    }

    fn add_up(&mut self) {
        let named: i64 = self.layers.values().map(|l| l.total).sum();
        let total = match self.expected_total {
            ExpectedTotal::Bytes(bytes) => named.max(bytes),
            ExpectedTotal::Unknown | ExpectedTotal::Awaited => named,
        };
        let completed: i64 = self.layers.values().map(|l| l.max_completed).sum();
        self.progress.total = self.progress.total.max(total);
        self.progress.completed = self.progress.completed.max(completed);
        if self.progress.total > 0 && self.expected_total != ExpectedTotal::Awaited {
            let percent = self.progress.completed as f64 / self.progress.total as f64 * 100.0;
            self.progress.percent = self.progress.percent.max(percent.min(MAX_PERCENT_BEFORE_SUCCESS));
        }
        if self.progress.phase == PullPhase::Done {
            self.progress.completed = self.progress.total;
            self.progress.percent = 100.0;
        }
    }

    fn apply_layer(&mut self, digest: &str, total: i64, completed: i64, now_ms: i64) {
        self.progress.digest = Some(digest.to_owned());
        let received_before = self.received_bytes();
        let is_new = !self.layers.contains_key(digest);
        let layer = self.layers.entry(digest.to_owned()).or_insert_with(|| LayerProgress {
            total,
            max_completed: completed,
            last_completed: completed,
            received: 0,
        });
        layer.total = layer.total.max(total).max(completed);
        layer.max_completed = layer.max_completed.max(completed);
        layer.received += (completed - layer.last_completed).max(0);
        layer.last_completed = completed;
        let received = self.received_bytes();
        if received > received_before || is_new {
            self.last_gain_ms = now_ms;
        }
        if self.samples.back().is_none_or(|(at, _)| now_ms - at >= MIN_SAMPLE_GAP_MS) {
            self.samples.push_back((now_ms, received));
        }
        while self.samples.len() > 2 && self.samples.front().is_some_and(|(at, _)| now_ms - at > SPEED_WINDOW_MS) {
            self.samples.pop_front();
        }
    }

    /// Bytes that arrived in this pull.
    fn received_bytes(&self) -> i64 {
        self.layers.values().map(|l| l.received).sum()
    }

    /// The progress at `now_ms`; the speed falls to zero by itself when lines stop.
    pub fn progress_at(&self, now_ms: i64) -> PullProgress {
        let quiet_ms = (now_ms - self.last_gain_ms).max(0);
        let downloading = self.progress.phase == PullPhase::Downloading;
        let speed = if downloading && quiet_ms < SPEED_WINDOW_MS { self.bytes_per_second(now_ms) } else { 0 };
        let missing = self.progress.total - self.progress.completed;
        PullProgress {
            bytes_per_second: speed,
            eta_seconds: (speed > 0 && missing > 0).then(|| missing.div_euclid(speed) + 1),
            stalled: downloading && quiet_ms >= STALL_TIMEOUT_MS,
            quiet_seconds: quiet_ms / 1000,
            ..self.progress.clone()
        }
    }

    fn bytes_per_second(&self, now_ms: i64) -> i64 {
        let from = self.samples.iter().find(|(at, _)| now_ms - at <= SPEED_WINDOW_MS).or(self.samples.back());
        let Some((at, received)) = from else { return 0 };
        let elapsed = now_ms - at;
        if elapsed < MIN_SAMPLE_GAP_MS {
            0
        } else {
            ((self.received_bytes() - received).max(0) * 1000).div_euclid(elapsed)
        }
    }
}

/// The phase that a line names; `None` leaves it unchanged.
fn phase_of(line: &PullLine) -> Option<PullPhase> {
    match line.status.as_str() {
        "success" => Some(PullPhase::Done),
        "pulling manifest" => Some(PullPhase::Manifest),
        s if s.starts_with("verifying") => Some(PullPhase::Verifying),
        s if s.starts_with("writing") || s.starts_with("removing") || s.starts_with("couldn't remove") => {
            Some(PullPhase::Writing)
        }
        _ if line.digest.is_some() => Some(PullPhase::Downloading),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{PullProgressTracker, STALL_TIMEOUT_MS};
    use crate::{domain::pull::PullPhase, server::models::pull::pull_line::PullLine};
    use proptest::prelude::*;

    fn status(text: &str) -> PullLine {
        PullLine { status: text.into(), ..PullLine::default() }
    }

    fn layer(digest: &str, total: i64, completed: impl Into<Option<i64>>) -> PullLine {
        PullLine {
            status: format!("pulling {digest}"),
            digest: Some(digest.into()),
            total: Some(total),
            completed: completed.into(),
        }
    }

    #[test]
    fn percentage_goes_from_0_to_100() {
        let mut pull = PullProgressTracker::new(0);
        pull.apply_line(&status("pulling manifest"), 0);
        assert_eq!((pull.progress_at(0).phase, pull.progress_at(0).percent), (PullPhase::Manifest, 0.0));
        pull.apply_line(&layer("a", 1000, None), 100);
        assert_eq!(pull.progress_at(100).percent, 0.0);
        pull.apply_line(&layer("a", 1000, 1000), 1100);
        assert_eq!(pull.progress_at(1100).percent, 99.9, "100 only after success");
        pull.apply_line(&status("verifying sha256 digest"), 1200);
        assert_eq!(pull.progress_at(400_000).phase, PullPhase::Verifying);
        assert!(!pull.progress_at(400_000).stalled, "hashing is silent");
        pull.apply_line(&status("success"), 400_000);
        assert_eq!((pull.progress_at(400_000).percent, pull.progress_at(400_000).completed), (100.0, 1000));
    }

    #[test]
    fn a_second_layer_does_not_start_over() {
        let mut pull = PullProgressTracker::new(0);
        pull.apply_line(&layer("big", 4_000_000_000, 4_000_000_000), 0);
        pull.apply_line(&layer("small", 400, None), 60);
        let p = pull.progress_at(60);
        assert!(p.percent > 99.0 && p.percent < 100.0, "{}", p.percent);
    }

    #[test]
    fn the_size_of_the_manifest_makes_the_percentage_right_from_the_first_byte() {
        let mut pull = PullProgressTracker::new(0);
        pull.await_total();
        pull.apply_line(&layer("first", 1_000, 900), 10);
        let p = pull.progress_at(10);
        assert_eq!((p.completed, p.percent), (900, 0.0), "no percentage that would have to fall");
        pull.set_expected_total(Some(3_000));
        assert_eq!((pull.progress_at(20).percent, pull.progress_at(20).total), (30.0, 3_000));
        pull.apply_line(&layer("first", 1_000, 1_000), 30);
        pull.apply_line(&layer("second", 2_000, 500), 40);
        assert_eq!(pull.progress_at(40).percent, 50.0);
        let mut unknown = PullProgressTracker::new(0);
        unknown.await_total();
        unknown.apply_line(&layer("only", 1_000, 500), 10);
        unknown.set_expected_total(None);
        assert_eq!(unknown.progress_at(10).percent, 50.0, "the layers known so far stand for the whole");
    }

    #[test]
    fn resumed_and_cached_bytes_do_not_count_as_speed() {
        let mut pull = PullProgressTracker::new(0);
        pull.apply_line(&layer("a", 1_000_000, 600_000), 60);
        pull.apply_line(&layer("a", 1_000_000, 600_000), 500);
        assert_eq!(pull.progress_at(500).bytes_per_second, 0);
        assert_eq!(pull.progress_at(500).percent, 60.0);
        let mut cached = PullProgressTracker::new(0);
        cached.apply_line(&layer("a", 10, 10), 1);
        cached.apply_line(&layer("b", 0, 0), 2);
        assert_eq!(cached.progress_at(1000).eta_seconds, None);
    }

    #[test]
    fn speed_covers_the_last_seconds_and_falls_to_zero() {
        let mut pull = PullProgressTracker::new(0);
        let mut now = 0;
        for done in 0..=100 {
            pull.apply_line(&layer("a", 100_000_000, done * 100_000), now);
            now += 100;
        }
        let speed = pull.progress_at(now).bytes_per_second;
        assert!((900_000..=1_100_000).contains(&speed), "{speed}");
        assert_eq!(pull.progress_at(now).eta_seconds, Some((100_000_000 - 10_000_000) / speed + 1));
        for _ in 0..700 {
            pull.apply_line(&layer("a", 100_000_000, 10_000_000), now);
            now += 60;
        }
        let stalled = pull.progress_at(now);
        assert_eq!((stalled.bytes_per_second, stalled.eta_seconds, stalled.stalled), (0, None, true));
        assert!(stalled.quiet_seconds >= STALL_TIMEOUT_MS / 1000);
    }

    #[test]
    fn a_part_that_begins_again_is_movement_and_nothing_falls() {
        let mut pull = PullProgressTracker::new(0);
        pull.apply_line(&layer("a", 4_000_000, 1_500_000), 0);
        pull.apply_line(&layer("a", 4_000_000, 45_000), 1000);
        assert_eq!(pull.progress_at(1000).completed, 1_500_000);
        assert_eq!(pull.progress_at(1000).bytes_per_second, 0, "the fall is no movement");
        let mut now = 1000;
        for completed in (45_000..1_400_000).step_by(1_000) {
            now += 60;
            pull.apply_line(&layer("a", 4_000_000, completed), now);
        }
        let again = pull.progress_at(now);
        assert!(now > STALL_TIMEOUT_MS && !again.stalled && again.quiet_seconds == 0, "{again:?}");
        assert!((15_000..18_000).contains(&again.bytes_per_second), "{again:?}");
        assert_eq!(again.completed, 1_500_000, "still the highest");
    }

    #[test]
    fn lines_without_status_and_of_safetensors() {
        let mut pull = PullProgressTracker::new(0);
        pull.apply_line(
            &PullLine {
                digest: Some("sha256:model".into()),
                total: Some(10),
                completed: Some(5),
                ..PullLine::default()
            },
            0,
        );
        assert_eq!((pull.progress_at(0).phase, pull.progress_at(0).percent), (PullPhase::Downloading, 50.0));
        pull.apply_line(&status("couldn't remove unused layers: x"), 10);
        pull.apply_line(&status("success"), 20);
        assert_eq!(pull.progress_at(20).phase, PullPhase::Done);
    }

    proptest! {
        #[test]
        fn never_falls_never_passes_100(lines in proptest::collection::vec((0usize..4, 0i64..2_000, -5i64..3_000, 0i64..500), 1..80)) {
            let mut pull = PullProgressTracker::new(0);
            let (mut now, mut before) = (0, pull.progress_at(0));
            for (digest, total, completed, step) in lines {
                now += step;
                pull.apply_line(&layer(["a", "b", "c", "d"][digest], total, completed), now);
                let after = pull.progress_at(now);
                prop_assert!(after.percent >= before.percent && after.completed >= before.completed);
                prop_assert!(after.percent.is_finite() && after.percent < 100.0 && after.bytes_per_second >= 0);
                prop_assert!(after.completed <= after.total);
                before = after;
            }
        }
    }
}
