//! Pulls as text: the state of one model, and the progress of the running pull.

use super::{
    model_name::ModelName,
    pull::{FinishedPull, PullFailure, PullOutcome, PullPhase, PullProgress, PullRetry, PullStatus},
};
use crate::domain::humanize::format_bytes;
use serde::Serialize;

/// The state of one model among the pulls.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelPullState {
    /// It is not being pulled.
    Idle,
    /// It waits until other pulls have ended.
    Queued,
    /// It is being pulled.
    Running,
    /// Its pull was the last to end, and the reader has not dismissed that.
    Finished(Box<FinishedPull>),
}

impl PullStatus {
    /// The state of `model`.
    pub fn state_of(&self, model: &ModelName) -> ModelPullState {
        if self.running_model.as_ref() == Some(model) {
            return ModelPullState::Running;
        }
        if self.queued.contains(model) {
            return ModelPullState::Queued;
        }
        let last = self.last.as_ref().filter(|last| !last.dismissed && last.model == *model);
        last.map_or(ModelPullState::Idle, |last| ModelPullState::Finished(Box::new(last.clone())))
    }

    /// The models being pulled or queued, the running one first, and the last one until it is dismissed.
    pub fn visible_models(&self) -> Vec<ModelName> {
        let last = self.last.iter().filter(|last| !last.dismissed).map(|last| &last.model);
        let mut names: Vec<ModelName> = Vec::new();
        for name in self.running_model.iter().chain(&self.queued).chain(last) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// The running pull in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PullTexts {
    /// Whole percent.
    pub percent: String,
    /// Bytes, speed and time left.
    pub progress: String,
    /// What is being done, as a sentence.
    pub activity: String,
}

impl PullTexts {
    /// Of the pull that runs.
    pub fn new(pulls: &PullStatus) -> Self {
        Self {
            percent: format_percent(&pulls.progress),
            progress: format_progress(&pulls.progress),
            activity: format_activity(&pulls.progress, pulls.retry.as_ref()),
        }
    }
}

/// The current activity as a sentence: a retry, else a stall, else the phase.
pub fn format_activity(progress: &PullProgress, retry: Option<&PullRetry>) -> String {
    if let Some(PullRetry { failures, most, error, .. }) = retry {
        return format!("{} Retrying automatically: {failures} of {most}.", error.message);
    }
    if progress.stalled {
        return format!("No data for {} s.", progress.quiet_seconds);
    }
    let phase = format_phase(progress.phase);
    match progress.phase {
        PullPhase::Verifying => format!("{phase}; this takes minutes for a large model."),
        _ => format!("{phase}."),
    }
}

/// The phase in two or three words.
pub const fn format_phase(phase: PullPhase) -> &'static str {
    match phase {
        PullPhase::Manifest => "Pulling the manifest",
        PullPhase::Downloading => "Downloading",
        PullPhase::Verifying => "Verifying the download",
        PullPhase::Writing => "Writing the manifest",
        PullPhase::Done => "Done",
    }
}

/// Bytes, speed and time left, as far as they are known; empty before the first byte.
pub fn format_progress(progress: &PullProgress) -> String {
    let mut parts = Vec::new();
    if progress.total > 0 {
        parts.push(format!("{} of {}", format_bytes(progress.completed), format_bytes(progress.total)));
    }
    if progress.bytes_per_second > 0 {
        parts.push(format!("{}/s", format_bytes(progress.bytes_per_second)));
    }
    if let Some(seconds) = progress.eta_seconds {
        parts.push(format_time_left(seconds));
    }
    parts.join(" · ")
}

/// Whole percent, as a text beside the bar; 100 only when it is done.
pub fn format_percent(progress: &PullProgress) -> String {
    format!("{} %", progress.percent.clamp(0.0, 100.0).floor())
}

fn format_time_left(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{} s left", seconds.max(1)),
        60..3_600 => format!("{} min {} s left", seconds / 60, seconds % 60),
        _ => format!("{} h {} min left", seconds / 3_600, seconds / 60 % 60),
    }
}

/// The outcome of a pull as a sentence; for a failure its message.
pub fn format_outcome(last: &FinishedPull) -> String {
    match (last.outcome, &last.error) {
        (PullOutcome::Success, _) => format!("{} is installed.", last.model),
        (PullOutcome::Cancelled, _) => {
            format!("The download of {} was cancelled. The downloaded part is kept; pulling again resumes.", last.model)
        }
        (PullOutcome::Error, Some(PullFailure { message, .. })) => message.clone(),
        (PullOutcome::Error, None) => format!("{} could not be downloaded.", last.model),
    }
}

#[cfg(test)]
mod tests {
    use super::{ModelPullState, format_activity, format_outcome, format_percent, format_progress};
    use crate::domain::{
        pull::{FinishedPull, PullFailure, PullOutcome, PullPhase, PullProgress, PullRetry, PullStatus},
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

    fn running_status() -> PullStatus {
        PullStatus {
            running_model: Some("qwen3:4b".into()),
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
            last: Some(FinishedPull {
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
        let downloads = running_status();
        assert_eq!(downloads.state_of(&"QWEN3:4b".into()), ModelPullState::Running);
        assert_eq!(downloads.state_of(&"phi4-mini".into()), ModelPullState::Queued);
        assert!(matches!(downloads.state_of(&"gemma3:4b".into()), ModelPullState::Finished(_)));
        assert_eq!(downloads.state_of(&"llama3.2:3b".into()), ModelPullState::Idle);
        assert_eq!(
            downloads.visible_models().iter().map(|name| name.as_str()).collect::<Vec<_>>(),
            ["qwen3:4b", "phi4-mini:latest", "gemma3:4b"]
        );
        let dismissed = downloads.last.clone().map(|last| FinishedPull { dismissed: true, ..last });
        assert_eq!(PullStatus { last: dismissed, ..downloads }.state_of(&"gemma3:4b".into()), ModelPullState::Idle);
    }

    #[test]
    fn an_event_is_read_back_whole() {
        let retry = PullRetry { failures: 2, most: 5, at: Timestamp(7), error: failure() };
        for downloads in
            [running_status(), PullStatus { retry: Some(retry), ..running_status() }, PullStatus::default()]
        {
            assert_eq!(
                serde_json::from_value::<PullStatus>(serde_json::to_value(&downloads).expect("JSON")).ok(),
                Some(downloads)
            );
        }
        assert!(serde_json::from_value::<PullStatus>(serde_json::json!({"connected": true})).is_err());
    }

    #[test]
    fn a_pull_is_told_in_words() {
        let PullStatus { progress, .. } = running_status();
        assert_eq!(format_percent(&progress), "44 %");
        assert_eq!(format_progress(&progress), "1.1 GB of 2.5 GB · 31.2 MB/s · 45 s left");
        assert_eq!(format_progress(&PullProgress::default()), "");
        assert_eq!(format_activity(&progress, None), "Downloading.");
        let stalled = PullProgress { stalled: true, quiet_seconds: 40, ..progress };
        assert_eq!(format_activity(&stalled, None), "No data for 40 s.");
        let retry = PullRetry { failures: 2, most: 5, at: Timestamp(7), error: failure() };
        assert_eq!(format_activity(&stalled, Some(&retry)), "The connection broke. Retrying automatically: 2 of 5.");
    }

    #[test]
    fn every_end_has_a_sentence() {
        let last = |outcome, error| FinishedPull {
            model: "qwen3:4b".into(),
            outcome,
            error,
            finished_at: Timestamp(0),
            dismissed: false,
        };
        assert_eq!(format_outcome(&last(PullOutcome::Success, None)), "qwen3:4b is installed.");
        assert!(
            format_outcome(&last(PullOutcome::Cancelled, None)).starts_with("The download of qwen3:4b was cancelled.")
        );
        assert_eq!(format_outcome(&last(PullOutcome::Error, Some(failure()))), "The connection broke.");
        assert!(format_outcome(&last(PullOutcome::Error, None)).contains("qwen3:4b"));
    }
}
