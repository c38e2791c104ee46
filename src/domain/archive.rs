//! The parts of an archive, with which a Gleaner is moved to another folder (docs/spec/moving.md).

use serde::{Deserialize, Serialize};

string_enum! {
    /// What is moved line by line, each after what it refers to.
    ArchiveSection {
        /// Folders.
        Folders = "folders",
        /// Subscriptions with their settings.
        Feeds = "feeds",
        /// Categories with their weights.
        Categories = "categories",
        /// Former names of categories.
        Aliases = "aliases",
        /// Articles with texts, marks, scores and votes.
        Articles = "articles",
        /// Identities of articles that rules removed.
        Removed = "removed",
        /// Saved searches.
        Searches = "searches",
        /// The rules of retention.
        Retention = "retention",
        /// Rules, those too that were removed and hid articles.
        Rules = "rules",
    }
}

/// How many of each an archive holds, or an import stored.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArchiveReport {
    /// Subscriptions.
    pub feeds: i64,
    /// Articles.
    pub articles: i64,
    /// Categories.
    pub categories: i64,
    /// Saved searches.
    pub searches: i64,
}

impl ArchiveReport {
    /// Counts objects of a section.
    pub fn add(&mut self, section: ArchiveSection, count: i64) {
        match section {
            ArchiveSection::Feeds => self.feeds += count,
            ArchiveSection::Articles => self.articles += count,
            ArchiveSection::Categories => self.categories += count,
            ArchiveSection::Searches => self.searches += count,
            ArchiveSection::Folders
            | ArchiveSection::Aliases
            | ArchiveSection::Removed
            | ArchiveSection::Retention
            | ArchiveSection::Rules => {}
        }
    }
}
