//! Conditions as the way to their articles: a select of ids along an index.

use super::{
    conditions::{push_detected_language, push_language, push_prefix, push_range},
    filter::QueryFilter,
    view::QueryView,
};
use crate::domain::time::MICROS_PER_SECOND;
use crate::{
    domain::{
        article::ArticleView,
        query::{ArticleStatus, AttachmentKind, Measure, NumberRange, TimeKind},
    },
    server::storage::json_ids,
};
use sqlx::{QueryBuilder, Sqlite};

impl QueryFilter {
    /// Whether an index leads to all of its articles in a view. Some leave blocked and hidden articles out.
    pub(super) fn has_source(&self, view: QueryView) -> bool {
        let has_indexes = view.is_without_hidden();
        match self {
            Self::All(parts) => parts.iter().any(|part| part.has_source(view)),
            Self::Any(parts) => !parts.is_empty() && parts.iter().all(|part| part.has_source(view)),
            Self::Not(_) | Self::WithoutCategory | Self::Vote(None) | Self::Within(..) => false,
            Self::Status(ArticleStatus::Starred) => has_indexes || view == QueryView::List(ArticleView::Starred),
            Self::Status(ArticleStatus::Duplicate) => has_indexes || matches!(view, QueryView::Duplicates(_)),
            Self::Status(ArticleStatus::Hidden) => has_indexes || matches!(view, QueryView::HiddenByRule(_)),
            Self::Status(status) => status_source(*status).is_some(),
            Self::Number(Measure::Score, _) | Self::Time(TimeKind::Published | TimeKind::Arrived, ..) => has_indexes,
            Self::Match(_)
            | Self::MatchLink(_)
            | Self::Feeds(_)
            | Self::Categories(_)
            | Self::Number(..)
            | Self::Vote(_)
            | Self::Model(_)
            | Self::Prompt(_)
            | Self::Language(_)
            | Self::Has(_)
            | Self::Time(TimeKind::Read, ..) => true,
        }
    }

    /// The parts with a source, any of which leads to all hits.
    pub(super) fn sources(&self, view: QueryView) -> Vec<&Self> {
        self.required().into_iter().filter(|part| part.has_source(view)).collect()
    }
}

/// A select of the ids of the articles; the filter has a source in this view.
pub(super) fn push_source(sql: &mut QueryBuilder<Sqlite>, filter: &QueryFilter, view: QueryView) {
    match filter {
        QueryFilter::Any(parts) => {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    sql.push(" UNION ");
                }
                sql.push("SELECT * FROM (");
                push_source(sql, part, view);
                sql.push(")");
            }
        }
        QueryFilter::All(parts) => {
            // Any part with a source leads to all hits; the other parts are checked for each of them.
            if let Some(part) = parts.iter().find(|part| part.has_source(view)) {
                push_source(sql, part, view);
            }
        }
        QueryFilter::Match(expression) => {
            sql.push("SELECT rowid FROM articles_fts WHERE articles_fts MATCH ").push_bind(expression.clone());
        }
        QueryFilter::MatchLink(expression) => {
            sql.push("SELECT rowid FROM article_links_fts WHERE article_links_fts MATCH ")
                .push_bind(expression.clone());
        }
        QueryFilter::Feeds(ids) => {
            sql.push("SELECT a.id FROM json_each(").push_bind(json_ids(ids.iter().copied()));
            sql.push(") f CROSS JOIN articles a INDEXED BY articles_feed_date ON a.feed_id = f.value");
        }
        QueryFilter::Categories(ids) => {
            sql.push("SELECT l.article_id FROM json_each(").push_bind(json_ids(ids.iter().copied()));
            sql.push(") c CROSS JOIN article_categories l ON l.category_id = c.value");
        }
        QueryFilter::Status(status) => drop(sql.push(status_source(*status).unwrap_or_default())),
        QueryFilter::Number(measure, range) => push_number_source(sql, *measure, *range),
        QueryFilter::Vote(vote) => {
            sql.push("SELECT article_id FROM votes WHERE vote = ").push_bind(vote.map_or("", |vote| vote.as_str()));
        }
        QueryFilter::Model(start) => {
            sql.push("SELECT article_id FROM model_runs INDEXED BY model_runs_by_model WHERE ");
            push_prefix(sql, "model", start);
            sql.push(" UNION SELECT article_id FROM model_runs INDEXED BY model_runs_by_digest WHERE model_digest IS NOT NULL AND ");
            push_prefix(sql, "model_digest", start);
        }
        QueryFilter::Prompt(start) => {
            sql.push("SELECT article_id FROM model_runs INDEXED BY model_runs_by_prompt WHERE ");
            push_prefix(sql, "prompt_version", start);
        }
        QueryFilter::Language(tag) => {
            sql.push("SELECT d.article_id FROM article_details d WHERE ");
            push_language(sql, tag);
            sql.push(" UNION SELECT t.article_id FROM article_traits t INDEXED BY article_traits_by_language WHERE ");
            push_detected_language(sql, tag);
        }
        QueryFilter::Has(kind) => drop(sql.push(attachment_source(*kind))),
        QueryFilter::Time(kind, from, until) => push_time_source(sql, *kind, (*from, *until)),
        QueryFilter::Not(_) | QueryFilter::WithoutCategory | QueryFilter::Within(..) => {}
    }
}

const fn status_source(status: ArticleStatus) -> Option<&'static str> {
    match status {
        ArticleStatus::Starred => {
            Some("SELECT id FROM articles INDEXED BY articles_starred_date WHERE is_starred = 1 AND is_hidden = 0")
        }
        ArticleStatus::Unscored => {
            Some("SELECT id FROM articles INDEXED BY articles_unscored WHERE state = 'unscored'")
        }
        ArticleStatus::Queued => Some(
            "SELECT id FROM articles INDEXED BY articles_in_progress WHERE state IN ('queued', 'categorizing', 'scoring')",
        ),
        ArticleStatus::Blocked => Some("SELECT id FROM articles INDEXED BY articles_blocked WHERE state = 'blocked'"),
        ArticleStatus::Failed => Some("SELECT id FROM articles INDEXED BY articles_failed WHERE state = 'failed'"),
        ArticleStatus::Suspicious => Some("SELECT article_id FROM article_suspicions"),
        ArticleStatus::Duplicate => {
            Some("SELECT id FROM articles INDEXED BY articles_duplicates WHERE is_duplicate = 1 AND state <> 'blocked'")
        }
        ArticleStatus::Hidden => Some(
            "SELECT id FROM articles INDEXED BY articles_hidden_by_rule WHERE hidden_by_rule IS NOT NULL AND state <> 'blocked'",
        ),
        ArticleStatus::Updated => {
            Some("SELECT id FROM articles INDEXED BY articles_updated WHERE updated_at IS NOT NULL")
        }
        // Most articles: the list's own index is scanned instead.
        ArticleStatus::Unread | ArticleStatus::Read | ArticleStatus::Scored | ArticleStatus::Provisional => None,
    }
}

const fn attachment_source(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => {
            "SELECT article_id FROM article_traits INDEXED BY article_traits_with_image WHERE has_image = 1
             UNION SELECT article_id FROM article_media WHERE kind IN ('image', 'thumbnail')"
        }
        AttachmentKind::Audio => "SELECT DISTINCT article_id FROM article_media WHERE kind = 'audio'",
        AttachmentKind::Video => "SELECT DISTINCT article_id FROM article_media WHERE kind = 'video'",
        AttachmentKind::Enclosure => {
            "SELECT DISTINCT article_id FROM article_media WHERE kind IN ('image', 'audio', 'video', 'file')"
        }
        AttachmentKind::FullText => {
            "SELECT article_id FROM article_full_texts INDEXED BY article_full_texts_with_text WHERE html IS NOT NULL"
        }
        AttachmentKind::Comments => {
            "SELECT article_id FROM article_details INDEXED BY article_details_with_comments WHERE comments_url IS NOT NULL"
        }
    }
}

fn push_number_source(sql: &mut QueryBuilder<Sqlite>, measure: Measure, range: NumberRange) {
    let (select, column) = match measure {
        Measure::Score => (
            "SELECT id FROM articles INDEXED BY articles_all_best WHERE state <> 'blocked' AND is_hidden = 0 AND ",
            "rank",
        ),
        Measure::Interest => ("SELECT article_id FROM scores INDEXED BY scores_by_interest WHERE ", "interest"),
        Measure::Quality => ("SELECT article_id FROM scores INDEXED BY scores_by_quality WHERE ", "quality"),
        Measure::Words => ("SELECT article_id FROM article_traits INDEXED BY article_traits_by_words WHERE ", "words"),
    };
    sql.push(select);
    push_range(sql, column, range);
}

fn push_time_source(sql: &mut QueryBuilder<Sqlite>, kind: TimeKind, (from, until): (Option<i64>, Option<i64>)) {
    let (select, column, unit) = match kind {
        TimeKind::Published => (
            "SELECT id FROM articles INDEXED BY articles_all_date WHERE state <> 'blocked' AND is_hidden = 0",
            "sorted_at",
            1,
        ),
        TimeKind::Arrived => (
            "SELECT id FROM articles INDEXED BY articles_by_arrival WHERE state <> 'blocked' AND is_hidden = 0",
            "arrived_us",
            MICROS_PER_SECOND,
        ),
        TimeKind::Read => {
            ("SELECT id FROM articles INDEXED BY articles_by_read_time WHERE read_at IS NOT NULL", "read_at", 1)
        }
    };
    sql.push(select);
    for (end, sign) in [(from, " >= "), (until, " < ")] {
        if let Some(seconds) = end {
            sql.push(" AND ").push(column).push(sign).push_bind(i64::saturating_mul(seconds, unit));
        }
    }
}
