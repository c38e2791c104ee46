//! Values of fields: names, numbers and fixed words.

use crate::domain::text_fold::{DiacriticFolding, fold};

string_enum! {
    /// A value of `is:`.
    ArticleStatus {
        Unread = "unread",
        Read = "read",
        Starred = "starred",
        /// Not scored and not queued.
        Unscored = "unscored",
        /// Queued for scoring or being scored.
        Queued = "queued",
        /// It has a score by a model.
        Scored = "scored",
        /// It has only a rank by keywords of the interests.
        Provisional = "provisional",
        Blocked = "blocked",
        Failed = "failed",
        /// Its text addresses a language model instead of people.
        Suspicious = "suspicious",
        /// The publisher changed it after its arrival.
        Updated = "updated",
        /// Another article of the same story stands for it.
        Duplicate = "duplicate",
        /// A rule hid it.
        Hidden = "hidden",
    }
}

string_enum! {
    /// A value of `has:`.
    AttachmentKind {
        /// A picture in the text or beside it.
        Image = "image",
        Audio = "audio",
        Video = "video",
        /// Any file that the publisher attached.
        Enclosure = "enclosure",
        /// The text of the page behind it.
        FullText = "fulltext",
        /// A page with comments.
        Comments = "comments",
    }
}

/// Names that other readers use for values of `is:`.
const STATUS_ALIASES: [(&str, ArticleStatus); 5] = [
    ("favorite", ArticleStatus::Starred),
    ("favourite", ArticleStatus::Starred),
    ("star", ArticleStatus::Starred),
    ("new", ArticleStatus::Unread),
    ("removed", ArticleStatus::Blocked),
];

impl ArticleStatus {
    /// The status with this name or alias.
    pub(super) fn find(word: &str) -> Option<Self> {
        Self::parse(word).or_else(|| STATUS_ALIASES.iter().find(|(alias, _)| *alias == word).map(|(_, status)| *status))
    }
}

/// How a feed, a folder or a category is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// `#12`
    Id(i64),
    /// The whole name, folded.
    Name(String),
    /// The beginning of the name, folded.
    Prefix(String),
}

impl NameMatch {
    /// Reads `#12`, `name` or `name*`; a text in quotes is a whole name. `None` for a text without a name.
    pub(super) fn parse(text: &str, is_quoted: bool) -> Option<Self> {
        if !is_quoted {
            if let Some(id) = text.strip_prefix('#').and_then(|id| id.parse().ok()) {
                return Some(Self::Id(id));
            }
            if let Some(start) = text.strip_suffix('*') {
                let start = Self::fold(start);
                return (!start.is_empty()).then_some(Self::Prefix(start));
            }
        }
        let name = Self::fold(text);
        (!name.is_empty()).then_some(Self::Name(name))
    }

    /// A name folded for comparison: without case, accents and outer spaces.
    pub fn fold(name: &str) -> String {
        fold(name.trim(), DiacriticFolding::Search)
    }

    /// Whether it matches something with this id and these names.
    pub fn matches(&self, id: i64, names: &[&str]) -> bool {
        match self {
            Self::Id(wanted) => *wanted == id,
            Self::Name(wanted) => names.iter().any(|name| Self::fold(name) == *wanted),
            Self::Prefix(start) => names.iter().any(|name| Self::fold(name).starts_with(start)),
        }
    }
}

/// A range of numbers with at least one end.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct NumberRange {
    /// The lowest, and whether it belongs to the range.
    pub from: Option<(f64, bool)>,
    /// The highest, and whether it belongs to the range.
    pub to: Option<(f64, bool)>,
}

impl NumberRange {
    /// Reads `8`, `>7`, `>=7.5`, `<3`, `<=3` and `5..8`, both ends of which belong to it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some((from, to)) = text.split_once("..") {
            let (from, to) = (parse_number(from)?, parse_number(to)?);
            return Some(Self { from: Some((from.min(to), true)), to: Some((from.max(to), true)) });
        }
        for (sign, is_from, is_closed) in
            [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)]
        {
            if let Some(number) = text.strip_prefix(sign) {
                let end = Some((parse_number(number)?, is_closed));
                return Some(if is_from { Self { from: end, to: None } } else { Self { from: None, to: end } });
            }
        }
        let number = parse_number(text)?;
        Some(Self { from: Some((number, true)), to: Some((number, true)) })
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: f64) -> bool {
        self.from.is_none_or(|(from, is_closed)| number > from || (is_closed && number >= from))
            && self.to.is_none_or(|(to, is_closed)| number < to || (is_closed && number <= to))
    }
}

fn parse_number(text: &str) -> Option<f64> {
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    is_plain.then(|| text.parse().ok()).flatten()
}
