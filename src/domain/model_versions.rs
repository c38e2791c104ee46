//! Versions of models: what is locked, what the registries have, and what is kept beside the installed version
//! (registry.md, "Versions").

use super::{model_name::ModelName, time::Timestamp};
use serde::{Deserialize, Serialize};

/// The model of one task of one server, as it was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedModel {
    /// Name of the server.
    pub server: String,
    /// `categorization`, `scoring` or `chat`.
    pub task: String,
    /// Name of the model.
    pub model: ModelName,
    /// sha256 of its manifest, 64 hex digits.
    pub digest: String,
    /// Bytes on disk.
    pub size: i64,
}

/// The content of the lock file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelLock {
    /// 1.
    pub schema_version: u32,
    /// When it was written.
    pub locked_at: Timestamp,
    /// By server and task.
    pub models: Vec<LockedModel>,
}

string_enum! {
    /// How a task differs from the lock.
    LockDifferenceKind {
        /// The locked model is not installed.
        Missing = "missing",
        /// The model is installed with another digest.
        Changed = "changed",
        /// The task uses another model.
        OtherModel = "other_model",
        /// The server could not be asked.
        Unverifiable = "unverifiable",
    }
}

/// A difference between the lock and what is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockDifference {
    /// What was locked.
    pub locked: LockedModel,
    /// How it differs.
    pub kind: LockDifferenceKind,
    /// The model that the task uses now.
    pub model: ModelName,
    /// The digest that is installed now.
    pub installed_digest: Option<String>,
    /// A kept version with the locked digest.
    pub kept_copy: Option<ModelName>,
    /// Whether the server is the Ollama of the settings.
    pub is_main: bool,
}

impl LockDifference {
    /// What differs, as a sentence.
    pub fn message(&self) -> String {
        let LockedModel { server, task, model, digest, .. } = &self.locked;
        match self.kind {
            LockDifferenceKind::Missing => format!("{model}, locked for {task}, is not installed on {server}."),
            LockDifferenceKind::Changed => format!(
                "{model} ({task}, {server}) is not the locked version: installed is {}, locked is {}.",
                short_digest(self.installed_digest.as_deref().unwrap_or_default()),
                short_digest(digest)
            ),
            LockDifferenceKind::OtherModel => {
                format!("{task} on {server} uses {}; the lock names {model}.", self.model)
            }
            LockDifferenceKind::Unverifiable => format!("{server} could not be asked about {model} ({task})."),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        let model = &self.locked.model;
        match (self.kind, &self.kept_copy) {
            (LockDifferenceKind::Missing, _) if self.is_main => {
                "Pull what the lock names (`gleaner models sync`), or lock what is in use (`gleaner models lock`).".into()
            }
            (LockDifferenceKind::Missing, _) => {
                format!("Pull {model} on that server, or lock what is in use (`gleaner models lock`).")
            }
            (LockDifferenceKind::Changed, Some(copy)) => format!(
                "Use the earlier version again (`gleaner models earlier use {copy}`), or accept this one (`gleaner models lock`)."
            ),
            (LockDifferenceKind::Changed, None) => {
                "Accept this version (`gleaner models lock`); a registry serves only its newest, so the locked one cannot be pulled."
                    .into()
            }
            (LockDifferenceKind::OtherModel, _) => {
                format!("Choose {model} again, or lock what is in use (`gleaner models lock`).")
            }
            (LockDifferenceKind::Unverifiable, _) => "Check that server, then compare again.".into(),
        }
    }
}

string_enum! {
    /// Whether the registry has another version than the one installed.
    UpdateState {
        /// The same.
        Current = "current",
        /// Another.
        Available = "available",
        /// The registry could not be asked, or does not know the model.
        Unknown = "unknown",
    }
}

/// What a check for updates found about an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUpdate {
    /// Name of the model.
    pub model: ModelName,
    /// The digest that was installed.
    pub digest: String,
    /// What was found.
    pub state: UpdateState,
    /// Why it is not known.
    pub problem: Option<String>,
    /// When the registry was asked.
    pub checked_at: Timestamp,
}

/// An earlier version of a model, which Ollama keeps under another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptVersion {
    /// The name it is kept under.
    pub copy: ModelName,
    /// The model that it is a version of.
    pub model: ModelName,
    /// sha256 of its manifest.
    pub digest: String,
    /// When it was kept.
    pub kept_at: Timestamp,
}

/// Everything known of versions, without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelVersions {
    /// The lock, when there is one.
    pub lock: Option<ModelLock>,
    /// Why the lock file cannot be read.
    pub lock_problem: Option<String>,
    /// What differs from the lock.
    pub differences: Vec<LockDifference>,
    /// What the last check found about the versions that are still installed, by name.
    pub updates: Vec<ModelUpdate>,
    /// The versions that are kept.
    pub kept: Vec<KeptVersion>,
    /// Whether registries may be asked (`ollama.manifest_lookup`).
    pub may_look_up: bool,
}

impl ModelVersions {
    /// When registries were last asked.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.updates.iter().map(|update| update.checked_at).max()
    }

    /// The update that the registry has for `model`.
    pub fn update_of(&self, model: &ModelName) -> Option<&ModelUpdate> {
        self.updates.iter().find(|update| update.model == *model && update.state == UpdateState::Available)
    }

    /// The differences of the locked version of `model`.
    pub fn change_of(&self, model: &ModelName) -> Option<&LockDifference> {
        let is_changed = |found: &&LockDifference| found.kind == LockDifferenceKind::Changed;
        self.differences.iter().filter(is_changed).find(|found| found.is_main && found.locked.model == *model)
    }

    /// The kept version that has this name.
    pub fn kept_as(&self, copy: &ModelName) -> Option<&KeptVersion> {
        self.kept.iter().find(|kept| kept.copy == *copy)
    }
}

/// A copy of a model under the name of an earlier version: the tag with the date (UTC), and a number from the second on.
pub fn earlier_version_name(model: &ModelName, now: Timestamp, number: u32) -> String {
    let date: String = now.to_string().chars().take(10).collect();
    let number = if number > 1 { format!("-{number}") } else { String::new() };
    format!("{model}-before-{date}{number}")
}

/// The first twelve digits, as Ollama's own list shows them.
pub fn short_digest(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::{LockDifference, LockDifferenceKind, LockedModel, earlier_version_name, short_digest};
    use crate::domain::{model_name::ModelName, time::Timestamp};

    #[test]
    fn names_of_earlier_versions() {
        let now = Timestamp(1_772_366_400);
        for (model, number, name) in [
            ("qwen3:8b", 1, "qwen3:8b-before-2026-03-01"),
            ("mistral", 2, "mistral:latest-before-2026-03-01-2"),
            ("hf.co/u/r:Q4_K_M", 1, "hf.co/u/r:Q4_K_M-before-2026-03-01"),
        ] {
            let model = ModelName::parse(model).expect("a name");
            let copy = earlier_version_name(&model, now, number);
            assert_eq!(copy, name);
            assert!(ModelName::parse(&copy).is_ok_and(|copy| copy != model), "{copy}");
        }
    }

    #[test]
    fn differences_have_a_sentence_and_a_remedy() {
        let locked = LockedModel {
            server: "Ollama".into(),
            task: "scoring".into(),
            model: "qwen3:8b".into(),
            digest: "a".repeat(64),
            size: 1,
        };
        let found = |kind, kept_copy: Option<&str>, is_main| LockDifference {
            locked: locked.clone(),
            kind,
            model: "qwen3:4b".into(),
            installed_digest: Some("b".repeat(64)),
            kept_copy: kept_copy.map(Into::into),
            is_main,
        };
        for (difference, message, remedy) in [
            (found(LockDifferenceKind::Missing, None, true), "is not installed on Ollama", "models sync"),
            (found(LockDifferenceKind::Missing, None, false), "is not installed on Ollama", "on that server"),
            (
                found(LockDifferenceKind::Changed, None, true),
                "installed is bbbbbbbbbbbb, locked is aaaaaaaaaaaa",
                "models lock",
            ),
            (found(LockDifferenceKind::Changed, Some("q:old"), true), "not the locked version", "earlier use q:old"),
            (
                found(LockDifferenceKind::OtherModel, None, true),
                "uses qwen3:4b; the lock names qwen3:8b",
                "Choose qwen3:8b",
            ),
            (found(LockDifferenceKind::Unverifiable, None, false), "could not be asked", "Check that server"),
        ] {
            assert!(difference.message().contains(message), "{}", difference.message());
            assert!(difference.remedy().contains(remedy), "{}", difference.remedy());
        }
        assert_eq!((short_digest("abc"), short_digest(&"0".repeat(64))), ("abc", "000000000000"));
    }
}
