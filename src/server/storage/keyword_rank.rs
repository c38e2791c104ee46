//! Ranking by words: what FTS5's bm25 says of articles that no model has scored, or only one that gives every article the same score.

use super::search;
use crate::domain::{
    ids::ArticleId,
    interests::{InterestKeywords, keyword_rank},
    words::Term,
};
use sqlx::{SqliteConnection, SqliteExecutor};
use std::{collections::HashMap, ops::RangeInclusive};

/// Maximum rows written in one transaction, which takes a few milliseconds.
pub const MAX_RANKS_PER_TRANSACTION: usize = 2_000;

/// The range of the ids of articles that are to be ranked by words and are not yet; `None` when there are none.
pub async fn find_unranked_id_range(db: impl SqliteExecutor<'_>) -> sqlx::Result<Option<RangeInclusive<i64>>> {
    let row = sqlx::query!(
        r#"SELECT (SELECT min(id) FROM articles WHERE (composite IS NULL OR is_flat = 1) AND provisional IS NULL) AS "first?: i64",
                  (SELECT max(id) FROM articles WHERE (composite IS NULL OR is_flat = 1) AND provisional IS NULL) AS "last?: i64""#
    )
    .fetch_one(db)
    .await?;
    Ok(row.first.zip(row.last).map(|(first, last)| first..=last))
}

/// The rank that `words` give to each article in `ids` that they rank, where it differs from the stored one. `None`: there
/// are no words, so there is no rank.
pub async fn compute_changed_ranks(
    db: &mut SqliteConnection,
    words: &InterestKeywords,
    ids: &RangeInclusive<i64>,
) -> sqlx::Result<Vec<(ArticleId, Option<f64>)>> {
    let wanted = bm25_scores(db, &words.wanted, ids).await?;
    let unwanted = bm25_scores(db, &words.unwanted, ids).await?;
    let strength = |of: &HashMap<i64, f64>, id| of.get(&id).copied().unwrap_or(0.0);
    let (first, last) = (ids.start(), ids.end());
    let unscored = sqlx::query!(
        "SELECT id, provisional FROM articles WHERE (composite IS NULL OR is_flat = 1) AND id BETWEEN ? AND ?",
        first,
        last,
    )
    .fetch_all(db)
    .await?;
    let rank = |id| (!words.is_empty()).then(|| keyword_rank(strength(&wanted, id), strength(&unwanted, id)));
    Ok(unscored
        .into_iter()
        .map(|row| (row, rank))
        .filter_map(|(row, rank)| {
            let new = rank(row.id);
            (new != row.provisional).then_some((ArticleId(row.id), new))
        })
        .collect())
}

/// Stores ranks.
pub async fn store_ranks(db: &mut SqliteConnection, ranks: &[(ArticleId, Option<f64>)]) -> sqlx::Result<()> {
    let rows: Vec<(i64, Option<f64>)> = ranks.iter().map(|(id, rank)| (id.0, *rank)).collect();
    let json = super::to_json(&rows)?;
    sqlx::query!(
        "UPDATE articles SET provisional = j.value ->> 1 FROM json_each(?) j WHERE articles.id = j.value ->> 0",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

/// bm25 with its sign inverted, so that more is better; a word in the title counts three times, one in capitals twice. FTS5 reads
/// the whole list of every word once for each query, to learn how rare it is, so one query covers many articles.
async fn bm25_scores(
    db: &mut SqliteConnection,
    words: &[Term],
    ids: &RangeInclusive<i64>,
) -> sqlx::Result<HashMap<i64, f64>> {
    let Some(query) = search::build_any_expression(words) else { return Ok(HashMap::new()) };
    let rows: Vec<(i64, f64)> = sqlx::query_as(
        "SELECT rowid, -bm25(articles_fts, 3.0, 1.0, 1.0, 2.0) FROM articles_fts WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?",
    )
    .bind(query)
    .bind(*ids.start())
    .bind(*ids.end())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().collect())
}
