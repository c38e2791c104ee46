//! The one place where conditions become SQL. Each is a condition on a row `a` that was found otherwise: the unary plus keeps the
//! planner from starting with it. Each is true or false, never NULL, so that it can be negated.

use super::filter::QueryFilter;
use crate::domain::time::MICROS_PER_SECOND;
use crate::{
    domain::query::{ArticleStatus, AttachmentKind, Measure, NumberRange, TimeKind},
    server::storage::json_ids,
};
use sqlx::{QueryBuilder, Sqlite};

/// Whether `a` matches.
pub(super) fn push_condition(sql: &mut QueryBuilder<Sqlite>, filter: &QueryFilter) {
    match filter {
        QueryFilter::All(parts) => push_joined(sql, parts, " AND ", "TRUE"),
        QueryFilter::Any(parts) => push_joined(sql, parts, " OR ", "FALSE"),
        QueryFilter::Not(part) => {
            sql.push("NOT ");
            push_condition(sql, part);
        }
        QueryFilter::Match(expression) => {
            sql.push("+a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ")
                .push_bind(expression.clone());
            sql.push(")");
        }
        QueryFilter::MatchLink(expression) => {
            sql.push("+a.id IN (SELECT rowid FROM article_links_fts WHERE article_links_fts MATCH ");
            sql.push_bind(expression.clone()).push(")");
        }
        QueryFilter::Within(table, expression, first, last) => {
            sql.push("+a.id IN (SELECT rowid FROM ")
                .push(table.name())
                .push(" WHERE ")
                .push(table.name())
                .push(" MATCH ");
            sql.push_bind(expression.clone()).push(" AND rowid BETWEEN ").push_bind(*first).push(" AND ");
            sql.push_bind(*last).push(")");
        }
        QueryFilter::Feeds(ids) => {
            sql.push("+a.feed_id IN (SELECT value FROM json_each(").push_bind(json_ids(ids.iter().copied())).push("))");
        }
        QueryFilter::Categories(ids) => {
            sql.push("EXISTS (SELECT 1 FROM article_categories l WHERE l.article_id = a.id AND l.category_id IN (");
            sql.push("SELECT value FROM json_each(").push_bind(json_ids(ids.iter().copied())).push(")))");
        }
        QueryFilter::WithoutCategory => {
            sql.push("NOT EXISTS (SELECT 1 FROM article_categories l WHERE l.article_id = a.id)");
        }
        QueryFilter::Status(status) => drop(sql.push(status_condition(*status))),
        QueryFilter::Number(measure, range) => push_number(sql, *measure, *range),
        QueryFilter::Vote(Some(vote)) => {
            sql.push("EXISTS (SELECT 1 FROM votes v WHERE v.article_id = a.id AND v.vote = ").push_bind(vote.as_str());
            sql.push(")");
        }
        QueryFilter::Vote(None) => drop(sql.push("NOT EXISTS (SELECT 1 FROM votes v WHERE v.article_id = a.id)")),
        QueryFilter::Model(start) => {
            sql.push("EXISTS (SELECT 1 FROM model_runs r WHERE r.article_id = a.id AND ((");
            push_prefix(sql, "r.model", start);
            sql.push(") OR (r.model_digest IS NOT NULL AND ");
            push_prefix(sql, "r.model_digest", start);
            sql.push(")))");
        }
        QueryFilter::Prompt(start) => {
            sql.push("EXISTS (SELECT 1 FROM model_runs r WHERE r.article_id = a.id AND ");
            push_prefix(sql, "r.prompt_version", start);
            sql.push(")");
        }
        QueryFilter::Language(tag) => {
            sql.push("(EXISTS (SELECT 1 FROM article_details d WHERE d.article_id = a.id AND ");
            push_language(sql, tag);
            sql.push(") OR EXISTS (SELECT 1 FROM article_traits t WHERE t.article_id = a.id AND ");
            push_detected_language(sql, tag);
            sql.push("))");
        }
        QueryFilter::Has(kind) => drop(sql.push(attachment_condition(*kind))),
        QueryFilter::Time(kind, from, until) => push_time(sql, *kind, (*from, *until)),
    }
}

fn push_joined(sql: &mut QueryBuilder<Sqlite>, parts: &[QueryFilter], operator: &str, empty: &str) {
    sql.push("(");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            sql.push(operator);
        }
        push_condition(sql, part);
    }
    sql.push(if parts.is_empty() { empty } else { "" }).push(")");
}

const fn status_condition(status: ArticleStatus) -> &'static str {
    match status {
        ArticleStatus::Unread => "(+a.is_read = 0)",
        ArticleStatus::Read => "(+a.is_read = 1)",
        ArticleStatus::Starred => "(+a.is_starred = 1)",
        ArticleStatus::Unscored => "(+a.state = 'unscored')",
        ArticleStatus::Queued => "(+a.state IN ('queued', 'categorizing', 'scoring'))",
        ArticleStatus::Scored => "(a.composite IS NOT NULL)",
        ArticleStatus::Provisional => "(a.composite IS NULL AND a.provisional IS NOT NULL)",
        ArticleStatus::Blocked => "(+a.state = 'blocked')",
        ArticleStatus::Failed => "(+a.state = 'failed')",
        ArticleStatus::Suspicious => "EXISTS (SELECT 1 FROM article_suspicions u WHERE u.article_id = a.id)",
        ArticleStatus::Duplicate => "(+a.is_duplicate = 1)",
        ArticleStatus::Hidden => "(a.hidden_by_rule IS NOT NULL)",
        ArticleStatus::Updated => "(a.updated_at IS NOT NULL)",
    }
}

const fn attachment_condition(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => {
            "(EXISTS (SELECT 1 FROM article_traits t WHERE t.article_id = a.id AND t.has_image = 1)
              OR EXISTS (SELECT 1 FROM article_media m WHERE m.article_id = a.id AND m.kind IN ('image', 'thumbnail')))"
        }
        AttachmentKind::Audio => {
            "EXISTS (SELECT 1 FROM article_media m WHERE m.article_id = a.id AND m.kind = 'audio')"
        }
        AttachmentKind::Video => {
            "EXISTS (SELECT 1 FROM article_media m WHERE m.article_id = a.id AND m.kind = 'video')"
        }
        AttachmentKind::Enclosure => {
            "EXISTS (SELECT 1 FROM article_media m WHERE m.article_id = a.id AND m.kind <> 'thumbnail')"
        }
        AttachmentKind::FullText => {
            "EXISTS (SELECT 1 FROM article_full_texts p WHERE p.article_id = a.id AND p.html IS NOT NULL)"
        }
        AttachmentKind::Comments => {
            "EXISTS (SELECT 1 FROM article_details d WHERE d.article_id = a.id AND d.comments_url IS NOT NULL)"
        }
    }
}

fn push_number(sql: &mut QueryBuilder<Sqlite>, measure: Measure, range: NumberRange) {
    match measure {
        Measure::Score => {
            sql.push("coalesce(");
            push_range(sql, "coalesce(a.composite, a.provisional)", range);
            sql.push(", FALSE)");
        }
        // A score from before the article was blocked is not shown, and not found.
        Measure::Interest | Measure::Quality => {
            let column = if measure == Measure::Interest { "s.interest" } else { "s.quality" };
            sql.push("(a.composite IS NOT NULL AND EXISTS (SELECT 1 FROM scores s WHERE s.article_id = a.id AND ");
            push_range(sql, column, range);
            sql.push("))");
        }
        Measure::Words => {
            sql.push("EXISTS (SELECT 1 FROM article_traits t WHERE t.article_id = a.id AND ");
            push_range(sql, "t.words", range);
            sql.push(")");
        }
    }
}

/// Whether an expression is in a range.
pub(super) fn push_range(sql: &mut QueryBuilder<Sqlite>, value: &str, range: NumberRange) {
    sql.push("(TRUE");
    for (end, sign) in [(range.from, " >"), (range.to, " <")] {
        if let Some((number, is_closed)) = end {
            sql.push(" AND ").push(value).push(sign).push(if is_closed { "= " } else { " " }).push_bind(number);
        }
    }
    sql.push(")");
}

/// Whether a column begins with a text.
pub(super) fn push_prefix(sql: &mut QueryBuilder<Sqlite>, column: &str, start: &str) {
    sql.push(column).push(" >= ").push_bind(start.to_owned());
    sql.push(" AND ").push(column).push(" < ").push_bind(format!("{start}\u{10ffff}"));
}

/// Whether a tag (BCP 47) has this primary tag: `en` and `en-GB`, whatever the case. A full stop follows the hyphen.
pub(super) fn push_language(sql: &mut QueryBuilder<Sqlite>, tag: &str) {
    sql.push("d.language IS NOT NULL AND (d.language COLLATE NOCASE = ").push_bind(tag.to_owned());
    sql.push(" OR (d.language COLLATE NOCASE >= ").push_bind(format!("{tag}-"));
    sql.push(" AND d.language COLLATE NOCASE < ").push_bind(format!("{tag}.")).push("))");
}

/// Whether the text of `t` was detected to be in a language, and its publisher declares none.
pub(super) fn push_detected_language(sql: &mut QueryBuilder<Sqlite>, tag: &str) {
    sql.push("t.language = ").push_bind(tag.to_owned());
    sql.push(" AND NOT EXISTS (SELECT 1 FROM article_details o WHERE o.article_id = t.article_id AND o.language IS NOT NULL)");
}

/// The column of a time, and how many of its units a second has.
pub(super) const fn time_column(kind: TimeKind) -> (&'static str, i64) {
    match kind {
        TimeKind::Published => ("a.sorted_at", 1),
        TimeKind::Arrived => ("a.arrived_us", MICROS_PER_SECOND),
        TimeKind::Read => ("a.read_at", 1),
    }
}

fn push_time(sql: &mut QueryBuilder<Sqlite>, kind: TimeKind, (from, until): (Option<i64>, Option<i64>)) {
    let (column, unit) = time_column(kind);
    sql.push("(+").push(column).push(" IS NOT NULL");
    for (end, sign) in [(from, " >= "), (until, " < ")] {
        if let Some(seconds) = end {
            sql.push(" AND +").push(column).push(sign).push_bind(seconds.saturating_mul(unit));
        }
    }
    sql.push(")");
}
