//! How far an import from another reader is.

use super::source::SourceArticle;
use crate::{
    domain::{feed_url::FeedUrl, ids::FeedId},
    error::AppError,
    server::{
        state::App,
        storage::imports::{self, ImportRow},
    },
};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// What an import did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// Feeds of the other reader.
    pub feeds: i64,
    /// Those that were not subscribed yet.
    pub new_feeds: i64,
    /// Feeds whose address cannot be used.
    pub unusable_feeds: i64,
    /// Articles of the other reader.
    pub articles: i64,
    /// Those that were not stored yet; 0 in a dry run.
    pub new_articles: i64,
    /// Articles that were read.
    pub read: i64,
    /// Articles that were starred.
    pub starred: i64,
    /// Articles with labels.
    pub labeled: i64,
    /// Articles that were left out, because their feed is not among the subscriptions.
    pub left_out: i64,
}

impl ImportReport {
    /// Counts an article with its marks.
    pub(super) fn count_article(&mut self, article: &SourceArticle) {
        self.articles += 1;
        self.read += i64::from(article.is_read);
        self.starred += i64::from(article.is_starred);
        self.labeled += i64::from(!article.labels.is_empty());
    }
}

/// The subscription that a feed of the other reader is here.
pub(super) type FeedsByKey = HashMap<String, (FeedId, FeedUrl, Option<String>)>;

/// An import on its way.
#[derive(Debug)]
pub(super) struct ImportState {
    /// What it comes from.
    pub(super) source: String,
    /// Feeds that are stored.
    pub(super) feeds_done: i64,
    /// Where the next page begins.
    pub(super) position: Option<String>,
    /// What was done so far.
    pub(super) report: ImportReport,
}

impl ImportState {
    pub(super) async fn load(app: &App, source: String) -> Result<Self, AppError> {
        let row = imports::find(&app.db.read, &source).await?;
        let report = row.as_ref().and_then(|row| serde_json::from_str(&row.report).ok());
        // A report that another version wrote begins anew: nothing is stored twice.
        let Some((row, report)) = row.zip(report) else {
            return Ok(Self { source, feeds_done: 0, position: None, report: ImportReport::default() });
        };
        Ok(Self { source, feeds_done: row.feeds_done, position: row.position, report })
    }

    /// Stores how far it is; to be called in the transaction that stored what it tells.
    pub(super) async fn save(&self, db: &mut SqliteConnection) -> Result<(), AppError> {
        let report = serde_json::to_string(&self.report).map_err(|_| AppError::internal())?;
        let row = ImportRow { feeds_done: self.feeds_done, position: self.position.clone(), report };
        Ok(imports::save(db, &self.source, &row).await?)
    }
}

/// A length as it is counted in reports.
pub(super) fn count_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
