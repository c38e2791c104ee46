//! The settings that a score depends on, to detect later changes.

use crate::domain::model_name::ModelName;
use crate::domain::{model::ModelConfig, preferences::Preferences, score::RescoreMode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The settings of an evaluation; compared with those of the last evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoringFingerprint {
    categorization_model: ModelName,
    scoring_model: ModelName,
    /// sha256 of interests and anti-interests.
    interests: String,
}

impl ScoringFingerprint {
    /// The fingerprint of the current settings.
    pub fn new(models: &ModelConfig, preferences: &Preferences) -> Self {
        let mut hash = Sha256::new();
        hash.update(&preferences.interests);
        hash.update([0]);
        hash.update(&preferences.anti_interests);
        Self {
            categorization_model: models.categorization_model.clone(),
            scoring_model: models.scoring_model.clone(),
            interests: hex::encode(hash.finalize()),
        }
    }

    /// Which steps have to run again under `now`; scoring.md "Priority and re-scoring".
    pub fn required_rescore(&self, now: &Self) -> Option<RescoreMode> {
        if self.categorization_model != now.categorization_model {
            Some(RescoreMode::Full)
        } else if self != now {
            Some(RescoreMode::ScoreOnly)
        } else {
            None
        }
    }

    /// The JSON that is stored.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Reads [`ScoringFingerprint::to_json`] back; `None` for anything else.
    pub fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::ScoringFingerprint;
    use crate::domain::score::RescoreMode::{Full, ScoreOnly};

    fn settings(categorize: &str, score: &str, interests: &str) -> ScoringFingerprint {
        ScoringFingerprint {
            categorization_model: categorize.into(),
            scoring_model: score.into(),
            interests: interests.into(),
        }
    }

    #[test]
    fn a_change_requires_the_steps_that_depend_on_it() {
        let last = settings("a", "b", "rust");
        for (now, due) in [
            (settings("a", "b", "rust"), None),
            (settings("x", "b", "rust"), Some(Full)),
            (settings("x", "y", "cats"), Some(Full)),
            (settings("a", "y", "rust"), Some(ScoreOnly)),
            (settings("a", "b", "cats"), Some(ScoreOnly)),
        ] {
            assert_eq!(last.required_rescore(&now), due);
        }
        assert_eq!(ScoringFingerprint::from_json(&last.to_json()), Some(last));
        assert_eq!(ScoringFingerprint::from_json("{}"), None);
    }
}
