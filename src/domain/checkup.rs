//! What an examination of the whole installation looks at, what it finds, and the rules by which it judges figures.

use super::phrase;
use serde::Serialize;

words! {
    /// What is looked at.
    Topic {
        /// The settings.
        Configuration = "configuration",
        /// The file that holds everything: sound, and of this version's schema.
        Database = "database",
        /// Free space where the data folder is.
        Disk = "disk",
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

words! {
    /// How it is.
    Outcome {
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
pub struct Finding {
    pub topic: Topic,
    pub outcome: Outcome,
    /// What is so: one sentence.
    pub message: String,
    /// What to do about it; for every `warn` and `fail`.
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(topic: Topic, message: impl Into<String>) -> Self {
        Self { topic, outcome: Outcome::Ok, message: message.into(), remedy: None }
    }

    /// Works, but.
    pub fn warn(topic: Topic, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { topic, outcome: Outcome::Warn, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// Does not work.
    pub fn fail(topic: Topic, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { topic, outcome: Outcome::Fail, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// Could not be looked at.
    pub fn skipped(topic: Topic, because: impl Into<String>) -> Self {
        Self { topic, outcome: Outcome::Skipped, message: because.into(), remedy: None }
    }
}

/// All that was found, in the order of [`Topic::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checkup {
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// How many findings have this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }

    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.count(Outcome::Fail) == 0
    }
}

/// Less than this and SQLite may fail in the middle of a night's articles.
const DISK_LEAST: u64 = 200_000_000;
/// Below this somebody should make room in the coming weeks.
const DISK_WANTED: u64 = 2_000_000_000;

/// Judges the space, in bytes, that is free beside a database of `database` bytes: an update copies it first.
pub fn judge_disk(free: u64, database: u64, folder: &str) -> Finding {
    let size = |bytes: u64| phrase::size(i64::try_from(bytes).unwrap_or(i64::MAX));
    let message = format!("{} free at {folder}; the database has {}.", size(free), size(database));
    let remedy = "Make room, or move the data folder to a larger disk (`data_dir`). Deleting models frees gigabytes: \
                  `gleaner models list --sort size`.";
    if free < DISK_LEAST {
        Finding::fail(Topic::Disk, message, remedy)
    } else if free < DISK_WANTED || free < database.saturating_mul(2) {
        Finding::warn(Topic::Disk, message, remedy)
    } else {
        Finding::ok(Topic::Disk, message)
    }
}

/// The first version whose answers keep to a schema.
const VERSION_LEAST: (u64, u64) = (0, 5);
/// The first version that lets itself be told whether to think.
const VERSION_WANTED: (u64, u64) = (0, 9);

/// Judges the version that Ollama says it has. One built from source says `0.0.0`: it and what cannot be read count as new.
pub fn judge_version(version: &str) -> Finding {
    let update = "Update Ollama: https://ollama.com/download";
    match major_minor(version) {
        None | Some((0, 0)) => {
            Finding::ok(Topic::Version, format!("Ollama calls itself {version}, which is taken for a recent one."))
        }
        Some(found) if found < VERSION_LEAST => Finding::fail(
            Topic::Version,
            format!("Ollama {version} is too old: answers cannot be held to a form before 0.5."),
            update,
        ),
        Some(found) if found < VERSION_WANTED => Finding::warn(
            Topic::Version,
            format!("Ollama {version} works, but before 0.9 models cannot be told not to think, which takes time."),
            update,
        ),
        Some(_) => Finding::ok(Topic::Version, format!("Ollama {version}.")),
    }
}

fn major_minor(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim().trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Checkup, Finding, Outcome, Topic, judge_disk, judge_version};

    #[test]
    fn versions_have_a_floor_and_a_wish() {
        for (version, outcome) in [
            ("0.4.7", Outcome::Fail),
            ("0.5.0", Outcome::Warn),
            ("0.8.9-rc1", Outcome::Warn),
            ("0.9.0", Outcome::Ok),
            ("0.33.0-rc2", Outcome::Ok),
            ("v1.0", Outcome::Ok),
            ("0.0.0", Outcome::Ok),
            ("nightly", Outcome::Ok),
            ("", Outcome::Ok),
        ] {
            let finding = judge_version(version);
            assert_eq!(finding.outcome, outcome, "{version}");
            assert_eq!(finding.remedy.is_some(), outcome != Outcome::Ok, "a remedy where it is wanted: {version}");
        }
    }

    #[test]
    fn space_for_a_copy_is_wanted() {
        for (free, database, outcome) in [
            (100_000_000, 0, Outcome::Fail),
            (1_000_000_000, 1_000_000, Outcome::Warn),
            (3_000_000_000, 2_000_000_000, Outcome::Warn),
            (3_000_000_000, 1_000_000_000, Outcome::Ok),
            (u64::MAX, u64::MAX, Outcome::Ok),
        ] {
            assert_eq!(judge_disk(free, database, "/data").outcome, outcome, "{free} {database}");
        }
    }

    #[test]
    fn only_a_failure_is_a_failure() {
        let checkup = Checkup {
            findings: vec![
                Finding::ok(Topic::Disk, "a"),
                Finding::warn(Topic::Version, "b", "c"),
                Finding::skipped(Topic::Answer, "d"),
            ],
        };
        assert!(checkup.passed());
        let worse = Checkup { findings: vec![Finding::fail(Topic::Ollama, "e", "f")] };
        assert!(!worse.passed());
    }
}
