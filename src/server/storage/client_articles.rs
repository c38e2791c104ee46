//! Which articles other readers get (docs/spec/client-apis.md "Lists"): found by conditions and in an order, blocked ones left out.
//!
//! A list is a scan of one index, chosen by the condition that narrows it most; the other conditions are checked for each row.

use super::lists::push_category_subtree;
use crate::domain::{
    ids::{ArticleId, CategoryId, FeedId, FolderId},
    score::ScoreTier,
    time::Timestamp,
    vote::Vote,
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

/// A condition on an article.
#[derive(Clone, Debug, PartialEq)]
pub enum ArticleCondition {
    /// It is of this feed.
    Feed(FeedId),
    /// Its feed is in this folder.
    Folder(FolderId),
    /// Its feed is in no folder.
    NoFolder,
    /// It has this category or a child of it.
    Topic(CategoryId),
    /// It is scored, and its composite is of this tier.
    Scored(ScoreTier),
    /// The reader voted so.
    Voted(Vote),
    /// It was read.
    Read,
    /// It is starred.
    Starred,
    /// It arrived at this microsecond or later.
    ArrivedFrom(i64),
    /// It arrived at this microsecond or before.
    ArrivedUntil(i64),
    /// Its last score was given before this second.
    ScoredBefore(Timestamp),
    /// Its last score was given in this second or later.
    ScoredFrom(Timestamp),
    /// It has no score, and arrived at this microsecond or later.
    UnscoredFrom(i64),
    /// Its categories were given before this second.
    CategorizedBefore(Timestamp),
    /// No model answered about it in this second or later.
    NotJudgedFrom(Timestamp),
    /// The publisher did not edit it in this second or later.
    NotEditedFrom(Timestamp),
    /// It is dated (publication, else arrival) at this time or later.
    DatedFrom(Timestamp),
    /// It is dated at this time or before.
    DatedUntil(Timestamp),
    /// It arrived or was edited at this time or later.
    ChangedFrom(Timestamp),
    /// It arrived or was edited last at this time or before.
    ChangedUntil(Timestamp),
    /// Its id is greater.
    IdAbove(ArticleId),
    /// Its id is smaller.
    IdBelow(ArticleId),
    /// Its id is among these.
    IdIn(Vec<ArticleId>),
    /// Its text holds the words of an FTS5 expression ([`super::search::build_words_expression`]).
    Matches(String),
    /// Its composite is at least `score`; without a score, it arrived at `unscored_until` (microseconds) or before.
    Worth {
        /// The lowest composite.
        score: f64,
        /// The last moment of arrival of articles without a score.
        unscored_until: i64,
    },
    /// The condition does not hold.
    Not(Box<Self>),
    /// One of the conditions holds.
    Any(Vec<Self>),
}

impl ArticleCondition {
    /// The condition that holds where this one does not.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    fn is_unread(&self) -> bool {
        matches!(self, Self::Not(inner) if **inner == Self::Read)
    }

    fn depends_on_marks(&self) -> bool {
        match self {
            Self::Read | Self::Starred | Self::Voted(_) => true,
            Self::Not(inner) => inner.depends_on_marks(),
            Self::Any(choices) => choices.iter().any(Self::depends_on_marks),
            _ => false,
        }
    }

    /// Whether few articles meet it, which are found without a scan of all of them.
    const fn is_selective(&self) -> bool {
        matches!(self, Self::IdIn(_) | Self::Voted(_) | Self::Matches(_))
    }
}

/// What a list is sorted by; the id breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClientOrder {
    /// The moment of arrival.
    #[default]
    Arrival,
    /// The id.
    Id,
    /// Publication, else arrival.
    Date,
    /// Arrival or the last edit.
    Change,
    /// Unread first.
    Status,
    /// The title.
    Title,
    /// The author.
    Author,
    /// The name of the folder.
    FolderName,
    /// The id of the folder.
    FolderId,
}

impl ClientOrder {
    /// All orders.
    pub const ALL: [Self; 9] = [
        Self::Arrival,
        Self::Id,
        Self::Date,
        Self::Change,
        Self::Status,
        Self::Title,
        Self::Author,
        Self::FolderName,
        Self::FolderId,
    ];
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientQuery {
    /// All of them hold.
    pub conditions: Vec<ArticleCondition>,
    /// The order.
    pub order: ClientOrder,
    /// From the end of the order to its start.
    pub is_descending: bool,
    /// How many at most.
    pub limit: i64,
    /// How many to leave out before.
    pub offset: i64,
}

impl ClientQuery {
    /// Whether marks that a reader sets move articles within the list, or in and out of it.
    pub fn depends_on_marks(&self) -> bool {
        self.order == ClientOrder::Status || self.conditions.iter().any(ArticleCondition::depends_on_marks)
    }
}

/// An article of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticleKey {
    /// The article.
    pub id: ArticleId,
    /// When it arrived, in microseconds since the Unix epoch; no two articles have the same.
    pub arrived_us: i64,
}

/// The keys of part of a list, in its order.
pub async fn find_keys(db: &mut SqliteConnection, find: &ClientQuery) -> sqlx::Result<Vec<ArticleKey>> {
    let mut query = build_select(find, "");
    let rows: Vec<(i64, i64)> = query.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(|(id, arrived_us)| ArticleKey { id: ArticleId(id), arrived_us }).collect())
}

/// How many articles meet all conditions.
pub async fn count(db: &mut SqliteConnection, conditions: &[ArticleCondition]) -> sqlx::Result<i64> {
    let mut sql = QueryBuilder::new("SELECT count(*) FROM articles a");
    push_index(&mut sql, choose_index(conditions, ClientOrder::Arrival));
    push_conditions(&mut sql, conditions);
    sql.build_query_scalar().fetch_one(db).await
}

/// How many articles each feed has that meet all conditions; feeds without any are left out.
pub async fn count_by_feed(
    db: &mut SqliteConnection,
    conditions: &[ArticleCondition],
) -> sqlx::Result<Vec<(FeedId, i64)>> {
    let mut sql = QueryBuilder::new("SELECT a.feed_id, count(*) FROM articles a");
    push_index(&mut sql, choose_index(conditions, ClientOrder::Arrival));
    push_conditions(&mut sql, conditions);
    sql.push(" GROUP BY a.feed_id");
    let rows: Vec<(i64, i64)> = sql.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(|(feed, count)| (FeedId(feed), count)).collect())
}

/// The unread articles that fulfill all conditions, as one JSON array: a row each would cross threads.
pub async fn find_unread_ids(db: &SqlitePool, conditions: &[ArticleCondition]) -> sqlx::Result<Vec<ArticleId>> {
    let mut all = conditions.to_vec();
    all.push(ArticleCondition::Read.negated());
    let mut sql = QueryBuilder::new("SELECT json_group_array(a.id) FROM articles a");
    push_index(&mut sql, choose_index(&all, ClientOrder::Arrival));
    push_conditions(&mut sql, &all);
    let ids: String = sql.build_query_scalar().fetch_one(db).await?;
    let ids: Vec<i64> = super::from_json(&ids)?;
    Ok(ids.into_iter().map(ArticleId).collect())
}

/// How the articles are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientIndex {
    /// Along an index.
    Along(&'static str),
    /// In the order of ids, or from a few ids.
    ById,
}

fn choose_index(conditions: &[ArticleCondition], order: ClientOrder) -> ClientIndex {
    let has = |is: fn(&ArticleCondition) -> bool| conditions.iter().any(is);
    if has(ArticleCondition::is_selective) {
        return ClientIndex::ById;
    }
    let is_feed = has(|c| matches!(c, ArticleCondition::Feed(_)));
    let (is_unread, is_starred) = (has(ArticleCondition::is_unread), has(|c| *c == ArticleCondition::Starred));
    ClientIndex::Along(match (order, is_feed, is_starred, is_unread) {
        (ClientOrder::Date, true, ..) => "articles_feed_date",
        (_, true, ..) => "articles_feed_arrival",
        (_, _, true, _) => "articles_starred_arrival",
        (ClientOrder::Date, _, _, true) => "articles_unread_date",
        (ClientOrder::Date, ..) => "articles_all_date",
        (ClientOrder::Id, ..) => return ClientIndex::ById,
        (_, _, _, true) => "articles_unread_arrival",
        _ => "articles_by_arrival",
    })
}

/// The statement; `prefix` is for EXPLAIN.
fn build_select(find: &ClientQuery, prefix: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(prefix);
    sql.push("SELECT a.id, a.arrived_us FROM articles a");
    push_index(&mut sql, choose_index(&find.conditions, find.order));
    push_conditions(&mut sql, &find.conditions);
    let direction = if find.is_descending { " DESC" } else { "" };
    let key = match find.order {
        ClientOrder::Arrival => "a.arrived_us",
        ClientOrder::Id => "a.id",
        ClientOrder::Date => "a.sorted_at",
        ClientOrder::Change => "max(a.fetched_at, coalesce(a.updated_at, 0))",
        ClientOrder::Status => "a.is_read",
        ClientOrder::Title => "a.title COLLATE NOCASE",
        ClientOrder::Author => "coalesce(a.author, '') COLLATE NOCASE",
        ClientOrder::FolderName => {
            "(SELECT d.name FROM feeds f JOIN folders d ON d.id = f.folder_id WHERE f.id = a.feed_id) COLLATE NOCASE"
        }
        ClientOrder::FolderId => "(SELECT coalesce(f.folder_id, 0) FROM feeds f WHERE f.id = a.feed_id)",
    };
    sql.push(" ORDER BY ").push(key).push(direction);
    if !matches!(find.order, ClientOrder::Arrival | ClientOrder::Id) {
        sql.push(", a.id").push(direction);
    }
    sql.push(" LIMIT ").push_bind(find.limit).push(" OFFSET ").push_bind(find.offset);
    sql
}

fn push_index(sql: &mut QueryBuilder<Sqlite>, index: ClientIndex) {
    match index {
        ClientIndex::Along(name) => sql.push(" INDEXED BY ").push(name),
        ClientIndex::ById => sql.push(" NOT INDEXED"),
    };
}

fn push_conditions(sql: &mut QueryBuilder<Sqlite>, conditions: &[ArticleCondition]) {
    // Word for word the condition of the partial indexes.
    sql.push(" WHERE a.state <> 'blocked' AND a.is_hidden = 0");
    for condition in conditions {
        sql.push(" AND ");
        push_condition(sql, condition);
    }
}

fn push_condition(sql: &mut QueryBuilder<Sqlite>, condition: &ArticleCondition) {
    match condition {
        ArticleCondition::Feed(id) => sql.push("a.feed_id = ").push_bind(id.0),
        ArticleCondition::Folder(id) => {
            sql.push("a.feed_id IN (SELECT id FROM feeds WHERE folder_id = ").push_bind(id.0).push(")")
        }
        ArticleCondition::NoFolder => sql.push("a.feed_id IN (SELECT id FROM feeds WHERE folder_id IS NULL)"),
        ArticleCondition::Topic(id) => {
            sql.push("a.id IN (SELECT article_id FROM article_categories WHERE category_id IN (");
            push_category_subtree(sql, id.0);
            sql.push("))")
        }
        ArticleCondition::Scored(tier) => {
            let (from, below) = tier.range();
            sql.push("(a.state = 'scored' AND a.composite >= ").push_bind(from);
            sql.push(" AND a.composite < ").push_bind(below).push(")")
        }
        ArticleCondition::Voted(vote) => {
            sql.push("a.id IN (SELECT article_id FROM votes WHERE vote = ").push_bind(vote.as_str()).push(")")
        }
        ArticleCondition::Read => sql.push("a.is_read = 1"),
        ArticleCondition::Starred => sql.push("a.is_starred = 1"),
        ArticleCondition::ArrivedFrom(us) => sql.push("a.arrived_us >= ").push_bind(*us),
        ArticleCondition::ArrivedUntil(us) => sql.push("a.arrived_us <= ").push_bind(*us),
        ArticleCondition::ScoredBefore(at) => sql
            .push("EXISTS (SELECT 1 FROM scores s WHERE s.article_id = a.id AND s.scored_at < ")
            .push_bind(at.0)
            .push(")"),
        ArticleCondition::ScoredFrom(at) => sql
            .push("EXISTS (SELECT 1 FROM scores s WHERE s.article_id = a.id AND s.scored_at >= ")
            .push_bind(at.0)
            .push(")"),
        ArticleCondition::UnscoredFrom(us) => {
            sql.push("(a.composite IS NULL AND a.arrived_us >= ").push_bind(*us).push(")")
        }
        ArticleCondition::CategorizedBefore(at) => sql
            .push("EXISTS (SELECT 1 FROM model_runs r WHERE r.article_id = a.id AND r.step = 'categorize' AND r.at < ")
            .push_bind(at.0)
            .push(")"),
        ArticleCondition::NotJudgedFrom(at) => sql
            .push("NOT EXISTS (SELECT 1 FROM model_runs r WHERE r.article_id = a.id AND r.at >= ")
            .push_bind(at.0)
            .push(")"),
        ArticleCondition::NotEditedFrom(at) => sql.push("coalesce(a.updated_at, 0) < ").push_bind(at.0),
        ArticleCondition::DatedFrom(at) => sql.push("a.sorted_at >= ").push_bind(at.0),
        ArticleCondition::DatedUntil(at) => sql.push("a.sorted_at <= ").push_bind(at.0),
        ArticleCondition::ChangedFrom(at) => {
            sql.push("max(a.fetched_at, coalesce(a.updated_at, 0)) >= ").push_bind(at.0)
        }
        ArticleCondition::ChangedUntil(at) => {
            sql.push("max(a.fetched_at, coalesce(a.updated_at, 0)) <= ").push_bind(at.0)
        }
        ArticleCondition::IdAbove(id) => sql.push("a.id > ").push_bind(id.0),
        ArticleCondition::IdBelow(id) => sql.push("a.id < ").push_bind(id.0),
        ArticleCondition::IdIn(ids) => sql
            .push("a.id IN (SELECT value FROM json_each(")
            .push_bind(super::json_ids(ids.iter().map(|id| id.0)))
            .push("))"),
        ArticleCondition::Matches(words) => sql
            .push("a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ")
            .push_bind(words.clone())
            .push(")"),
        ArticleCondition::Worth { score, unscored_until } => {
            sql.push("(a.composite >= ").push_bind(*score).push(" OR (a.composite IS NULL AND a.arrived_us <= ");
            sql.push_bind(*unscored_until).push("))")
        }
        ArticleCondition::Not(inner) => match &**inner {
            // Word for word the condition of the partial index.
            ArticleCondition::Read => sql.push("a.is_read = 0"),
            inner => {
                sql.push("NOT (");
                push_condition(sql, inner);
                sql.push(")")
            }
        },
        ArticleCondition::Any(choices) => {
            sql.push("(FALSE");
            for choice in choices {
                sql.push(" OR ");
                push_condition(sql, choice);
            }
            sql.push(")")
        }
    };
}

#[cfg(test)]
#[path = "client_articles_tests.rs"]
mod tests;
