//! A pull in words: where a model stands among the pulls, and how far the running one is.

use super::{
    model_name::same_model,
    phrase::size,
    pull::{Downloads, LastPull, PullFailure, PullOutcome, PullPhase, PullProgress, PullRetry},
};

/// Where one model stands among the pulls.
#[derive(Clone, Debug, PartialEq)]
pub enum PullPlace {
    /// Nothing is going on.
    Idle,
    /// Others go first.
    Waiting,
    Running,
    /// It was the last to end, and the reader has not put that away.
    Ended(LastPull),
}

impl Downloads {
    /// Where `model` stands.
    pub fn place(&self, model: &str) -> PullPlace {
        if self.model.as_deref().is_some_and(|running| same_model(running, model)) {
            return PullPlace::Running;
        }
        if self.queued.iter().any(|queued| same_model(queued, model)) {
            return PullPlace::Waiting;
        }
        let last = self.last.as_ref().filter(|last| !last.dismissed && same_model(&last.model, model));
        last.map_or(PullPlace::Idle, |last| PullPlace::Ended(last.clone()))
    }

    /// The models that a pull is on its way for, and the one whose outcome still stands, the running one first.
    pub fn models(&self) -> Vec<String> {
        let last = self.last.iter().filter(|last| !last.dismissed).map(|last| &last.model);
        let mut names: Vec<String> = Vec::new();
        for name in self.model.iter().chain(&self.queued).chain(last) {
            if !names.iter().any(|known| same_model(known, name)) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Reads [`Downloads::to_json`] back; `None` for anything else.
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        let field = |name: &str| json.get(name).cloned().unwrap_or_default();
        let model: Option<String> = serde_json::from_value(field("model")).ok()?;
        let progress = match model {
            Some(_) => serde_json::from_value(json.clone()).ok()?,
            None => PullProgress::default(),
        };
        Some(Self {
            model,
            progress,
            retry: serde_json::from_value(field("retry")).ok()?,
            queued: serde_json::from_value(field("queued")).ok()?,
            last: serde_json::from_value(field("last")).ok()?,
        })
    }
}

/// What is being done, in a few words; what stands in the way goes first.
pub fn doing(progress: &PullProgress, retry: Option<&PullRetry>) -> String {
    if let Some(PullRetry { failures, most, error, .. }) = retry {
        return format!("{} It is tried again by itself: {failures} of {most}.", error.message);
    }
    if progress.stalled {
        return format!("No data for {} s.", progress.quiet_seconds);
    }
    match progress.phase {
        PullPhase::Manifest => "Asking the registry what the model consists of.",
        PullPhase::Downloading => "Downloading.",
        PullPhase::Verifying => "Checking what was downloaded; minutes for a large model.",
        PullPhase::Writing => "Writing the manifest.",
        PullPhase::Done => "Done.",
    }
    .to_owned()
}

/// Bytes, speed and time left, as far as they are known; empty before the first byte.
pub fn figures(progress: &PullProgress) -> String {
    let mut parts = Vec::new();
    if progress.total > 0 {
        parts.push(format!("{} of {}", size(progress.completed), size(progress.total)));
    }
    if progress.bytes_per_second > 0 {
        parts.push(format!("{}/s", size(progress.bytes_per_second)));
    }
    if let Some(seconds) = progress.eta_seconds {
        parts.push(left(seconds));
    }
    parts.join(" · ")
}

/// Whole percent, as a text beside the bar; 100 only when it is done.
pub fn percent(progress: &PullProgress) -> String {
    format!("{} %", progress.percent.clamp(0.0, 100.0).floor())
}

fn left(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{} s left", seconds.max(1)),
        60..3_600 => format!("{} min {} s left", seconds / 60, seconds % 60),
        _ => format!("{} h {} min left", seconds / 3_600, seconds / 60 % 60),
    }
}

/// How a pull ended, in a sentence; for a failure its own.
pub fn ended(last: &LastPull) -> String {
    match (last.outcome, &last.error) {
        (PullOutcome::Success, _) => format!("{} is installed.", last.model),
        (PullOutcome::Cancelled, _) => {
            format!("The download of {} was cancelled. What came is kept; a later pull goes on from there.", last.model)
        }
        (PullOutcome::Error, Some(PullFailure { message, .. })) => message.clone(),
        (PullOutcome::Error, None) => format!("{} could not be downloaded.", last.model),
    }
}

#[cfg(test)]
mod tests {
    use super::{PullPlace, doing, ended, figures, percent};
    use crate::domain::{
        pull::{Downloads, LastPull, PullFailure, PullOutcome, PullPhase, PullProgress, PullRetry},
        time::Timestamp,
    };

    fn failure() -> PullFailure {
        PullFailure {
            kind: "unavailable".into(),
            cause: "interrupted".into(),
            message: "The connection broke.".into(),
            hint: None,
        }
    }

    fn busy() -> Downloads {
        Downloads {
            model: Some("qwen3:4b".into()),
            progress: PullProgress {
                phase: PullPhase::Downloading,
                status: "pulling 3bfbb1170b29".into(),
                completed: 1_100_000_000,
                total: 2_497_000_000,
                percent: 44.9,
                bytes_per_second: 31_200_000,
                eta_seconds: Some(45),
                ..PullProgress::default()
            },
            retry: None,
            queued: vec!["phi4-mini:latest".into()],
            last: Some(LastPull {
                model: "gemma3:4b".into(),
                outcome: PullOutcome::Success,
                error: None,
                finished_at: Timestamp(0),
                dismissed: false,
            }),
        }
    }

    #[test]
    fn every_model_has_its_place() {
        let downloads = busy();
        assert_eq!(downloads.place("QWEN3:4b"), PullPlace::Running);
        assert_eq!(downloads.place("phi4-mini"), PullPlace::Waiting);
        assert!(matches!(downloads.place("gemma3:4b"), PullPlace::Ended(_)));
        assert_eq!(downloads.place("llama3.2:3b"), PullPlace::Idle);
        assert_eq!(downloads.models(), ["qwen3:4b", "phi4-mini:latest", "gemma3:4b"]);
        let dismissed = downloads.last.clone().map(|last| LastPull { dismissed: true, ..last });
        assert_eq!(Downloads { last: dismissed, ..downloads }.place("gemma3:4b"), PullPlace::Idle);
    }

    #[test]
    fn an_event_is_read_back_whole() {
        let retry = PullRetry { failures: 2, most: 5, at: Timestamp(7), error: failure() };
        for downloads in [busy(), Downloads { retry: Some(retry), ..busy() }, Downloads::default()] {
            assert_eq!(Downloads::from_json(&downloads.to_json()), Some(downloads));
        }
        assert_eq!(Downloads::from_json(&serde_json::json!({"connected": true})), None);
    }

    #[test]
    fn a_pull_is_told_in_words() {
        let Downloads { progress, .. } = busy();
        assert_eq!(percent(&progress), "44 %");
        assert_eq!(figures(&progress), "1.1 GB of 2.5 GB · 31.2 MB/s · 45 s left");
        assert_eq!(figures(&PullProgress::default()), "");
        assert_eq!(doing(&progress, None), "Downloading.");
        let stalled = PullProgress { stalled: true, quiet_seconds: 40, ..progress };
        assert_eq!(doing(&stalled, None), "No data for 40 s.");
        let retry = PullRetry { failures: 2, most: 5, at: Timestamp(7), error: failure() };
        assert_eq!(doing(&stalled, Some(&retry)), "The connection broke. It is tried again by itself: 2 of 5.");
    }

    #[test]
    fn every_end_has_a_sentence() {
        let last = |outcome, error| LastPull {
            model: "qwen3:4b".into(),
            outcome,
            error,
            finished_at: Timestamp(0),
            dismissed: false,
        };
        assert_eq!(ended(&last(PullOutcome::Success, None)), "qwen3:4b is installed.");
        assert!(ended(&last(PullOutcome::Cancelled, None)).starts_with("The download of qwen3:4b was cancelled."));
        assert_eq!(ended(&last(PullOutcome::Error, Some(failure()))), "The connection broke.");
        assert!(ended(&last(PullOutcome::Error, None)).contains("qwen3:4b"));
    }
}
