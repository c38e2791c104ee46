//! Whether a model tells articles apart, and whether its answers can be used: judged by its last answers.

use super::{model_name::ModelName, scoring::ScoringStep};
use serde::{Deserialize, Serialize};

/// How many of its last answers a model is judged by.
pub const JUDGED_ANSWER_COUNT: usize = 20;
/// Of the last twenty answers so many may be unusable: 30 %.
const MAX_UNUSABLE_ANSWERS: usize = 6;

/// The two numbers of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScorePair {
    /// 0–10
    pub interest: u8,
    /// 0–10
    pub quality: u8,
}

/// An answer of a model to one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentAnswer {
    /// The version of the prompt.
    pub prompt_version: String,
    /// Whether it could be used.
    pub is_usable: bool,
    /// The score; `None` of the other step, and when it could not be used.
    pub score: Option<ScorePair>,
}

/// The score that the last twenty usable answers with the prompt `prompt_version` all have; `None`: they differ, or there are fewer.
/// `answers`: those of one model, the newest first. `before`: the score that it gave every article so far; it stays until one
/// differs, though fewer than twenty answers with this prompt are known any more.
pub fn find_flat_score(answers: &[RecentAnswer], prompt_version: &str, before: Option<ScorePair>) -> Option<ScorePair> {
    let of_prompt = answers.iter().filter(|answer| answer.prompt_version == prompt_version);
    let last: Vec<ScorePair> = of_prompt.filter_map(|answer| answer.score).take(JUDGED_ANSWER_COUNT).collect();
    let first = *last.first()?;
    let is_enough = last.len() == JUDGED_ANSWER_COUNT || before == Some(first);
    (is_enough && last.iter().all(|score| *score == first)).then_some(first)
}

/// How many of the last twenty answers could not be used, when those are more than 30 %; `None`: fewer, or fewer answers.
/// `answers`: those of one model to one step, the newest first.
pub fn count_refused(answers: &[RecentAnswer]) -> Option<usize> {
    let last = answers.get(..JUDGED_ANSWER_COUNT)?;
    let refused = last.iter().filter(|answer| !answer.is_usable).count();
    (refused > MAX_UNUSABLE_ANSWERS).then_some(refused)
}

string_enum! {
    /// The kind of an [`AnswerProblem`].
    AnswerProblemKind {
        /// Every article gets the same score.
        Flat = "flat",
        /// Many answers cannot be used.
        Refusing = "refusing",
    }
}

/// What is wrong with the answers of a model that is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerProblem {
    /// Name of the model.
    pub model: ModelName,
    /// The kind.
    pub kind: AnswerProblemKind,
    /// The step that was asked for.
    pub step: ScoringStep,
    /// The score of every article; `None` of the other kind.
    pub score: Option<ScorePair>,
    /// Unusable answers among the last twenty; `None` of the other kind.
    pub refused: Option<i64>,
    /// Whether there are words of the interests to rank by.
    pub has_keywords: bool,
    /// A model that may do better: installed and larger, else a recommended one.
    pub suggestion: Option<ModelName>,
}

impl AnswerProblem {
    /// What was found, in a sentence or two.
    pub fn message(&self) -> String {
        let model = &self.model;
        match (self.kind, self.score) {
            (AnswerProblemKind::Flat, Some(ScorePair { interest, quality })) => {
                let order = if self.has_keywords {
                    "Its articles are sorted by the words of your interests until scores differ again."
                } else {
                    "There are no words in your interests to sort its articles by."
                };
                format!(
                    "{model} gave its last {JUDGED_ANSWER_COUNT} articles the same score: interest {interest}, quality {quality}. {order}"
                )
            }
            _ => {
                let refused = self.refused.unwrap_or_default();
                let asked = match self.step {
                    ScoringStep::Categorize => "categories",
                    ScoringStep::Score => "a score",
                };
                format!(
                    "{refused} of the last {JUDGED_ANSWER_COUNT} answers of {model} could not be used when it was asked for {asked}."
                )
            }
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        let other = match &self.suggestion {
            Some(other) => format!("Try another model, such as {other}"),
            None => "Try another, larger model".to_owned(),
        };
        match self.kind {
            AnswerProblemKind::Flat => format!("{other}, or write shorter interests."),
            AnswerProblemKind::Refusing => format!("{other}; the failed articles name the reasons."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        AnswerProblem, AnswerProblemKind, RecentAnswer, ScorePair, ScoringStep, count_refused, find_flat_score,
    };

    const FIVE: ScorePair = ScorePair { interest: 5, quality: 5 };
    const SIX: ScorePair = ScorePair { interest: 6, quality: 5 };

    fn answers(runs: &[(usize, &str, Option<ScorePair>)]) -> Vec<RecentAnswer> {
        let answer = |(count, version, score): &(usize, &str, Option<ScorePair>)| {
            let answer =
                RecentAnswer { prompt_version: (*version).to_owned(), is_usable: score.is_some(), score: *score };
            vec![answer; *count]
        };
        runs.iter().flat_map(answer).collect()
    }

    /// Each sequence is of one model, the newest answer first.
    #[test]
    fn twenty_equal_scores_are_flat() {
        for (name, runs, flat) in [
            ("none", &[][..], None),
            ("mixed models have lists of their own", &[(10, "a", Some(FIVE))], None),
            ("flat", &[(20, "a", Some(FIVE))], Some(FIVE)),
            ("longer", &[(40, "a", Some(FIVE))], Some(FIVE)),
            ("nineteen", &[(19, "a", Some(FIVE))], None),
            ("nearly flat", &[(19, "a", Some(FIVE)), (1, "a", Some(SIX))], None),
            ("the newest differs", &[(1, "a", Some(SIX)), (30, "a", Some(FIVE))], None),
            ("the one before the window differs", &[(20, "a", Some(FIVE)), (1, "a", Some(SIX))], Some(FIVE)),
            ("refused in between", &[(10, "a", Some(FIVE)), (5, "a", None), (10, "a", Some(FIVE))], Some(FIVE)),
            ("other settings", &[(1, "b", Some(SIX)), (20, "a", Some(FIVE))], Some(FIVE)),
            ("nineteen since a change", &[(19, "a", Some(FIVE)), (20, "b", Some(FIVE))], None),
        ] {
            assert_eq!(find_flat_score(&answers(runs), "a", None), flat, "{name}");
        }
    }

    #[test]
    fn a_flat_model_stays_flat_until_a_score_differs() {
        for (name, runs, flat) in [
            ("few are known any more", &[(1, "a", Some(FIVE)), (39, "b", Some(SIX))][..], Some(FIVE)),
            ("one differs", &[(1, "a", Some(SIX)), (39, "b", Some(FIVE))], None),
            ("the second differs", &[(1, "a", Some(FIVE)), (1, "a", Some(SIX))], None),
            ("flat with another score", &[(20, "a", Some(SIX))], Some(SIX)),
        ] {
            assert_eq!(find_flat_score(&answers(runs), "a", Some(FIVE)), flat, "{name}");
        }
    }

    #[test]
    fn more_than_three_of_ten_refused_answers_are_many() {
        for (name, runs, refused) in [
            ("few answers", &[(19, "a", None)][..], None),
            ("all", &[(20, "a", None)], Some(20)),
            ("seven", &[(7, "a", None), (13, "a", Some(FIVE))], Some(7)),
            ("six", &[(6, "a", None), (14, "a", Some(FIVE))], None),
            ("long ago", &[(14, "a", Some(FIVE)), (26, "a", None)], None),
        ] {
            assert_eq!(count_refused(&answers(runs)), refused, "{name}");
        }
    }

    #[test]
    fn a_problem_says_what_to_do() {
        let flat = AnswerProblem {
            model: "qwen2.5-coder:0.5b".into(),
            kind: AnswerProblemKind::Flat,
            step: ScoringStep::Score,
            score: Some(FIVE),
            refused: None,
            has_keywords: true,
            suggestion: Some("qwen3:8b".into()),
        };
        assert_eq!(
            flat.message(),
            "qwen2.5-coder:0.5b gave its last 20 articles the same score: interest 5, quality 5. Its articles are sorted by the \
             words of your interests until scores differ again."
        );
        assert_eq!(flat.remedy(), "Try another model, such as qwen3:8b, or write shorter interests.");
        let wordless = AnswerProblem { has_keywords: false, suggestion: None, ..flat.clone() };
        assert!(wordless.message().contains("no words") && wordless.remedy().contains("larger model"));
        let refusing = AnswerProblem { kind: AnswerProblemKind::Refusing, score: None, refused: Some(9), ..flat };
        assert_eq!(
            refusing.message(),
            "9 of the last 20 answers of qwen2.5-coder:0.5b could not be used when it was asked for a score."
        );
    }
}
