//! Reading everything that is moved, as JSON objects.

use crate::domain::archive::ArchiveSection;
use sqlx::SqliteConnection;

/// Objects of a section whose key comes after `after`, at most `limit`, each with its key.
pub async fn dump_lines(
    db: &mut SqliteConnection,
    section: ArchiveSection,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<(i64, String)>> {
    match section {
        ArchiveSection::Folders => dump_folders(db, after, limit).await,
        ArchiveSection::Feeds => dump_feeds(db, after, limit).await,
        ArchiveSection::Categories => dump_categories(db, after, limit).await,
        ArchiveSection::Aliases => dump_aliases(db, after, limit).await,
        ArchiveSection::Articles => dump_articles(db, after, limit).await,
        ArchiveSection::Removed => dump_removed(db, after, limit).await,
        ArchiveSection::Searches => dump_searches(db, after, limit).await,
        ArchiveSection::Retention => dump_retention(db, after, limit).await,
        ArchiveSection::Rules => dump_rules(db, after, limit).await,
    }
}

async fn dump_folders(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT id AS "key!: i64", json_object('id', id, 'name', name, 'created_at', created_at) AS "json!: String"
           FROM folders WHERE id > ? ORDER BY id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

async fn dump_feeds(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT id AS "key!: i64", json_object(
               'id', id, 'url', url, 'site_url', site_url, 'title', title, 'custom_title', custom_title, 'folder_id', folder_id,
               'created_at', created_at, 'state', state, 'has_short_texts', has_short_texts, 'full_text', full_text,
               'own_interval', own_interval, 'pause_until', pause_until, 'weight', weight, 'never_score', never_score,
               'guids_unreliable', guids_unreliable, 'guid_replacements', guid_replacements, 'has_identities', has_identities)
               AS "json!: String"
           FROM feeds WHERE id > ? AND removed_at IS NULL ORDER BY id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

async fn dump_categories(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT id AS "key!: i64", json_object(
               'id', id, 'name', name, 'slug', slug, 'parent_id', parent_id, 'weight', weight, 'hidden', hidden, 'is_new', is_new,
               'created_at', created_at, 'identity', identity) AS "json!: String"
           FROM categories WHERE id > ? ORDER BY id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

/// The key is the place in the order of the names.
async fn dump_aliases(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT place AS "key!: i64", json AS "json!: String" FROM (
               SELECT row_number() OVER (ORDER BY identity) AS place,
                      json_object('identity', identity, 'category_id', category_id) AS json FROM category_aliases)
           WHERE place > ? ORDER BY place LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

/// An article that is with a model counts as one that waits.
async fn dump_articles(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT a.id AS "key!: i64", json_object(
               'id', a.id, 'feed_id', a.feed_id, 'guid', a.guid, 'url', a.url, 'title', a.title, 'author', a.author,
               'published_at', a.published_at, 'sorted_at', a.sorted_at, 'fetched_at', a.fetched_at, 'arrived_us', a.arrived_us,
               'updated_at', a.updated_at, 'is_read', a.is_read, 'read_at', a.read_at, 'is_starred', a.is_starred,
               'state', CASE WHEN a.state IN ('categorizing', 'scoring') THEN 'queued' ELSE a.state END,
               'next_step', a.next_step, 'scoring_priority', a.scoring_priority, 'rescore_mode', a.rescore_mode,
               'attempts', a.attempts, 'last_error', a.last_error, 'composite', a.composite, 'provisional', a.provisional,
               'hidden_by_rule', a.hidden_by_rule, 'is_never_scored', a.is_never_scored,
               'rules', (SELECT json_group_array(m.rule_id ORDER BY m.rule_id) FROM rule_matches m WHERE m.article_id = a.id),
               'summary', s.summary, 'html', b.html,
               'full_text', (SELECT json_object('url', t.url, 'tried_at', t.tried_at, 'problem', t.problem, 'html', t.html,
                                 'is_fuller', t.is_fuller, 'shown', t.shown) FROM article_full_texts t WHERE t.article_id = a.id),
               'details', (SELECT json_object('hash', d.hash, 'language', d.language, 'comments_url', d.comments_url,
                               'source_title', d.source_title, 'source_url', d.source_url, 'categories', d.categories)
                           FROM article_details d WHERE d.article_id = a.id),
               'media', (SELECT json_group_array(json_object('position', m.position, 'kind', m.kind, 'url', m.url,
                             'mime_type', m.mime_type, 'bytes', m.bytes, 'width', m.width, 'height', m.height, 'title', m.title,
                             'duration_seconds', m.duration_seconds) ORDER BY m.position)
                         FROM article_media m WHERE m.article_id = a.id),
               'positions', (SELECT json_group_array(json_object('url', p.url, 'seconds', p.seconds, 'saved_at', p.saved_at)
                                 ORDER BY p.url) FROM media_positions p WHERE p.article_id = a.id),
               'suspicions', (SELECT u.signs FROM article_suspicions u WHERE u.article_id = a.id),
               'categories', (SELECT json_group_array(l.category_id ORDER BY l.position)
                              FROM article_categories l WHERE l.article_id = a.id),
               'score', (SELECT json_object('interest', c.interest, 'quality', c.quality, 'reasoning', c.reasoning,
                             'evidence', c.evidence, 'scored_at', c.scored_at) FROM scores c WHERE c.article_id = a.id),
               'runs', (SELECT json_group_array(json_object('step', r.step, 'model', r.model, 'server', r.server,
                            'model_digest', r.model_digest, 'prompt_version', r.prompt_version, 'options', r.options,
                            'prompt_tokens', r.prompt_tokens, 'output_tokens', r.output_tokens, 'duration_ms', r.duration_ms,
                            'cut_chars', r.cut_chars, 'at', r.at) ORDER BY r.step)
                        FROM model_runs r WHERE r.article_id = a.id),
               'vote', (SELECT json_object('vote', v.vote, 'at', v.at, 'composite', v.composite, 'interest', v.interest,
                            'quality', v.quality, 'model', v.model, 'prompt_version', v.prompt_version, 'provisional', v.provisional)
                        FROM votes v WHERE v.article_id = a.id),
               'identity', (SELECT json_object('guid', i.guid, 'link', i.link, 'path', i.path, 'label', i.label, 'date', i.date,
                                'words', i.words, 'content', i.content, 'is_outdated', i.is_outdated)
                            FROM article_identities i WHERE i.article_id = a.id)
               ) AS "json!: String"
           FROM articles a JOIN feeds f ON f.id = a.feed_id AND f.removed_at IS NULL
                LEFT JOIN article_summaries s ON s.article_id = a.id LEFT JOIN article_bodies b ON b.article_id = a.id
           WHERE a.id > ? ORDER BY a.id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

async fn dump_removed(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT r.id AS "key!: i64", json_object('id', r.id, 'feed_id', r.feed_id, 'guid', r.guid, 'link', r.link, 'path', r.path,
               'label', r.label, 'date', r.date, 'words', r.words, 'content', r.content) AS "json!: String"
           FROM removed_articles r JOIN feeds f ON f.id = r.feed_id AND f.removed_at IS NULL WHERE r.id > ? ORDER BY r.id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

async fn dump_searches(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT id AS "key!: i64", json_object('id', id, 'name', name, 'query', query, 'position', position,
               'created_at', created_at) AS "json!: String"
           FROM saved_searches WHERE id > ? ORDER BY id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

async fn dump_retention(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT position AS "key!: i64", json_object('position', position, 'query', query) AS "json!: String"
           FROM retention_rules WHERE position > ? ORDER BY position LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

async fn dump_rules(db: &mut SqliteConnection, after: i64, limit: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query!(
        r#"SELECT id AS "key!: i64", json_object('id', id, 'name', name, 'query', query, 'position', position,
               'is_enabled', is_enabled, 'created_at', created_at, 'removed_at', removed_at, 'marks_read', marks_read, 'stars', stars,
               'hides', hides, 'category_id', category_id, 'weight', weight, 'scoring', scoring, 'matched', matched,
               'last_matched_at', last_matched_at) AS "json!: String"
           FROM rules WHERE id > ? ORDER BY id LIMIT ?"#,
        after,
        limit
    )
    .map(|row| (row.key, row.json))
    .fetch_all(db)
    .await
}

/// The reader's choices as one JSON object. Passwords, devices, model servers and what requests for feeds carry are not among them.
pub async fn dump_settings(db: &mut SqliteConnection) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        r#"SELECT json_object(
               'interests', p.interests, 'anti_interests', p.anti_interests, 'feed_refresh_interval', p.feed_refresh_interval,
               'scoring_paused', p.scoring_paused, 'theme', p.theme, 'keyboard', p.keyboard, 'suggest_categories', p.suggest_categories,
               'default_view', p.default_view, 'default_sort', p.default_sort, 'without_model', p.without_model,
               'hide_duplicates', p.hide_duplicates,
               'models', (SELECT json_object('categorization_model', m.categorization_model, 'scoring_model', m.scoring_model,
                              'use_separate_models', m.use_separate_models) FROM model_choices m WHERE m.id = 1),
               'model_options', (SELECT json_group_array(json_object('model', o.model, 'task', o.task, 'num_ctx', o.num_ctx,
                                     'num_predict', o.num_predict, 'temperature', o.temperature, 'top_p', o.top_p, 'seed', o.seed,
                                     'keep_alive', o.keep_alive, 'think', o.think) ORDER BY o.model, o.task) FROM model_options o)
               ) AS "json!: String"
           FROM preferences p WHERE p.id = 1"#
    )
    .fetch_one(db)
    .await
}
