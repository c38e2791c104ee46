//! Copies of one story in several feeds (docs/adr/0016-same-story.md): which articles belong together, which of them stands in lists,
//! and what they share.

use super::{queue, ranking};
use crate::domain::{
    ids::{ArticleId, FeedId},
    story::StoryCopy,
};
use sqlx::{SqliteConnection, query, query_scalar};
use std::collections::HashMap;

/// The story of an article; `None`: it is the only one.
pub(super) async fn find_story(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<Option<i64>> {
    let story = query_scalar!("SELECT story_id FROM articles WHERE id = ?", article.0).fetch_optional(db).await?;
    Ok(story.flatten())
}

/// Chooses anew which article of an article's story stands in lists, after one was scored or blocked.
pub(super) async fn settle_story_of(db: &mut SqliteConnection, article: ArticleId) -> sqlx::Result<()> {
    match find_story(&mut *db, article).await? {
        Some(story) => {
            // First, so that an old score that was passed on does not compete with the new one.
            share_score(&mut *db, story, article).await?;
            settle(db, story).await
        }
        None => Ok(()),
    }
}

/// Puts an article into the story of another one, unless that has an article of the same feed already; whether it did.
pub(super) async fn join(
    db: &mut SqliteConnection,
    article: ArticleId,
    feed: FeedId,
    other: ArticleId,
) -> sqlx::Result<bool> {
    let story = find_story(&mut *db, other).await?.unwrap_or(other.0);
    let joined = query!(
        "UPDATE articles SET story_id = ?1 WHERE id IN (?2, ?3)
         AND NOT EXISTS (SELECT 1 FROM articles WHERE story_id = ?1 AND feed_id = ?4 AND id <> ?2)",
        story,
        article.0,
        other.0,
        feed.0
    );
    if joined.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(false);
    }
    settle(db, story).await?;
    Ok(true)
}

/// Takes an article out of its story; it is queued for the model again.
pub(super) async fn leave(db: &mut SqliteConnection, article: ArticleId, story: i64) -> sqlx::Result<()> {
    query!(
        "UPDATE articles SET story_id = NULL, is_duplicate = 0, is_hidden = hidden_by_rule IS NOT NULL WHERE id = ?",
        article.0
    )
    .execute(&mut *db)
    .await?;
    queue::requeue_changed(&mut *db, std::iter::once(article.0)).await?;
    settle(db, story).await
}

/// Chooses the article that stands for a story, hides the others where the reader wants so, and lets them share marks, vote and score.
///
/// An article that a rule hid stands for the story only when a rule hid them all, and takes no part in what they share. Of the others
/// the best-scored one stands for the story, then one whose category is blocked, then one that is scored at all, then the first
/// that arrived.
pub(super) async fn settle(db: &mut SqliteConnection, story: i64) -> sqlx::Result<()> {
    let articles = query_scalar!(
        r#"SELECT a.id AS "id!" FROM articles a CROSS JOIN feeds f ON f.id = a.feed_id WHERE a.story_id = ?
           ORDER BY a.hidden_by_rule IS NOT NULL, a.composite IS NULL AND a.state <> 'blocked', a.composite DESC,
                    max(f.never_score, a.is_never_scored), a.is_duplicate, a.id"#,
        story
    )
    .fetch_all(&mut *db)
    .await?;
    let [shown, others @ ..] = articles.as_slice() else { return Ok(()) };
    let members = super::json_ids(articles.iter().copied());
    let hides_duplicates = query_scalar!("SELECT hide_duplicates FROM preferences WHERE id = 1").fetch_one(&mut *db);
    let hides_duplicates = hides_duplicates.await?;
    query!(
        "UPDATE articles SET is_duplicate = id <> ?2, is_hidden = (id <> ?2 AND ?3) OR hidden_by_rule IS NOT NULL, story_id = iif(?4, story_id, NULL)
         WHERE story_id = ?1",
        story,
        shown,
        hides_duplicates,
        !others.is_empty()
    )
    .execute(&mut *db)
    .await?;
    query!(
        "UPDATE articles SET state = 'queued', next_step = 'categorize'
         WHERE id IN (SELECT value FROM json_each(?)) AND state = 'unscored' AND next_step IS NULL AND is_hidden = 0 AND is_never_scored = 0
           AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = articles.feed_id AND f.never_score = 1)",
        members
    )
    .execute(&mut *db)
    .await?;
    if hides_duplicates == 0 || others.is_empty() {
        return Ok(());
    }
    share_marks(&mut *db, story).await?;
    // What the model has begun about a hidden article is dropped.
    query!(
        "UPDATE articles SET next_step = NULL, lease = NULL, lease_until = NULL, rescore_mode = NULL, scoring_priority = 0,
             attempts = 0, last_error = NULL, state = iif(composite IS NULL, 'unscored', 'scored')
         WHERE story_id = ? AND is_hidden = 1 AND hidden_by_rule IS NULL AND state IN ('queued', 'categorizing', 'scoring', 'failed')",
        story
    )
    .execute(&mut *db)
    .await?;
    share_score(db, story, ArticleId(*shown)).await
}

/// A story is read, starred and voted on when one of its articles is; of two votes the later one stays.
async fn share_marks(db: &mut SqliteConnection, story: i64) -> sqlx::Result<()> {
    let marks = query!(
        "SELECT is_read, read_at, read_batch FROM articles WHERE story_id = ? AND hidden_by_rule IS NULL
         ORDER BY is_read DESC, is_duplicate, id LIMIT 1",
        story
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(marks) = marks else { return Ok(()) };
    query!(
        "UPDATE articles SET is_read = ?2, read_at = ?3, read_batch = ?4,
             is_starred = (SELECT max(m.is_starred) FROM articles m WHERE m.story_id = ?1 AND m.hidden_by_rule IS NULL)
         WHERE story_id = ?1 AND hidden_by_rule IS NULL",
        story,
        marks.is_read,
        marks.read_at,
        marks.read_batch
    )
    .execute(&mut *db)
    .await?;
    query!(
        "INSERT INTO votes (article_id, vote, at, composite, interest, quality, model, prompt_version, provisional)
         SELECT m.id, v.vote, v.at, v.composite, v.interest, v.quality, v.model, v.prompt_version, v.provisional
         FROM (SELECT v.* FROM articles a CROSS JOIN votes v ON v.article_id = a.id WHERE a.story_id = ?1 AND a.hidden_by_rule IS NULL
               ORDER BY v.at DESC, v.article_id LIMIT 1) v
              CROSS JOIN articles m ON m.story_id = ?1 AND m.id <> v.article_id
         WHERE m.hidden_by_rule IS NULL
         ON CONFLICT (article_id) DO UPDATE SET vote = excluded.vote, at = excluded.at, composite = excluded.composite,
             interest = excluded.interest, quality = excluded.quality, model = excluded.model,
             prompt_version = excluded.prompt_version, provisional = excluded.provisional
         WHERE vote <> excluded.vote",
        story
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives the score and the categories of an article of a story to its hidden ones that no model scored.
async fn share_score(db: &mut SqliteConnection, story: i64, scored: ArticleId) -> sqlx::Result<()> {
    let receivers = query_scalar!(
        r#"SELECT a.id AS "id!" FROM articles s CROSS JOIN articles a ON a.story_id = ?1 AND a.is_hidden = 1 AND a.hidden_by_rule IS NULL AND a.state <> 'blocked' AND a.id <> s.id
                LEFT JOIN scores o ON o.article_id = a.id
           WHERE s.id = ?2 AND s.composite IS NOT NULL AND (o.article_id IS NULL OR o.source_article_id IS NOT NULL)"#,
        story,
        scored.0
    )
    .fetch_all(&mut *db)
    .await?;
    if receivers.is_empty() {
        return Ok(());
    }
    let receivers = super::json_ids(receivers.into_iter());
    // Categories that rules gave a copy stay.
    query!(
        "DELETE FROM article_categories WHERE article_id IN (SELECT value FROM json_each(?))
             AND NOT EXISTS (SELECT 1 FROM rule_matches m CROSS JOIN rules r ON r.id = m.rule_id
                             WHERE m.article_id = article_categories.article_id AND r.category_id = article_categories.category_id)",
        receivers
    )
    .execute(&mut *db)
    .await?;
    query!(
        "INSERT INTO article_categories (article_id, category_id, position)
         SELECT r.value, l.category_id, l.position FROM json_each(?1) r CROSS JOIN article_categories l ON l.article_id = ?2 WHERE true
         ON CONFLICT (article_id, category_id) DO NOTHING",
        receivers,
        scored.0
    )
    .execute(&mut *db)
    .await?;
    query!(
        "INSERT INTO scores (article_id, interest, quality, reasoning, evidence, scored_at, source_article_id)
         SELECT r.value, s.interest, s.quality, s.reasoning, s.evidence, s.scored_at, coalesce(s.source_article_id, s.article_id)
         FROM json_each(?1) r CROSS JOIN scores s ON s.article_id = ?2 WHERE true
         ON CONFLICT (article_id) DO UPDATE SET interest = excluded.interest, quality = excluded.quality, reasoning = excluded.reasoning,
             evidence = excluded.evidence, scored_at = excluded.scored_at, source_article_id = excluded.source_article_id
         WHERE (interest, quality, reasoning, evidence, scored_at, source_article_id) IS NOT
             (excluded.interest, excluded.quality, excluded.reasoning, excluded.evidence, excluded.scored_at, excluded.source_article_id)",
        receivers,
        scored.0
    )
    .execute(&mut *db)
    .await?;
    query!(
        "UPDATE articles SET state = 'scored', next_step = NULL,
             composite = (SELECT s.composite FROM articles s WHERE s.id = ?2),
             is_flat = (SELECT s.is_flat FROM articles s WHERE s.id = ?2)
         WHERE id IN (SELECT value FROM json_each(?1))",
        receivers,
        scored.0
    )
    .execute(&mut *db)
    .await?;
    // The weight of a feed counts for its own articles.
    ranking::recompute_composites(db, "[]", &receivers).await
}

/// Applies the preference to at most `max` stories whose duplicates are hidden or shown against it; how many.
pub async fn apply_preference(db: &mut SqliteConnection, max: i64) -> sqlx::Result<usize> {
    let stories = query_scalar!(
        r#"SELECT DISTINCT story_id AS "story_id!" FROM articles INDEXED BY articles_duplicates_by_display
           WHERE is_duplicate = 1 AND is_hidden = (SELECT 1 - hide_duplicates FROM preferences WHERE id = 1)
             AND hidden_by_rule IS NULL AND story_id IS NOT NULL LIMIT ?"#,
        max
    )
    .fetch_all(&mut *db)
    .await?;
    for story in &stories {
        settle(&mut *db, *story).await?;
    }
    Ok(stories.len())
}

/// The other articles of the stories of some articles, in the order of arrival.
pub async fn load_copies(
    db: &mut SqliteConnection,
    articles: &[ArticleId],
) -> sqlx::Result<HashMap<ArticleId, Vec<StoryCopy>>> {
    if articles.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = super::json_ids(articles.iter().map(|id| id.0));
    let found = query_scalar!(
        r#"SELECT json_group_array(json_array(of, json_object('id', id, 'feed_id', feed_id, 'feed_title', feed_title, 'title', title,
                      'url', url, 'is_duplicate', json(iif(is_duplicate, 'true', 'false'))))) AS "copies!: String"
           FROM (SELECT a.id AS of, m.id, m.feed_id, coalesce(nullif(f.custom_title, ''), nullif(f.title, ''), f.url) AS feed_title,
                        m.title, m.url, m.is_duplicate
                 FROM json_each(?) page CROSS JOIN articles a ON a.id = page.value
                      CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id CROSS JOIN feeds f ON f.id = m.feed_id
                 WHERE f.removed_at IS NULL ORDER BY m.id)"#,
        ids
    )
    .fetch_one(db)
    .await?;
    let found: Vec<(ArticleId, StoryCopy)> = super::from_json(&found)?;
    let mut copies: HashMap<ArticleId, Vec<StoryCopy>> = HashMap::new();
    for (article, copy) in found {
        copies.entry(article).or_default().push(copy);
    }
    Ok(copies)
}
