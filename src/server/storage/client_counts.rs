//! Numbers of unread articles for other readers: from kept counters, for score bands from an index of their own.

use crate::domain::{
    ids::{CategoryId, FeedId},
    score::ScoreTier,
};
use sqlx::{SqliteConnection, query, query_scalar};

/// How many articles of something are unread, and when the last one arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct UnreadCount {
    /// Number of unread articles.
    pub unread: i64,
    /// The last arrival, in microseconds since the Unix epoch; 0 without articles.
    pub newest_us: i64,
}

/// The counts of every feed; `newest_us` is that of all its articles, read ones too.
pub async fn by_feed(db: &mut SqliteConnection) -> sqlx::Result<Vec<(FeedId, UnreadCount)>> {
    query!(
        r#"SELECT c.feed_id AS "feed_id!", c.unread,
                  coalesce((SELECT max(a.arrived_us) FROM articles a WHERE a.feed_id = c.feed_id), 0) AS "newest!: i64"
           FROM feed_counts c"#
    )
    .map(|r| (FeedId(r.feed_id), UnreadCount { unread: r.unread, newest_us: r.newest }))
    .fetch_all(db)
    .await
}

/// The unread articles of a score band.
pub async fn of_tier(db: &mut SqliteConnection, tier: ScoreTier) -> sqlx::Result<UnreadCount> {
    let (from, below) = tier.range();
    query!(
        r#"SELECT count(*) AS "unread!: i64", coalesce(max(arrived_us), 0) AS "newest!: i64"
           FROM articles INDEXED BY articles_unread_scored
           WHERE is_read = 0 AND state = 'scored' AND is_hidden = 0 AND composite >= ? AND composite < ?"#,
        from,
        below
    )
    .map(|r| UnreadCount { unread: r.unread, newest_us: r.newest })
    .fetch_one(db)
    .await
}

/// The reader's votes of one kind on unread articles.
pub async fn of_vote(db: &mut SqliteConnection, vote: &str) -> sqlx::Result<i64> {
    query_scalar!(
        r#"SELECT count(*) AS "unread!: i64" FROM votes v CROSS JOIN articles a ON a.id = v.article_id
           WHERE v.vote = ? AND a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0"#,
        vote
    )
    .fetch_one(db)
    .await
}

/// Unread articles of every category that has any, those of its children included.
pub async fn by_category(db: &mut SqliteConnection) -> sqlx::Result<Vec<(CategoryId, i64)>> {
    query!(r#"SELECT category_id AS "category_id!", unread FROM category_counts WHERE unread > 0"#)
        .map(|r| (CategoryId(r.category_id), r.unread))
        .fetch_all(db)
        .await
}
