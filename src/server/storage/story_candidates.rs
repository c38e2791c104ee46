//! Which stored articles may be the same story as those that were just written: looked up by the keys of their signatures, among the
//! articles of the last five days.

use super::stories;
use crate::domain::{
    ids::{ArticleId, FeedId},
    story::STORY_WINDOW_SECONDS,
    story_signature::{StorySignature, StorySimilarity},
    time::Timestamp,
};
use serde::Serialize;
use sqlx::{SqliteConnection, query, query_scalar};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

/// Articles that are looked at for one key: the newest. A phrase of a template is in many articles and tells little.
const MAX_ARTICLES_PER_KEY: i64 = 6;
/// Articles that one is compared with: those that share most keys with it.
const MAX_COMPARED_ARTICLES: usize = 12;
/// Articles that are forgotten in one transaction.
const MAX_FORGOTTEN_ARTICLES: i64 = 200;

/// An article that was just written.
struct WrittenArticle<'a> {
    id: ArticleId,
    signature: &'a StorySignature,
    sorted_at: i64,
    story: Option<i64>,
}

/// A stored article of another feed that may be the same story.
struct Candidate {
    sorted_at: i64,
    signature: StorySignature,
}

#[derive(Serialize)]
struct CandidateRow {
    id: i64,
    sorted_at: i64,
    signature: String,
    keys: String,
}

/// Compares articles of a feed that were just written with those of other feeds. Those that tell a story of the last five days join it;
/// an edited one that no longer tells its story leaves it.
pub(super) async fn compare(
    db: &mut SqliteConnection,
    feed: FeedId,
    articles: &[(ArticleId, &StorySignature)],
    now: Timestamp,
) -> sqlx::Result<()> {
    let since = now.0 - STORY_WINDOW_SECONDS;
    forget(&mut *db, since).await?;
    let written = load_written(&mut *db, articles, since).await?;
    if written.is_empty() {
        return Ok(());
    }
    store(&mut *db, &written).await?;
    let vague_links = find_vague_links(&mut *db, feed, &written).await?;
    let alike = find_alike(&mut *db, &written).await?;
    let candidates = load_candidates(&mut *db, feed, alike.values().flatten().copied()).await?;
    for article in &written {
        let link_identifies = !vague_links.contains(&article.id.0);
        let story = match article.story {
            Some(story) if is_out_of_place(&mut *db, feed, article, story, link_identifies).await? => {
                stories::leave(&mut *db, article.id, story).await?;
                None
            }
            story => story,
        };
        if story.is_none() {
            let others = alike.get(&article.id.0).into_iter().flatten();
            let others: Vec<(i64, &Candidate)> = others.filter_map(|id| Some((*id, candidates.get(id)?))).collect();
            join_best(&mut *db, feed, article, &others, link_identifies).await?;
        }
    }
    Ok(())
}

/// Forgets articles that are too old to be compared with.
async fn forget(db: &mut SqliteConnection, since: i64) -> sqlx::Result<()> {
    query!(
        "DELETE FROM story_candidates WHERE article_id IN
            (SELECT article_id FROM story_candidates WHERE sorted_at < ? ORDER BY sorted_at LIMIT ?)",
        since,
        MAX_FORGOTTEN_ARTICLES
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The articles that are young enough and have keys.
async fn load_written<'a>(
    db: &mut SqliteConnection,
    articles: &[(ArticleId, &'a StorySignature)],
    since: i64,
) -> sqlx::Result<Vec<WrittenArticle<'a>>> {
    let with_keys = articles.iter().filter(|(_, signature)| !signature.keys().is_empty());
    let signatures: HashMap<i64, &StorySignature> = with_keys.map(|(id, signature)| (id.0, *signature)).collect();
    if signatures.is_empty() {
        return Ok(Vec::new());
    }
    let ids = super::json_ids(signatures.keys().copied());
    let rows = query!(
        r#"SELECT id AS "id!", sorted_at, story_id FROM articles
           WHERE id IN (SELECT value FROM json_each(?1)) AND sorted_at >= ?2 ORDER BY id"#,
        ids,
        since
    )
    .fetch_all(db)
    .await?;
    let written = rows.into_iter().filter_map(|row| {
        let signature = signatures.get(&row.id)?;
        Some(WrittenArticle { id: ArticleId(row.id), signature, sorted_at: row.sorted_at, story: row.story_id })
    });
    Ok(written.collect())
}

async fn store(db: &mut SqliteConnection, written: &[WrittenArticle<'_>]) -> sqlx::Result<()> {
    let ids = super::json_ids(written.iter().map(|article| article.id.0));
    query!("DELETE FROM story_candidates WHERE article_id IN (SELECT value FROM json_each(?))", ids)
        .execute(&mut *db)
        .await?;
    let rows: Vec<CandidateRow> = written
        .iter()
        .map(|article| CandidateRow {
            id: article.id.0,
            sorted_at: article.sorted_at,
            signature: hex::encode(article.signature.to_bytes()),
            keys: super::json_ids(article.signature.keys().iter().copied()),
        })
        .collect();
    let rows = super::to_json(&rows)?;
    query!(
        "INSERT INTO story_candidates (article_id, sorted_at, signature, keys)
         SELECT e.value ->> 'id', e.value ->> 'sorted_at', unhex(e.value ->> 'signature'), e.value ->> 'keys' FROM json_each(?) e",
        rows
    )
    .execute(&mut *db)
    .await?;
    let keys = keys_json(written)?;
    query!("INSERT INTO story_keys (key, article_id) SELECT w.value ->> 1, w.value ->> 0 FROM json_each(?) w", keys)
        .execute(db)
        .await?;
    Ok(())
}

/// Pairs of an article and one of its keys, as a JSON array.
fn keys_json(written: &[WrittenArticle<'_>]) -> sqlx::Result<String> {
    let keys: Vec<(i64, i64)> =
        written.iter().flat_map(|article| article.signature.keys().iter().map(|key| (article.id.0, *key))).collect();
    super::to_json(&keys)
}

/// For each written article those that have most keys in common with it.
async fn find_alike(db: &mut SqliteConnection, written: &[WrittenArticle<'_>]) -> sqlx::Result<HashMap<i64, Vec<i64>>> {
    let keys = keys_json(written)?;
    let found = query!(
        r#"SELECT w.value ->> 0 AS "written!: i64", k.article_id AS "other!"
           FROM json_each(?1) w CROSS JOIN story_keys k ON k.key = w.value ->> 1
                AND k.article_id >= coalesce((SELECT n.article_id FROM story_keys n WHERE n.key = w.value ->> 1
                                              ORDER BY n.article_id DESC LIMIT 1 OFFSET ?2), 0)
           WHERE k.article_id <> w.value ->> 0"#,
        keys,
        MAX_ARTICLES_PER_KEY
    )
    .fetch_all(db)
    .await?;
    let mut counts: HashMap<i64, HashMap<i64, usize>> = HashMap::new();
    for row in found {
        *counts.entry(row.written).or_default().entry(row.other).or_default() += 1;
    }
    let most_alike = counts.into_iter().map(|(written, others)| {
        let mut others: Vec<(i64, usize)> = others.into_iter().collect();
        others.sort_unstable_by_key(|(id, count)| (Reverse(*count), Reverse(*id)));
        (written, others.into_iter().take(MAX_COMPARED_ARTICLES).map(|(id, _)| id).collect())
    });
    Ok(most_alike.collect())
}

/// The written articles whose address stands for several articles of one feed, such as that of a show for its episodes.
async fn find_vague_links(
    db: &mut SqliteConnection,
    feed: FeedId,
    written: &[WrittenArticle<'_>],
) -> sqlx::Result<HashSet<i64>> {
    let links: Vec<(i64, i64)> =
        written.iter().filter_map(|article| Some((article.id.0, article.signature.link_key()?))).collect();
    let links = super::to_json(&links)?;
    let vague = query_scalar!(
        r#"SELECT w.value ->> 0 AS "written!: i64" FROM json_each(?1) w
           WHERE EXISTS (SELECT 1 FROM story_keys k CROSS JOIN articles a ON a.id = k.article_id
                         WHERE k.key = w.value ->> 1 AND k.article_id <> w.value ->> 0
                         GROUP BY a.feed_id HAVING a.feed_id = ?2 OR count(*) > 1)"#,
        links,
        feed.0
    )
    .fetch_all(db)
    .await?;
    Ok(vague.into_iter().collect())
}

/// Joins the story of the most similar of the others that tell the same.
async fn join_best(
    db: &mut SqliteConnection,
    feed: FeedId,
    article: &WrittenArticle<'_>,
    others: &[(i64, &Candidate)],
    link_identifies: bool,
) -> sqlx::Result<()> {
    let mut same: Vec<(i64, StorySimilarity)> = others
        .iter()
        .filter(|(_, other)| other.sorted_at.abs_diff(article.sorted_at) <= STORY_WINDOW_SECONDS.unsigned_abs())
        .map(|(id, other)| (*id, compare_signatures(article, other, link_identifies)))
        .filter(|(_, similarity)| similarity.is_same_story())
        .collect();
    same.sort_by(|(a_id, a), (b_id, b)| {
        let by_text = b.jaccard.total_cmp(&a.jaccard);
        b.is_same_link.cmp(&a.is_same_link).then(by_text).then(a_id.cmp(b_id))
    });
    for (other, _) in same {
        if stories::join(&mut *db, article.id, feed, ArticleId(other)).await? {
            return Ok(());
        }
    }
    Ok(())
}

fn compare_signatures(article: &WrittenArticle<'_>, other: &Candidate, link_identifies: bool) -> StorySimilarity {
    let mut similarity = article.signature.similarity(&other.signature);
    similarity.is_same_link &= link_identifies;
    similarity
}

/// Whether an edited article tells none of what the others of its story do, as far as those are still known.
async fn is_out_of_place(
    db: &mut SqliteConnection,
    feed: FeedId,
    article: &WrittenArticle<'_>,
    story: i64,
    link_identifies: bool,
) -> sqlx::Result<bool> {
    let others =
        query_scalar!(r#"SELECT id AS "id!" FROM articles WHERE story_id = ? AND id <> ?"#, story, article.id.0)
            .fetch_all(&mut *db)
            .await?;
    let others = load_candidates(db, feed, others.into_iter()).await?;
    let is_same = |other: &Candidate| compare_signatures(article, other, link_identifies).is_same_story();
    Ok(!others.is_empty() && !others.values().any(is_same))
}

/// Those of `ids` that are in other feeds.
async fn load_candidates(
    db: &mut SqliteConnection,
    feed: FeedId,
    ids: impl Iterator<Item = i64>,
) -> sqlx::Result<HashMap<i64, Candidate>> {
    let ids = super::json_ids(ids);
    let rows = query!(
        r#"SELECT c.article_id AS "id!", c.signature, a.sorted_at
           FROM (SELECT DISTINCT value AS id FROM json_each(?1)) j CROSS JOIN articles a ON a.id = j.id
                CROSS JOIN story_candidates c ON c.article_id = a.id CROSS JOIN feeds f ON f.id = a.feed_id
           WHERE a.feed_id <> ?2 AND f.removed_at IS NULL"#,
        ids,
        feed.0
    )
    .fetch_all(db)
    .await?;
    let candidates = rows.into_iter().filter_map(|row| {
        let signature = StorySignature::from_bytes(&row.signature)?;
        Some((row.id, Candidate { sorted_at: row.sorted_at, signature }))
    });
    Ok(candidates.collect())
}
