//! The score of an article, its formula, and the states of scoring.

use super::model_name::ModelName;
use super::{category::CategoryWeight, time::Timestamp};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The state of an article's scoring: `unscored → queued → categorizing → scoring → scored | blocked | failed`.
    #[derive(Default)]
    ArticleState {
        /// Stored, not in the queue (scoring is not wanted for it).
        #[default]
        Unscored = "unscored",
        /// Waits for the worker.
        Queued = "queued",
        /// Claimed by the worker for the first step.
        Categorizing = "categorizing",
        /// Claimed by the worker for the second step.
        Scoring = "scoring",
        /// Has a score of the current settings.
        Scored = "scored",
        /// A blocking category holds; not scored, not in the inbox.
        Blocked = "blocked",
        /// Three invalid answers; the last error is stored.
        Failed = "failed",
    }
}

impl ArticleState {
    /// Whether it is queued or being scored: the view "Scoring".
    pub const fn is_in_progress(self) -> bool {
        matches!(self, Self::Queued | Self::Categorizing | Self::Scoring)
    }
}

string_enum! {
    /// Which steps a re-evaluation runs; scoring.md "Priority and re-scoring".
    RescoreMode {
        /// Categorize and score.
        Full = "full",
        /// Keep the categories, score again.
        ScoreOnly = "score_only",
    }
}

/// A score as lists and the article page show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 0–10 by the model; `None` while provisional.
    pub interest: Option<u8>,
    /// 0–10 by the model; `None` while provisional.
    pub quality: Option<u8>,
    /// [`composite_score`] of the two and the categories' weights, or the provisional rank (0–10).
    pub composite: f64,
    /// The model's one or two sentences, or the words that matched.
    pub reasoning: String,
    /// The model that gave it.
    pub model: Option<ModelName>,
    /// The version of the prompt.
    pub prompt_version: Option<String>,
    /// When it was given.
    pub scored_at: Option<Timestamp>,
    /// Whether it is a rank by keywords because no model has scored yet.
    pub is_keyword_rank: bool,
}

/// A model's validated answer of the scoring step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgment {
    /// 0–10
    pub interest: u8,
    /// 0–10
    pub quality: u8,
    /// One or two sentences.
    pub reasoning: String,
    /// Quotes that were found in the article; at most three.
    pub evidence: Vec<String>,
}

/// How strongly a badge is drawn, and the label that other readers show (docs/spec/client-apis.md "Labels").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoreTier {
    /// Composite ≥ [`HIGH_SCORE`].
    High,
    /// Composite ≥ [`MEDIUM_SCORE`].
    Medium,
    /// Anything less.
    Low,
}

/// The lowest composite of [`ScoreTier::High`].
pub const HIGH_SCORE: f64 = 8.0;
/// The lowest composite of [`ScoreTier::Medium`].
pub const MEDIUM_SCORE: f64 = 5.0;

impl ScoreTier {
    /// All tiers, highest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// The tier of a composite.
    pub fn from_composite(composite: f64) -> Self {
        if composite >= HIGH_SCORE {
            Self::High
        } else if composite >= MEDIUM_SCORE {
            Self::Medium
        } else {
            Self::Low
        }
    }

    /// The composites of the tier: from the first number, below the second.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::High => (HIGH_SCORE, f64::MAX),
            Self::Medium => (MEDIUM_SCORE, HIGH_SCORE),
            Self::Low => (f64::MIN, MEDIUM_SCORE),
        }
    }

    /// The name of the label. It must not change: clients identify labels by their names.
    pub const fn label(self) -> &'static str {
        match self {
            Self::High => "Score 8+",
            Self::Medium => "Score 5-7",
            Self::Low => "Score 0-4",
        }
    }
}

/// The highest composite: interest 10, quality 10, every category at `max`.
pub const MAX_COMPOSITE_SCORE: f64 = 20.0;

/// `interest × mean(multipliers) × (0.5 + quality / 20) + points`, from 0 to 20; `None` when any category blocks. `points` is the
/// weight of the feed. The same formula stands in SQL in `storage/ranking.rs`; a test there keeps the two equal.
pub fn composite_score(interest: u8, quality: u8, weights: &[CategoryWeight], points: i64) -> Option<f64> {
    if weights.contains(&CategoryWeight::Block) {
        return None;
    }
    let mean = if weights.is_empty() {
        1.0
    } else {
        weights.iter().map(|w| w.multiplier()).sum::<f64>() / weights.len() as f64
    };
    let points = f64::from(i32::try_from(points).unwrap_or(0));
    Some((f64::from(interest) * mean * (0.5 + f64::from(quality) / 20.0) + points).clamp(0.0, MAX_COMPOSITE_SCORE))
}

#[cfg(test)]
mod tests {
    use super::{ArticleState, RescoreMode, ScoreTier, composite_score};
    use crate::domain::category::CategoryWeight::{Block, Boost, Max, Normal, Reduce};

    #[test]
    fn composite_follows_the_formula() {
        for (interest, quality, weights, points, expected) in [
            (10, 10, &[][..], 0, Some(10.0)),
            (10, 10, &[Normal, Normal], 0, Some(10.0)),
            (10, 10, &[Max], 0, Some(20.0)),
            (10, 10, &[Max], 3, Some(20.0)),
            (8, 6, &[Boost, Normal], 0, Some(8.0 * 1.25 * 0.8)),
            (8, 6, &[Boost, Normal], 3, Some(8.0 * 1.25 * 0.8 + 3.0)),
            (8, 0, &[Reduce], -1, Some(1.0)),
            (8, 0, &[Reduce], -3, Some(0.0)),
            (0, 10, &[Max], 0, Some(0.0)),
            (10, 10, &[Max, Block], 3, None),
        ] {
            assert_eq!(composite_score(interest, quality, weights, points), expected);
        }
    }

    #[test]
    fn words_round_trip() {
        for &state in ArticleState::ALL {
            assert_eq!(ArticleState::parse(state.as_str()), Some(state));
        }
        for mode in [RescoreMode::Full, RescoreMode::ScoreOnly] {
            assert_eq!(RescoreMode::parse(mode.as_str()), Some(mode));
        }
    }

    #[test]
    fn tiers_are_disjoint_and_cover_every_composite() {
        for (composite, tier) in [
            (20.0, ScoreTier::High),
            (8.0, ScoreTier::High),
            (7.9, ScoreTier::Medium),
            (5.0, ScoreTier::Medium),
            (4.9, ScoreTier::Low),
            (0.0, ScoreTier::Low),
        ] {
            assert_eq!(ScoreTier::from_composite(composite), tier, "{composite}");
            let holding = ScoreTier::ALL.into_iter().filter(|t| (t.range().0..t.range().1).contains(&composite));
            assert_eq!(holding.collect::<Vec<_>>(), [tier], "{composite}");
        }
    }
}
