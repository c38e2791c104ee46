//! Makes a filter of the typed tree: names become ids, words become FTS5 expressions, times become seconds.

use super::filter::QueryFilter;
use crate::{
    domain::{
        article::ArticleScope,
        query::{
            ConditionKind, Measure, NameMatch, NumberRange, ParsedQuery, QueryExpr, QueryProblem, QuerySpan, TextPart,
        },
        time::Timestamp,
    },
    server::storage::search::{build_column_term, build_term},
};
use sqlx::{SqliteConnection, query};

/// Half of the last digit with which scores are shown.
const SCORE_ROUNDING: f64 = 0.05;

/// A filter, and the problems with its names.
#[derive(Clone, Debug, Default)]
pub struct ResolvedQuery {
    /// `None`: there is no condition.
    pub filter: Option<QueryFilter>,
    /// Names of feeds, folders and categories that do not exist.
    pub problems: Vec<QueryProblem>,
}

/// A feed, a folder or a category with what it is known by.
struct NamedRow {
    id: i64,
    names: Vec<String>,
    /// The folder of a feed, the parent of a category.
    group: Option<i64>,
}

/// What names are looked up in.
#[derive(Default)]
struct Names {
    feeds: Vec<NamedRow>,
    folders: Vec<NamedRow>,
    categories: Vec<NamedRow>,
}

/// Makes one filter of a query and a scope; looks up their names.
pub async fn resolve(
    db: &mut SqliteConnection,
    parsed: &ParsedQuery,
    scope: ArticleScope,
    now: Timestamp,
) -> sqlx::Result<ResolvedQuery> {
    let has_names = parsed.expr.as_ref().is_some_and(has_names);
    let is_grouped = matches!(scope, ArticleScope::Folder(_) | ArticleScope::Category(_));
    let names = if has_names || is_grouped { load_names(db).await? } else { Names::default() };
    let mut resolver = NameResolver { names, now, problems: Vec::new() };
    let mut parts = Vec::new();
    match scope {
        ArticleScope::All => {}
        ArticleScope::Feed(id) => parts.push(QueryFilter::Feeds(vec![id.0])),
        ArticleScope::Folder(id) => parts.push(resolver.feeds_of(|folder| folder == Some(id.0))),
        ArticleScope::Category(id) => {
            let ids = resolver.names.categories.iter().filter(|c| c.id == id.0 || c.group == Some(id.0));
            parts.push(QueryFilter::Categories(ids.map(|category| category.id).collect()));
        }
    }
    parts.extend(parsed.expr.as_ref().map(|expr| resolver.expr(expr)));
    let filter = if parts.len() > 1 { Some(merge_words(parts)) } else { parts.pop() };
    Ok(ResolvedQuery { filter, problems: resolver.problems })
}

fn has_names(expr: &QueryExpr) -> bool {
    match expr {
        QueryExpr::All(parts) | QueryExpr::Any(parts) => parts.iter().any(has_names),
        QueryExpr::Not(part) => has_names(part),
        QueryExpr::Is(condition) => {
            matches!(
                condition.kind,
                ConditionKind::Feed(_) | ConditionKind::Folder(_) | ConditionKind::Category(Some(_))
            )
        }
    }
}

async fn load_names(db: &mut SqliteConnection) -> sqlx::Result<Names> {
    let feeds = query!(
        r#"SELECT id AS "id!", coalesce(nullif(custom_title, ''), nullif(title, ''), url) AS "title!: String", folder_id FROM feeds"#
    )
    .map(|r| NamedRow { id: r.id, names: vec![r.title], group: r.folder_id })
    .fetch_all(&mut *db)
    .await?;
    let folders = query!(r#"SELECT id AS "id!", name FROM folders"#)
        .map(|r| NamedRow { id: r.id, names: vec![r.name], group: None })
        .fetch_all(&mut *db)
        .await?;
    let categories = query!(r#"SELECT id AS "id!", name, slug, parent_id FROM categories"#)
        .map(|r| NamedRow { id: r.id, names: vec![r.name, r.slug], group: r.parent_id })
        .fetch_all(db)
        .await?;
    Ok(Names { feeds, folders, categories })
}

struct NameResolver {
    names: Names,
    now: Timestamp,
    problems: Vec<QueryProblem>,
}

impl NameResolver {
    fn expr(&mut self, expr: &QueryExpr) -> QueryFilter {
        match expr {
            QueryExpr::All(parts) => merge_words(parts.iter().map(|part| self.expr(part)).collect()),
            QueryExpr::Any(parts) => QueryFilter::Any(parts.iter().map(|part| self.expr(part)).collect()),
            QueryExpr::Not(part) => QueryFilter::Not(Box::new(self.expr(part))),
            QueryExpr::Is(condition) => self.condition(&condition.kind, condition.span),
        }
    }

    fn condition(&mut self, kind: &ConditionKind, span: QuerySpan) -> QueryFilter {
        match kind {
            ConditionKind::Words(TextPart::Anywhere, term) => QueryFilter::Match(build_term(term)),
            ConditionKind::Words(TextPart::Title, term) => QueryFilter::Match(build_column_term("title", term)),
            ConditionKind::Words(TextPart::Body, term) => QueryFilter::Match(build_column_term("body", term)),
            ConditionKind::Words(TextPart::Author, term) => QueryFilter::Match(build_column_term("author", term)),
            ConditionKind::Words(TextPart::Link, term) => QueryFilter::MatchLink(build_term(term)),
            ConditionKind::Feed(name) => {
                let ids = find(&self.names.feeds, name);
                self.check(&ids, "feed", name, span);
                QueryFilter::Feeds(ids)
            }
            ConditionKind::Folder(name) => {
                let ids = find(&self.names.folders, name);
                self.check(&ids, "folder", name, span);
                self.feeds_of(|folder| folder.is_some_and(|folder| ids.contains(&folder)))
            }
            ConditionKind::Category(None) => QueryFilter::WithoutCategory,
            ConditionKind::Category(Some(name)) => {
                let ids = find(&self.names.categories, name);
                self.check(&ids, "category", name, span);
                let is_below = |row: &&NamedRow| row.group.is_some_and(|parent| ids.contains(&parent));
                let children = self.names.categories.iter().filter(is_below).map(|row| row.id);
                QueryFilter::Categories(ids.iter().copied().chain(children.filter(|id| !ids.contains(id))).collect())
            }
            ConditionKind::Status(status) => QueryFilter::Status(*status),
            ConditionKind::Number(measure, range) => QueryFilter::Number(*measure, widen(*measure, *range)),
            ConditionKind::Vote(vote) => QueryFilter::Vote(*vote),
            ConditionKind::Model(start) => QueryFilter::Model(start.clone()),
            ConditionKind::Prompt(start) => QueryFilter::Prompt(start.clone()),
            ConditionKind::Language(tag) => QueryFilter::Language(tag.clone()),
            ConditionKind::Has(kind) => QueryFilter::Has(*kind),
            ConditionKind::Time(kind, range) => {
                let resolve =
                    |point: Option<crate::domain::query::TimePoint>| point.map(|point| point.resolve(self.now));
                QueryFilter::Time(*kind, resolve(range.from), resolve(range.until))
            }
        }
    }

    fn feeds_of(&self, is_wanted: impl Fn(Option<i64>) -> bool) -> QueryFilter {
        let feeds = self.names.feeds.iter().filter(|feed| is_wanted(feed.group));
        QueryFilter::Feeds(feeds.map(|feed| feed.id).collect())
    }

    fn check(&mut self, ids: &[i64], noun: &str, name: &NameMatch, span: QuerySpan) {
        if !ids.is_empty() {
            return;
        }
        let at = span.position();
        let message = match name {
            NameMatch::Id(id) => format!("There is no {noun} with the id {id} (position {at})."),
            NameMatch::Name(name) => format!("There is no {noun} called “{name}” (position {at})."),
            NameMatch::Prefix(start) => format!("There is no {noun} whose name begins with “{start}” (position {at})."),
        };
        self.problems.push(QueryProblem { span, message });
    }
}

fn find(rows: &[NamedRow], name: &NameMatch) -> Vec<i64> {
    let is_match = |row: &&NamedRow| name.matches(row.id, &row.names.iter().map(String::as_str).collect::<Vec<_>>());
    rows.iter().filter(is_match).map(|row| row.id).collect()
}

/// Widens a single score to all scores that are shown as it.
fn widen(measure: Measure, range: NumberRange) -> NumberRange {
    match (measure, range.from, range.to) {
        (Measure::Score, Some((from, true)), Some((to, true))) if from.total_cmp(&to).is_eq() => {
            NumberRange { from: Some((from - SCORE_ROUNDING, true)), to: Some((to + SCORE_ROUNDING, false)) }
        }
        _ => range,
    }
}

/// One expression of all words that are required and excluded, so that the index is searched once.
fn merge_words(parts: Vec<QueryFilter>) -> QueryFilter {
    let (mut required, mut excluded, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match part {
            QueryFilter::Match(expression) => required.push(format!("({expression})")),
            QueryFilter::All(parts) => others.extend(parts),
            QueryFilter::Not(part) => match *part {
                QueryFilter::Match(expression) => excluded.push(format!("({expression})")),
                other => others.push(QueryFilter::Not(Box::new(other))),
            },
            other => others.push(other),
        }
    }
    if required.is_empty() {
        others.extend(excluded.into_iter().map(|words| QueryFilter::Not(Box::new(QueryFilter::Match(words)))));
    } else {
        let words = required.join(" AND ");
        let words = if excluded.is_empty() { words } else { format!("({words}) NOT ({})", excluded.join(" OR ")) };
        others.insert(0, QueryFilter::Match(words));
    }
    match (others.len(), others.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            others.extend(last);
            QueryFilter::All(others)
        }
    }
}
