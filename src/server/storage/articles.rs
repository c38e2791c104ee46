//! Articles as rows of a list and as the reader shows them.

use super::{ExactReal, details, full_text, media_positions, rules, scores, stories};
use crate::domain::model_name::ModelName;
use crate::domain::{
    article::{ArticleDetail, ArticleRow, Cursor, ModelRun},
    category::CategoryLabel,
    example_article::ExampleArticle,
    full_text::ShownText,
    ids::{ArticleId, FeedId},
    safe_html::SafeHtml,
    score::{ArticleState, Score},
    scoring::ScoringStep,
    story::StoryCopy,
    time::Timestamp,
    vote::Vote,
};
use sqlx::{SqliteConnection, query, query_scalar};
use std::collections::HashMap;

/// Characters of a body in which the words of a search are shown.
const BEGINNING_CHARS: i64 = 60_000;

/// The articles with these ids as examples, in their order; ids that are gone are left out.
pub async fn load_examples(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<Vec<ExampleArticle>> {
    let json = super::json_ids(ids.iter().map(|id| id.0));
    query!(
        r#"SELECT a.id AS "id!", a.title, a.sorted_at,
                  coalesce(nullif(f.custom_title, ''), nullif(f.title, ''), f.url) AS "feed_title!: String"
           FROM json_each(?) AS page CROSS JOIN articles a ON a.id = page.value CROSS JOIN feeds f ON f.id = a.feed_id
           ORDER BY page.key"#,
        json
    )
    .map(|r| ExampleArticle {
        id: ArticleId(r.id),
        title: r.title,
        feed_title: r.feed_title,
        at: Timestamp(r.sorted_at),
    })
    .fetch_all(db)
    .await
}

/// A row as the statement of [`load_rows`] gives it.
#[derive(serde::Deserialize)]
struct StoredRow {
    id: i64,
    feed_id: i64,
    feed_title: String,
    feed_icon: Option<String>,
    title: String,
    language: Option<String>,
    url: Option<String>,
    author: Option<String>,
    summary: Option<String>,
    published_at: Option<i64>,
    sorted_at: i64,
    is_read: u8,
    is_starred: u8,
    state: String,
    last_error: Option<String>,
    composite: Option<ExactReal>,
    provisional: Option<ExactReal>,
    rank: ExactReal,
    interest: Option<u8>,
    quality: Option<u8>,
    reasoning: Option<String>,
    scored_at: Option<i64>,
    model: Option<ModelName>,
    prompt_version: Option<String>,
    vote: Option<String>,
    story_id: Option<i64>,
    signs: Option<String>,
}

/// The rows with these ids, in their order; ids that are gone are left out. A fixed number of statements, whatever the number of rows.
pub async fn load_rows(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<Vec<ArticleRow>> {
    let json = super::json_ids(ids.iter().map(|id| id.0));
    let found = query_scalar!(
        r#"SELECT json_group_array(json_object(
                      'id', a.id, 'feed_id', a.feed_id,
                      'feed_title', coalesce(nullif(f.custom_title, ''), nullif(f.title, ''), f.url), 'feed_icon', i.hash,
                      'title', a.title, 'language', coalesce(d.language, w.language), 'url', a.url, 'author', a.author,
                      'summary', t.summary, 'published_at', a.published_at, 'sorted_at', a.sorted_at, 'is_read', a.is_read,
                      'is_starred', a.is_starred, 'state', a.state, 'last_error', a.last_error,
                      'composite', iif(a.composite IS NULL, NULL, quote(a.composite)),
                      'provisional', iif(a.provisional IS NULL, NULL, quote(a.provisional)), 'rank', quote(a.rank),
                      'interest', s.interest, 'quality', s.quality, 'reasoning', s.reasoning, 'scored_at', s.scored_at,
                      'model', r.model, 'prompt_version', r.prompt_version, 'vote', v.vote, 'story_id', a.story_id,
                      'signs', u.signs)) AS "rows!: String"
           FROM json_each(?) AS page
           CROSS JOIN articles a ON a.id = page.value
           CROSS JOIN feeds f ON f.id = a.feed_id
           LEFT JOIN article_summaries t ON t.article_id = a.id
           LEFT JOIN scores s ON s.article_id = a.id
           LEFT JOIN model_runs r ON r.article_id = coalesce(s.source_article_id, a.id) AND r.step = 'score'
           LEFT JOIN votes v ON v.article_id = a.id
           LEFT JOIN article_suspicions u ON u.article_id = a.id
           LEFT JOIN article_details d ON d.article_id = a.id
           LEFT JOIN article_traits w ON w.article_id = a.id
           LEFT JOIN icons i ON i.id = f.icon_id"#,
        json
    )
    .fetch_one(&mut *db)
    .await?;
    let found: Vec<StoredRow> = super::from_json(&found)?;
    let in_stories: Vec<ArticleId> = found.iter().filter(|r| r.story_id.is_some()).map(|r| ArticleId(r.id)).collect();
    let mut copies = stories::load_copies(&mut *db, &in_stories).await?;
    let mut labels = load_labels(db, &json).await?;
    let mut rows: HashMap<ArticleId, ArticleRow> = found
        .into_iter()
        .map(|row| {
            let id = ArticleId(row.id);
            let (labels, copies) = (labels.remove(&id).unwrap_or_default(), copies.remove(&id).unwrap_or_default());
            (id, row.with(labels, copies))
        })
        .collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

impl StoredRow {
    fn with(self, categories: Vec<CategoryLabel>, also_in: Vec<StoryCopy>) -> ArticleRow {
        let id = ArticleId(self.id);
        // A score without a composite is one from before the article was blocked: it ranks nothing and is not shown.
        let score = match (self.composite, self.interest, self.provisional) {
            (Some(composite), Some(interest), _) => Some(Score {
                interest: Some(interest),
                quality: self.quality,
                composite: composite.0,
                reasoning: self.reasoning.unwrap_or_default(),
                model: self.model,
                prompt_version: self.prompt_version,
                scored_at: self.scored_at.map(Timestamp),
                is_keyword_rank: false,
            }),
            (_, _, Some(provisional)) => Some(keyword_rank_score(provisional.0)),
            _ => None,
        };
        ArticleRow {
            id,
            feed_id: FeedId(self.feed_id),
            feed_title: self.feed_title,
            feed_icon: self.feed_icon,
            title: self.title,
            language: self.language,
            url: self.url,
            author: self.author,
            published_at: self.published_at.map(Timestamp),
            sorted_at: Timestamp(self.sorted_at),
            is_read: self.is_read != 0,
            is_starred: self.is_starred != 0,
            vote: self.vote.as_deref().and_then(Vote::parse),
            state: ArticleState::parse(&self.state).unwrap_or_default(),
            score,
            categories,
            summary: self.summary.unwrap_or_default(),
            // Signs that only a later version knows are left out with the rest.
            injection_signs: self.signs.and_then(|signs| serde_json::from_str(&signs).ok()).unwrap_or_default(),
            last_error: self.last_error,
            also_in,
            cursor: Cursor { rank: self.rank.0, sorted_at: self.sorted_at, id },
        }
    }
}

/// An article with its text and the model runs behind its score; `None`: there is no such article.
pub async fn load_detail(db: &mut SqliteConnection, id: ArticleId) -> sqlx::Result<Option<ArticleDetail>> {
    let Some(row) = load_rows(&mut *db, &[id]).await?.pop() else { return Ok(None) };
    let text = query!(
        r#"SELECT a.attempts, b.html AS "html?: SafeHtml", t.html AS "full_html: SafeHtml"
           FROM articles a LEFT JOIN article_bodies b ON b.article_id = a.id
                LEFT JOIN article_full_texts t ON t.article_id = a.id
           WHERE a.id = ?"#,
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    let scored_article = scores::load_source(&mut *db, id).await?;
    let source = scored_article.unwrap_or(id);
    let runs = query!(
        r#"SELECT step AS "step: ScoringStep", model AS "model: ModelName", server, model_digest, prompt_version, options, prompt_tokens, output_tokens, duration_ms, cut_chars, at
           FROM model_runs WHERE article_id = ? ORDER BY step = 'score'"#,
        source.0
    )
    .fetch_all(&mut *db)
    .await?;
    let runs = runs
        .into_iter()
        .map(|r| ModelRun {
            step: r.step,
            model: r.model,
            server: r.server,
            model_digest: r.model_digest,
            prompt_version: r.prompt_version,
            options: r.options,
            prompt_tokens: r.prompt_tokens,
            output_tokens: r.output_tokens,
            duration_ms: r.duration_ms,
            cut_chars: r.cut_chars,
            at: Timestamp(r.at),
        })
        .collect();
    let is_judged = row.score.as_ref().is_some_and(|score| !score.is_keyword_rank);
    let full_text = full_text::load_status(&mut *db, id).await?;
    let (content_html, other_html) = match full_text.shown {
        Some(ShownText::Full) => (text.full_html, text.html),
        Some(ShownText::Feed) | None => (text.html, text.full_html),
    };
    Ok(Some(ArticleDetail {
        content_html: content_html.unwrap_or_default(),
        other_html,
        full_text,
        attempts: text.attempts,
        evidence: if is_judged { scores::load_evidence(&mut *db, id).await? } else { Vec::new() },
        keyword_matches: None,
        runs,
        scored_article,
        media_positions: media_positions::list(&mut *db, id).await?,
        details: details::load(&mut *db, id).await?,
        rule_effects: rules::load_effects(db, id).await?,
        row,
    }))
}

/// The beginnings of the bodies of these articles, as HTML that may be cut anywhere.
pub async fn load_beginnings(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<HashMap<ArticleId, String>> {
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    let found = query!(
        r#"SELECT article_id, substr(html, 1, ?2) AS "html!: String" FROM article_bodies
           WHERE article_id IN (SELECT value FROM json_each(?1))"#,
        ids,
        BEGINNING_CHARS
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|r| (ArticleId(r.article_id), r.html)).collect())
}

/// Where these articles stand in lists, in no order; ids that are gone are left out.
pub async fn load_cursors(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<Vec<Cursor>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = super::json_ids(ids.iter().map(|id| id.0));
    query!(
        r#"SELECT id AS "id!", rank AS "rank!: f64", sorted_at FROM articles WHERE id IN (SELECT value FROM json_each(?))"#,
        ids
    )
    .map(|r| Cursor { rank: r.rank, sorted_at: r.sorted_at, id: ArticleId(r.id) })
    .fetch_all(db)
    .await
}

/// Whether a feed, a folder or a category is there, for a clear 404 before something is done to it.
pub async fn exists(db: &mut SqliteConnection, table: ScopeTable, id: i64) -> sqlx::Result<bool> {
    let found = match table {
        ScopeTable::Feeds => {
            query_scalar!("SELECT 1 FROM feeds WHERE id = ? AND removed_at IS NULL", id).fetch_optional(db).await?
        }
        ScopeTable::Folders => query_scalar!("SELECT 1 FROM folders WHERE id = ?", id).fetch_optional(db).await?,
        ScopeTable::Categories => query_scalar!("SELECT 1 FROM categories WHERE id = ?", id).fetch_optional(db).await?,
    };
    Ok(found.is_some())
}

/// What [`exists`] looks in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeTable {
    /// Subscriptions.
    Feeds,
    /// Folders.
    Folders,
    /// Categories.
    Categories,
}

async fn load_labels(db: &mut SqliteConnection, ids: &str) -> sqlx::Result<HashMap<ArticleId, Vec<CategoryLabel>>> {
    let found = query_scalar!(
        r#"SELECT json_group_array(json_array(article_id, json_object('id', id, 'name', name, 'slug', slug))) AS "labels!: String"
           FROM (SELECT l.article_id, c.id, c.name, c.slug
                 FROM json_each(?) AS page
                 CROSS JOIN article_categories l ON l.article_id = page.value
                 CROSS JOIN categories c ON c.id = l.category_id
                 ORDER BY l.article_id, l.position)"#,
        ids
    )
    .fetch_one(db)
    .await?;
    let found: Vec<(ArticleId, CategoryLabel)> = super::from_json(&found)?;
    let mut labels: HashMap<ArticleId, Vec<CategoryLabel>> = HashMap::with_capacity(found.len() / 2);
    for (article, label) in found {
        labels.entry(article).or_default().push(label);
    }
    Ok(labels)
}

const fn keyword_rank_score(composite: f64) -> Score {
    Score {
        interest: None,
        quality: None,
        composite,
        reasoning: String::new(),
        model: None,
        prompt_version: None,
        scored_at: None,
        is_keyword_rank: true,
    }
}
