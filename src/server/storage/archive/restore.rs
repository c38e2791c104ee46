//! Writing what [`super::dump_lines`] read into an empty database, under the same ids.

use crate::domain::archive::ArchiveSection;
use sqlx::{SqliteConnection, SqlitePool};

/// Whether nothing is stored that an archive could collide with.
pub async fn is_empty(db: &SqlitePool) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM feeds) OR EXISTS (SELECT 1 FROM folders) OR EXISTS (SELECT 1 FROM saved_searches)
               OR EXISTS (SELECT 1 FROM retention_rules) OR EXISTS (SELECT 1 FROM rules) AS "found!: bool""#
    );
    Ok(!found.fetch_one(db).await?)
}

/// Removes the categories of a new database: the archive has its own.
pub async fn clear_defaults(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM categories").execute(db).await?;
    Ok(())
}

/// Writes a JSON array of objects of a section; those that are there already stay.
pub async fn restore_lines(db: &mut SqliteConnection, section: ArchiveSection, json: &str) -> sqlx::Result<()> {
    match section {
        ArchiveSection::Folders => {
            sqlx::query!(
                "INSERT INTO folders (id, name, created_at)
                 SELECT e.value ->> 'id', e.value ->> 'name', e.value ->> 'created_at' FROM json_each(?) e WHERE true
                 ON CONFLICT (id) DO NOTHING",
                json
            )
            .execute(db)
            .await?;
        }
        ArchiveSection::Feeds => restore_feeds(db, json).await?,
        ArchiveSection::Categories => restore_categories(db, json).await?,
        ArchiveSection::Aliases => {
            sqlx::query!(
                "INSERT INTO category_aliases (identity, category_id)
                 SELECT e.value ->> 'identity', e.value ->> 'category_id' FROM json_each(?) e WHERE true
                 ON CONFLICT (identity) DO NOTHING",
                json
            )
            .execute(db)
            .await?;
        }
        ArchiveSection::Articles => {
            restore_articles(&mut *db, json).await?;
            restore_texts(&mut *db, json).await?;
            restore_details(&mut *db, json).await?;
            restore_scores(db, json).await?;
        }
        ArchiveSection::Removed => {
            sqlx::query!(
                "INSERT INTO removed_articles (id, feed_id, guid, link, path, label, date, words, content)
                 SELECT e.value ->> 'id', e.value ->> 'feed_id', e.value ->> 'guid', e.value ->> 'link', e.value ->> 'path',
                        e.value ->> 'label', e.value ->> 'date', e.value ->> 'words', e.value ->> 'content'
                 FROM json_each(?) e WHERE true ON CONFLICT (id) DO NOTHING",
                json
            )
            .execute(db)
            .await?;
        }
        ArchiveSection::Searches => {
            sqlx::query!(
                "INSERT INTO saved_searches (id, name, query, position, created_at)
                 SELECT e.value ->> 'id', e.value ->> 'name', e.value ->> 'query', e.value ->> 'position', e.value ->> 'created_at'
                 FROM json_each(?) e WHERE true ON CONFLICT (id) DO NOTHING",
                json
            )
            .execute(db)
            .await?;
        }
        ArchiveSection::Retention => {
            sqlx::query!(
                "INSERT INTO retention_rules (position, query)
                 SELECT e.value ->> 'position', e.value ->> 'query' FROM json_each(?) e WHERE true
                 ON CONFLICT (position) DO NOTHING",
                json
            )
            .execute(db)
            .await?;
        }
        // After the articles, so that none of them is queued for a rule.
        ArchiveSection::Rules => {
            sqlx::query!(
                "INSERT INTO rules (id, name, query, position, is_enabled, created_at, removed_at, marks_read, stars, hides, category_id,
                     weight, scoring, matched, last_matched_at)
                 SELECT e.value ->> 'id', e.value ->> 'name', e.value ->> 'query', e.value ->> 'position', e.value ->> 'is_enabled',
                        e.value ->> 'created_at', e.value ->> 'removed_at', e.value ->> 'marks_read', e.value ->> 'stars',
                        e.value ->> 'hides', e.value ->> 'category_id', e.value ->> 'weight', e.value ->> 'scoring',
                        e.value ->> 'matched', e.value ->> 'last_matched_at'
                 FROM json_each(?) e WHERE true ON CONFLICT (id) DO NOTHING",
                json
            )
            .execute(db)
            .await?;
        }
    }
    Ok(())
}

/// All feeds are due, and nothing that their servers said is kept.
async fn restore_feeds(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO feeds (id, url, site_url, title, custom_title, folder_id, created_at, next_fetch_at, state, has_short_texts,
             full_text, own_interval, pause_until, weight, never_score, guids_unreliable, guid_replacements, has_identities)
         SELECT e.value ->> 'id', e.value ->> 'url', e.value ->> 'site_url', e.value ->> 'title', e.value ->> 'custom_title',
                e.value ->> 'folder_id', e.value ->> 'created_at', 0, iif(e.value ->> 'state' = 'gone', 'gone', 'new'),
                e.value ->> 'has_short_texts', e.value ->> 'full_text', e.value ->> 'own_interval', e.value ->> 'pause_until',
                e.value ->> 'weight', e.value ->> 'never_score', e.value ->> 'guids_unreliable', e.value ->> 'guid_replacements',
                e.value ->> 'has_identities'
         FROM json_each(?) e WHERE true ON CONFLICT (id) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A child may stand before its parent: the reference is checked at the end of the statement.
async fn restore_categories(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO categories (id, name, slug, parent_id, weight, hidden, is_new, created_at, identity)
         SELECT e.value ->> 'id', e.value ->> 'name', e.value ->> 'slug', e.value ->> 'parent_id', e.value ->> 'weight',
                e.value ->> 'hidden', e.value ->> 'is_new', e.value ->> 'created_at', e.value ->> 'identity'
         FROM json_each(?) e WHERE true ON CONFLICT (id) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn restore_articles(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO articles (id, feed_id, guid, url, title, author, published_at, sorted_at, fetched_at, arrived_us, updated_at, is_read,
             read_at, is_starred, state, next_step, scoring_priority, rescore_mode, attempts, last_error, composite, provisional, hidden_by_rule,
             is_hidden, is_never_scored)
         SELECT e.value ->> 'id', e.value ->> 'feed_id', e.value ->> 'guid', e.value ->> 'url', e.value ->> 'title',
                e.value ->> 'author', e.value ->> 'published_at', e.value ->> 'sorted_at', e.value ->> 'fetched_at',
                e.value ->> 'arrived_us', e.value ->> 'updated_at', e.value ->> 'is_read', e.value ->> 'read_at',
                e.value ->> 'is_starred', e.value ->> 'state', e.value ->> 'next_step', e.value ->> 'scoring_priority',
                e.value ->> 'rescore_mode', e.value ->> 'attempts', e.value ->> 'last_error', e.value ->> 'composite',
                e.value ->> 'provisional', e.value ->> 'hidden_by_rule', e.value ->> 'hidden_by_rule' IS NOT NULL,
                coalesce(e.value ->> 'is_never_scored', 0)
         FROM json_each(?) e WHERE true ON CONFLICT (id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO rule_matches (rule_id, article_id)
         SELECT m.value, e.value ->> 'id' FROM json_each(?) e CROSS JOIN json_each(e.value -> 'rules') m WHERE true
         ON CONFLICT (rule_id, article_id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_identities (article_id, feed_id, guid, link, path, label, date, words, content, is_outdated)
         SELECT e.value ->> 'id', e.value ->> 'feed_id', e.value ->> '$.identity.guid', e.value ->> '$.identity.link',
                e.value ->> '$.identity.path', e.value ->> '$.identity.label', e.value ->> '$.identity.date',
                e.value ->> '$.identity.words', e.value ->> '$.identity.content', e.value ->> '$.identity.is_outdated'
         FROM json_each(?) e WHERE e.value ->> 'identity' IS NOT NULL ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn restore_texts(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO article_summaries (article_id, summary)
         SELECT e.value ->> 'id', e.value ->> 'summary' FROM json_each(?) e WHERE e.value ->> 'summary' IS NOT NULL
         ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_bodies (article_id, html)
         SELECT e.value ->> 'id', e.value ->> 'html' FROM json_each(?) e WHERE e.value ->> 'html' IS NOT NULL
         ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_full_texts (article_id, url, tried_at, problem, html, is_fuller, shown)
         SELECT e.value ->> 'id', e.value ->> '$.full_text.url', e.value ->> '$.full_text.tried_at', e.value ->> '$.full_text.problem',
                e.value ->> '$.full_text.html', e.value ->> '$.full_text.is_fuller', e.value ->> '$.full_text.shown'
         FROM json_each(?) e WHERE e.value ->> 'full_text' IS NOT NULL ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_suspicions (article_id, signs)
         SELECT e.value ->> 'id', e.value ->> 'suspicions' FROM json_each(?) e WHERE e.value ->> 'suspicions' IS NOT NULL
         ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn restore_details(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO article_details (article_id, hash, language, comments_url, source_title, source_url, categories)
         SELECT e.value ->> 'id', e.value ->> '$.details.hash', e.value ->> '$.details.language', e.value ->> '$.details.comments_url',
                e.value ->> '$.details.source_title', e.value ->> '$.details.source_url', e.value ->> '$.details.categories'
         FROM json_each(?) e WHERE e.value ->> 'details' IS NOT NULL ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_media (article_id, position, kind, url, mime_type, bytes, width, height, title, duration_seconds)
         SELECT e.value ->> 'id', m.value ->> 'position', m.value ->> 'kind', m.value ->> 'url', m.value ->> 'mime_type',
                m.value ->> 'bytes', m.value ->> 'width', m.value ->> 'height', m.value ->> 'title', m.value ->> 'duration_seconds'
         FROM json_each(?) e CROSS JOIN json_each(e.value -> 'media') m WHERE true ON CONFLICT (article_id, position) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO media_positions (article_id, url, seconds, saved_at)
         SELECT e.value ->> 'id', p.value ->> 'url', p.value ->> 'seconds', p.value ->> 'saved_at'
         FROM json_each(?) e CROSS JOIN json_each(e.value -> 'positions') p WHERE p.value ->> 'seconds' > 0
         ON CONFLICT (article_id, url) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO article_categories (article_id, category_id, position)
         SELECT e.value ->> 'id', c.value, c.key FROM json_each(?) e CROSS JOIN json_each(e.value -> 'categories') c WHERE true
         ON CONFLICT (article_id, category_id) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn restore_scores(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO scores (article_id, interest, quality, reasoning, evidence, scored_at)
         SELECT e.value ->> 'id', e.value ->> '$.score.interest', e.value ->> '$.score.quality', e.value ->> '$.score.reasoning',
                e.value ->> '$.score.evidence', e.value ->> '$.score.scored_at'
         FROM json_each(?) e WHERE e.value ->> 'score' IS NOT NULL ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO model_runs (article_id, step, model, server, model_digest, prompt_version, options, prompt_tokens, output_tokens,
             duration_ms, cut_chars, at)
         SELECT e.value ->> 'id', r.value ->> 'step', r.value ->> 'model', r.value ->> 'server', r.value ->> 'model_digest',
                r.value ->> 'prompt_version', r.value ->> 'options', r.value ->> 'prompt_tokens', r.value ->> 'output_tokens',
                r.value ->> 'duration_ms', r.value ->> 'cut_chars', r.value ->> 'at'
         FROM json_each(?) e CROSS JOIN json_each(e.value -> 'runs') r WHERE true ON CONFLICT (article_id, step) DO NOTHING",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO votes (article_id, vote, at, composite, interest, quality, model, prompt_version, provisional)
         SELECT e.value ->> 'id', e.value ->> '$.vote.vote', e.value ->> '$.vote.at', e.value ->> '$.vote.composite',
                e.value ->> '$.vote.interest', e.value ->> '$.vote.quality', e.value ->> '$.vote.model',
                e.value ->> '$.vote.prompt_version', e.value ->> '$.vote.provisional'
         FROM json_each(?) e WHERE e.value ->> 'vote' IS NOT NULL ON CONFLICT (article_id) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stores the reader's choices.
pub async fn restore_settings(db: &mut SqliteConnection, json: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE preferences SET interests = ?1 ->> 'interests', anti_interests = ?1 ->> 'anti_interests',
             feed_refresh_interval = ?1 ->> 'feed_refresh_interval', scoring_paused = ?1 ->> 'scoring_paused', theme = ?1 ->> 'theme',
             keyboard = ?1 ->> 'keyboard', suggest_categories = ?1 ->> 'suggest_categories', default_view = ?1 ->> 'default_view',
             default_sort = ?1 ->> 'default_sort', without_model = ?1 ->> 'without_model',
             hide_duplicates = ?1 ->> 'hide_duplicates'
         WHERE id = 1",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE model_choices SET categorization_model = ?1 ->> '$.models.categorization_model',
             scoring_model = ?1 ->> '$.models.scoring_model', use_separate_models = ?1 ->> '$.models.use_separate_models'
         WHERE id = 1",
        json
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO model_options (model, task, num_ctx, num_predict, temperature, top_p, seed, keep_alive, think)
         SELECT o.value ->> 'model', o.value ->> 'task', o.value ->> 'num_ctx', o.value ->> 'num_predict', o.value ->> 'temperature',
                o.value ->> 'top_p', o.value ->> 'seed', o.value ->> 'keep_alive', o.value ->> 'think'
         FROM json_each(?1 -> 'model_options') o WHERE true ON CONFLICT (model, task) DO NOTHING",
        json
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets new articles arrive after the restored ones, and those be indexed for the search.
pub async fn finish(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("UPDATE arrivals SET last_us = max(last_us, (SELECT coalesce(max(arrived_us), 0) FROM articles))")
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE search_index_progress SET below = (SELECT coalesce(max(id) + 1, 0) FROM articles)")
        .execute(db)
        .await?;
    Ok(())
}
