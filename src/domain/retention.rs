//! Retention: rules that remove articles (docs/spec/retention.md).

use super::{example_article::ExampleArticle, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Rules at most.
pub const MAX_RETENTION_RULES: usize = 10;
/// The rule that the page offers.
pub const EXAMPLE_RETENTION_RULE: &str = "is:read date:>90d -is:starred vote:none -score:>=8";

/// Articles, and the bytes of their texts as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RetentionTotals {
    /// Number of articles.
    pub articles: i64,
    /// Bytes of titles and texts, without the search index.
    pub bytes: i64,
}

/// What a run would remove.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RetentionPreview {
    /// All of it.
    pub totals: RetentionTotals,
    /// The oldest articles of it.
    pub examples: Vec<ExampleArticle>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRun {
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended; `None` while it goes on, and when it was interrupted.
    pub ended_at: Option<Timestamp>,
    /// What it removed so far.
    pub removed: RetentionTotals,
    /// Why a rule was left out.
    pub problem: Option<String>,
}

/// How much of the database file is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileSpace {
    /// The size of the file in bytes, without the log.
    pub bytes: i64,
    /// The bytes of it that are not used; new articles go there.
    pub free_bytes: i64,
    /// Whether a run gives them back to the disk.
    pub is_returned: bool,
}

/// The rules, and what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RetentionOverview {
    /// The queries of the rules.
    pub rules: Vec<String>,
    /// The last run; `None` before the first.
    pub last_run: Option<RetentionRun>,
    /// Whether a run goes on in this process.
    pub is_running: bool,
    /// The database file.
    pub space: FileSpace,
}
