//! Rules: what is done with articles that a query finds (docs/spec/rules.md).

use super::{
    example_article::ExampleArticle,
    ids::{CategoryId, RuleId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The longest name, in characters.
pub const MAX_RULE_NAME_CHARS: usize = 60;
/// Rules at once.
pub const MAX_RULES: usize = 100;
/// The points that a rule can add to a score.
pub const RULE_WEIGHTS: RangeInclusive<i64> = -3..=3;
/// How long an application of a rule can be undone after its end, in seconds.
pub const RULE_UNDO_SECONDS: i64 = 600;

string_enum! {
    /// What a rule changes of the queue.
    RuleScoring {
        /// Its articles are scored before others.
        First = "first",
        /// Its articles do not enter the queue.
        Never = "never",
    }
}

/// What a rule does with an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleActions {
    /// It is marked as read.
    pub mark_read: bool,
    /// It is starred.
    pub star: bool,
    /// It leaves the lists.
    pub hide: bool,
    /// The category that it gets.
    pub category: Option<CategoryId>,
    /// Points that are added to its score.
    pub weight: i64,
    /// What changes of its place in the queue.
    pub scoring: Option<RuleScoring>,
}

/// A rule as the reader writes it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleInput {
    /// Its name.
    pub name: String,
    /// The query.
    pub query: String,
    /// What it does.
    pub actions: RuleActions,
    /// Whether it runs.
    pub is_enabled: bool,
}

/// A rule with what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule.
    pub id: RuleId,
    /// What the reader wrote.
    pub input: RuleInput,
    /// The name of the category that its articles get.
    pub category_name: Option<String>,
    /// How many articles it matched.
    pub matched: i64,
    /// When it last matched one.
    pub last_matched_at: Option<Timestamp>,
    /// The last time that it was applied to articles that were there already.
    pub application: Option<RuleApplication>,
    /// Why it is left out, such as a feed in its query that is gone.
    pub problem: Option<String>,
}

/// A rule applied to articles that were there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleApplication {
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<Timestamp>,
    /// How many articles it found so far.
    pub matched: i64,
    /// Whether it is being undone.
    pub is_undone: bool,
    /// Whether it can still be undone.
    pub can_be_undone: bool,
}

/// What a rule would have matched.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RulePreview {
    /// How many of the articles that were looked at.
    pub matched: i64,
    /// The newest articles, which were looked at.
    pub looked_at: i64,
    /// The newest ones that it would have matched.
    pub examples: Vec<ExampleArticle>,
}

/// Points that a rule adds to the score of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePoints {
    /// The name of the rule.
    pub name: String,
    /// The points.
    pub points: i64,
}

/// What rules did with an article, beside marks and categories.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleEffects {
    /// The name of the rule that hid it.
    pub hidden_by: Option<String>,
    /// The points that rules add to its score.
    pub points: Vec<RulePoints>,
    /// Whether a rule keeps it out of the queue.
    pub is_never_scored: bool,
}

/// The address of the form for a rule with a query.
pub fn rule_path(query: &str) -> String {
    let mut params = url::form_urlencoded::Serializer::new(String::new());
    format!("/rules/edit?{}", params.append_pair("query", query).finish())
}

impl RuleActions {
    /// Whether anything is done at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is done, in words; `category` is the name of the category.
    pub fn describe(&self, category: Option<&str>) -> String {
        let weight = match self.weight {
            0 => None,
            1 | -1 => Some(format!("{:+} point", self.weight)),
            points => Some(format!("{points:+} points")),
        };
        let parts = [
            self.mark_read.then(|| "mark as read".to_owned()),
            self.star.then(|| "star".to_owned()),
            self.hide.then(|| "hide".to_owned()),
            category.map(|name| format!("category {name}")),
            weight,
            self.scoring.map(|scoring| format!("score {}", scoring.as_str())),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
}

impl RulePreview {
    /// The result in a sentence.
    pub fn message(&self) -> String {
        match self.looked_at {
            0 => "There are no articles yet, so it would have matched none.".to_owned(),
            looked_at => format!("It would have matched {} of the last {looked_at} articles.", self.matched),
        }
    }
}

impl RuleApplication {
    /// What came of it, in a sentence.
    pub fn message(&self) -> String {
        let articles = if self.matched == 1 { "article" } else { "articles" };
        match (self.is_undone, self.ended_at) {
            (true, _) => "Being undone.".to_owned(),
            (false, None) => format!("Being applied: {} {articles} so far.", self.matched),
            (false, Some(_)) => format!("Applied to {} {articles}.", self.matched),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RuleActions, RulePreview, RuleScoring};
    use crate::domain::ids::CategoryId;

    #[test]
    fn actions_are_told() {
        let none = RuleActions::default();
        for (actions, told) in [
            (none, "nothing"),
            (RuleActions { mark_read: true, star: true, hide: true, ..none }, "mark as read, star, hide"),
            (RuleActions { category: Some(CategoryId(1)), weight: 2, ..none }, "category Looms, +2 points"),
            (
                RuleActions { category: Some(CategoryId(1)), weight: -1, scoring: Some(RuleScoring::Never), ..none },
                "category Looms, -1 point, score never",
            ),
        ] {
            let category = actions.category.map(|_| "Looms");
            assert_eq!(actions.describe(category), told);
            assert_eq!(actions.is_empty(), told == "nothing");
        }
    }

    #[test]
    fn a_dry_run_is_told() {
        let preview = RulePreview { matched: 42, looked_at: 900, examples: Vec::new() };
        assert_eq!(preview.message(), "It would have matched 42 of the last 900 articles.");
        assert!(RulePreview::default().message().contains("no articles"));
    }
}
