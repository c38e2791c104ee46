//! What an examination of the whole installation looks at, what it finds, and the rules by which it judges figures.

use crate::domain::{
    humanize,
    ollama_version::{OllamaVersionSupport, UPDATE_OLLAMA_HINT, ollama_version_support},
};
use serde::Serialize;

string_enum! {
    /// What is looked at.
    DiagnosticCheck {
        /// The settings.
        Configuration = "configuration",
        /// The file that holds everything: sound, and of this version's schema.
        Database = "database",
        /// Free space where the data folder is.
        Disk = "disk",
        /// Whether the clock is not behind what was stored before.
        Clock = "clock",
        /// Whether enough files and connections may be open at once.
        OpenFiles = "open_files",
        /// Whether Ollama answers at all.
        Ollama = "ollama",
        /// Whether it is recent enough.
        Version = "version",
        /// Whether the chosen models are on its disk.
        Models = "models",
        /// Whether a chosen model gives an answer.
        Answer = "answer",
        /// Whether feeds can be fetched.
        Feeds = "feeds",
    }
}

string_enum! {
    /// How it is.
    DiagnosticOutcome {
        Ok = "ok",
        /// It works, but somebody should know.
        Warn = "warn",
        /// It does not work.
        Fail = "fail",
        /// Could not be looked at, because of something else that is told.
        Skipped = "skipped",
    }
}

/// What was found about one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiagnosticResult {
    /// What was checked.
    pub topic: DiagnosticCheck,
    /// What came of it.
    pub outcome: DiagnosticOutcome,
    /// What is so: one sentence.
    pub message: String,
    /// What to do about it; for every `warn` and `fail`.
    pub remedy: Option<String>,
}

impl DiagnosticResult {
    /// All is well.
    pub fn ok(topic: DiagnosticCheck, message: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Ok, message: message.into(), remedy: None }
    }

    /// Works, but.
    pub fn warn(topic: DiagnosticCheck, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Warn, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// Does not work.
    pub fn fail(topic: DiagnosticCheck, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Fail, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// Could not be looked at.
    pub fn skipped(topic: DiagnosticCheck, because: impl Into<String>) -> Self {
        Self { topic, outcome: DiagnosticOutcome::Skipped, message: because.into(), remedy: None }
    }
}

/// All that was found, in the order of [`DiagnosticCheck::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DiagnosticReport {
    /// The results.
    pub results: Vec<DiagnosticResult>,
}

impl DiagnosticReport {
    /// How many findings have this outcome.
    pub fn count(&self, outcome: DiagnosticOutcome) -> usize {
        self.results.iter().filter(|finding| finding.outcome == outcome).count()
    }

    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.count(DiagnosticOutcome::Fail) == 0
    }
}

/// Less than this and SQLite may fail in the middle of a night's articles.
const MIN_FREE_DISK_BYTES: u64 = 200_000_000;
/// Below this somebody should make room in the coming weeks.
const RECOMMENDED_FREE_DISK_BYTES: u64 = 2_000_000_000;

/// Judges the space, in bytes, that is free beside a database of `database` bytes: an update copies it first.
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

/// Judges the version that Ollama says it has. One built from source says `0.0.0`: it and what cannot be read count as new.
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
    fn versions_have_a_floor_and_a_wish() {
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
