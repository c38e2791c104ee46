//! The checks of an installation, their results, and the thresholds for disk space and Ollama's version.

use crate::domain::{
    humanize,
    ollama_version::{OllamaVersionSupport, UPDATE_OLLAMA_HINT, ollama_version_support},
};
use serde::Serialize;

string_enum! {
    /// What is checked.
    DiagnosticCheck {
        /// The settings.
        Configuration = "configuration",
        /// Whether the database is intact and has this version's schema.
        Database = "database",
        /// Whether the disk of the data folder has free space.
        Disk = "disk",
        /// Whether the clock is not behind what was stored before.
        Clock = "clock",
        /// Whether enough files and connections may be open at once.
        OpenFiles = "open_files",
        /// Whether Ollama answers at all.
        Ollama = "ollama",
        /// Whether Ollama's version is recent enough.
        Version = "version",
        /// Whether the chosen models are installed.
        Models = "models",
        /// Whether the models in use are the locked versions, and whether updates are known.
        Versions = "versions",
        /// Whether a chosen model gives an answer.
        Answer = "answer",
        /// Whether the scores of the models in use differ, and their answers can be used.
        Scores = "scores",
        /// Whether feeds can be fetched.
        Feeds = "feeds",
    }
}

string_enum! {
    /// The outcome of a check.
    DiagnosticOutcome {
        Ok = "ok",
        /// It works, with a limitation or a risk.
        Warn = "warn",
        /// It does not work.
        Fail = "fail",
        /// Not checked, because of another problem in the report.
        Skipped = "skipped",
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiagnosticResult {
    /// What was checked.
    pub topic: DiagnosticCheck,
    /// The outcome.
    pub outcome: DiagnosticOutcome,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do about it; for every `warn` and `fail`.
    pub remedy: Option<String>,
}

impl DiagnosticResult {
    /// A check without a problem.
    pub fn ok(topic: DiagnosticCheck, message: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Ok, message: message.into(), remedy: None }
    }

    /// A check that found a limitation or a risk.
    pub fn warn(topic: DiagnosticCheck, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Warn, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// A check that failed.
    pub fn fail(topic: DiagnosticCheck, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Fail, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// A check that was not made.
    pub fn skipped(topic: DiagnosticCheck, because: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Skipped, message: because.into(), remedy: None }
    }
}

/// All results, in the order of [`DiagnosticCheck::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DiagnosticReport {
    /// The results.
    pub results: Vec<DiagnosticResult>,
}

impl DiagnosticReport {
    /// Number of results with this outcome.
    pub fn count(&self, outcome: DiagnosticOutcome) -> usize {
        self.results.iter().filter(|result| result.outcome == outcome).count()
    }

    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.count(DiagnosticOutcome::Fail) == 0
    }
}

/// Free bytes below which SQLite may run out of space.
const MIN_FREE_DISK_BYTES: u64 = 200_000_000;
/// Free bytes below which space should be freed in the coming weeks.
const RECOMMENDED_FREE_DISK_BYTES: u64 = 2_000_000_000;

/// Checks the free bytes on the disk of a database of `database` bytes; an update copies the database first.
pub fn check_disk_space(free: u64, database: u64, folder: &str) -> DiagnosticResult {
    let size = |bytes: u64| humanize::format_bytes(i64::try_from(bytes).unwrap_or(i64::MAX));
    let message = format!("{} free at {folder}; the database takes {}.", size(free), size(database));
    let remedy = "Free up disk space, or move the data folder to a larger disk (`data_dir`). Deleting models frees gigabytes: `gleaner models list --sort size`.";
    if free < MIN_FREE_DISK_BYTES {
        DiagnosticResult::fail(DiagnosticCheck::Disk, message, remedy)
    } else if free < RECOMMENDED_FREE_DISK_BYTES || free < database.saturating_mul(2) {
        DiagnosticResult::warn(DiagnosticCheck::Disk, message, remedy)
    } else {
        DiagnosticResult::ok(DiagnosticCheck::Disk, message)
    }
}

/// Checks Ollama's version. A build from source reports `0.0.0`; it and unreadable versions count as recent.
pub fn check_ollama_version(version: &str) -> DiagnosticResult {
    let topic = DiagnosticCheck::Version;
    match ollama_version_support(version) {
        OllamaVersionSupport::Unknown => {
            DiagnosticResult::ok(topic, format!("Ollama reports version {version}, which is treated as recent."))
        }
        OllamaVersionSupport::TooOld(reason) => DiagnosticResult::fail(topic, reason, UPDATE_OLLAMA_HINT),
        OllamaVersionSupport::Limited(limit) => DiagnosticResult::warn(topic, limit, UPDATE_OLLAMA_HINT),
        OllamaVersionSupport::Full => DiagnosticResult::ok(topic, format!("Ollama {version}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        DiagnosticCheck, DiagnosticOutcome, DiagnosticReport, DiagnosticResult, check_disk_space, check_ollama_version,
    };

    #[test]
    fn versions_have_a_minimum_and_a_recommended_one() {
        for (version, outcome) in [
            ("0.4.7", DiagnosticOutcome::Fail),
            ("0.5.0", DiagnosticOutcome::Warn),
            ("0.8.9-rc1", DiagnosticOutcome::Warn),
            ("0.9.0", DiagnosticOutcome::Ok),
            ("0.33.0-rc2", DiagnosticOutcome::Ok),
            ("v1.0", DiagnosticOutcome::Ok),
            ("0.0.0", DiagnosticOutcome::Ok),
            ("nightly", DiagnosticOutcome::Ok),
            ("", DiagnosticOutcome::Ok),
        ] {
            let finding = check_ollama_version(version);
            assert_eq!(finding.outcome, outcome, "{version}");
            assert_eq!(
                finding.remedy.is_some(),
                outcome != DiagnosticOutcome::Ok,
                "a remedy where it is wanted: {version}"
            );
        }
    }

    #[test]
    fn space_for_a_copy_is_wanted() {
        for (free, database, outcome) in [
            (100_000_000, 0, DiagnosticOutcome::Fail),
            (1_000_000_000, 1_000_000, DiagnosticOutcome::Warn),
            (3_000_000_000, 2_000_000_000, DiagnosticOutcome::Warn),
            (3_000_000_000, 1_000_000_000, DiagnosticOutcome::Ok),
            (u64::MAX, u64::MAX, DiagnosticOutcome::Ok),
        ] {
            assert_eq!(check_disk_space(free, database, "/data").outcome, outcome, "{free} {database}");
        }
    }

    #[test]
    fn only_a_failure_is_a_failure() {
        let checkup = DiagnosticReport {
            results: vec![
                DiagnosticResult::ok(DiagnosticCheck::Disk, "a"),
                DiagnosticResult::warn(DiagnosticCheck::Version, "b", "c"),
                DiagnosticResult::skipped(DiagnosticCheck::Answer, "d"),
            ],
        };
        assert!(checkup.passed());
        let worse = DiagnosticReport { results: vec![DiagnosticResult::fail(DiagnosticCheck::Ollama, "e", "f")] };
        assert!(!worse.passed());
    }
}
