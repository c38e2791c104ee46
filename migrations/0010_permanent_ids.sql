-- Ids are never given twice: folders, feeds, articles and categories are rebuilt with AUTOINCREMENT, since clients keep what they
-- know under an id, also after a subscription was removed. SQLite cannot change a column in place; this runs with foreign keys
-- off (storage/open.rs), so that dropping the old tables deletes nothing else.
--
-- On the way: an article's guid may be missing and need not be unique (article_identities tells articles apart), and arrived_us
-- is the order in which articles arrived.

-- Refuses to run where dropping a table would delete what refers to it.
CREATE TABLE foreign_keys_are_off (enforced INTEGER NOT NULL CHECK (enforced = 0)) STRICT;
INSERT INTO foreign_keys_are_off SELECT foreign_keys FROM pragma_foreign_keys WHERE EXISTS (SELECT 1 FROM feeds);
DROP TABLE foreign_keys_are_off;

DROP VIEW category_weights;
DROP TRIGGER article_categories_counted_insert;
DROP TRIGGER article_categories_counted_delete;


CREATE TABLE folders_new (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO folders_new
    (id, name, created_at)
SELECT id, name, created_at
FROM folders ORDER BY id;
DROP TABLE folders;
ALTER TABLE folders_new RENAME TO folders;

CREATE TABLE feeds_new (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The address that is fetched; a permanent redirect changes it and leaves a line in feed_events.
    url             TEXT NOT NULL UNIQUE,
    site_url        TEXT,
    -- The publisher's title follows the feed; the reader's own one is never overwritten.
    title           TEXT NOT NULL,
    custom_title    TEXT,
    folder_id       INTEGER REFERENCES folders (id) ON DELETE SET NULL,
    created_at      INTEGER NOT NULL,
    -- Validators, byte for byte as the server sent them.
    etag            TEXT,
    last_modified   TEXT,
    -- sha256 of the last decoded body: an unchanged 200 is not parsed again.
    body_hash       BLOB,
    last_fetched_at INTEGER,
    next_fetch_at   INTEGER NOT NULL,
    -- new: never fetched; ok; failing: retried with backoff; gone: 410, never asked again by itself.
    state           TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'ok', 'failing', 'gone')),
    -- Failures in a row, and what went wrong last (kind as in domain::feed::ProblemKind).
    failures        INTEGER NOT NULL DEFAULT 0,
    problem_kind    TEXT,
    problem_message TEXT,
    -- A permanent redirect seen but not yet confirmed by a second fetch.
    moved_to        TEXT,
    moved_seen      INTEGER NOT NULL DEFAULT 0,
    -- What the feed says about its rhythm: seconds between changes, hours (bit 0–23, UTC) and days (bit 0 is Monday) to skip.
    hint_interval   INTEGER,
    skip_hours      INTEGER NOT NULL DEFAULT 0,
    skip_days       INTEGER NOT NULL DEFAULT 0,
    -- The server asked (Retry-After) not to be asked before; binds checks by hand too.
    not_before      INTEGER,
    -- Counts the transactions that stored articles of this feed; a decision about a document holds for one revision.
    articles_revision INTEGER NOT NULL DEFAULT 0,
    -- Whether one of its documents used a guid for several items.
    guids_unreliable  INTEGER NOT NULL DEFAULT 0 CHECK (guids_unreliable IN (0, 1)),
    -- Whether all its articles have a row in article_identities; 0 only for what was stored before there were any.
    has_identities    INTEGER NOT NULL DEFAULT 1 CHECK (has_identities IN (0, 1)),
    -- Items of its last document that were left out because there were too many.
    items_left_out    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO feeds_new
    (id, url, site_url, title, custom_title, folder_id, created_at, etag, last_modified, body_hash, last_fetched_at,
    next_fetch_at, state, failures, problem_kind, problem_message, moved_to, moved_seen, hint_interval, skip_hours,
    skip_days, not_before, has_identities)
SELECT id, url, site_url, title, custom_title, folder_id, created_at, etag, last_modified, body_hash, last_fetched_at,
       next_fetch_at, state, failures, problem_kind, problem_message, moved_to, moved_seen, hint_interval, skip_hours,
       skip_days, not_before, 0
FROM feeds ORDER BY id;
DROP TABLE feeds;
ALTER TABLE feeds_new RENAME TO feeds;
CREATE INDEX feeds_due ON feeds (next_fetch_at) WHERE state <> 'gone';
CREATE INDEX feeds_by_folder ON feeds (folder_id);
CREATE TRIGGER feeds_counted AFTER INSERT ON feeds BEGIN
    INSERT INTO feed_counts (feed_id) VALUES (new.id);
END;

CREATE TABLE categories_new (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    slug          TEXT NOT NULL UNIQUE,
    parent_id     INTEGER REFERENCES categories (id) ON DELETE SET NULL,
    weight        TEXT CHECK (weight IN ('block', 'reduce', 'normal', 'boost', 'max')),
    hidden        INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    -- Suggested by the model and not yet seen by the reader.
    is_new        INTEGER NOT NULL DEFAULT 0 CHECK (is_new IN (0, 1)),
    article_count INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;
INSERT INTO categories_new
    (id, name, slug, parent_id, weight, hidden, is_new, article_count, created_at)
SELECT id, name, slug, parent_id, weight, hidden, is_new, article_count, created_at
FROM categories ORDER BY id;
DROP TABLE categories;
ALTER TABLE categories_new RENAME TO categories;
CREATE INDEX categories_by_parent ON categories (parent_id);

CREATE TABLE articles_new (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id          INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    -- As the publisher sent it, at most 4 KiB, else 'sha256:' and its hash. What was stored before this migration has its link, or
    -- a hash in hex, where the publisher gave none.
    guid             TEXT,
    url              TEXT,
    title            TEXT NOT NULL,
    author           TEXT,
    published_at     INTEGER,
    -- published_at, else the time of arrival; never later than arrival. What lists sort by.
    sorted_at        INTEGER NOT NULL,
    fetched_at       INTEGER NOT NULL,
    -- Microseconds since the Unix epoch, strictly growing in the order of arrival and never given twice.
    arrived_us       INTEGER NOT NULL UNIQUE,
    updated_at       INTEGER,
    is_read          INTEGER NOT NULL DEFAULT 0 CHECK (is_read IN (0, 1)),
    is_starred       INTEGER NOT NULL DEFAULT 0 CHECK (is_starred IN (0, 1)),
    -- The last bulk "mark read" that this row took part in (read_batches.id); lets it be undone.
    read_batch       INTEGER,
    state            TEXT NOT NULL DEFAULT 'unscored' CHECK (state IN
        ('unscored', 'queued', 'categorizing', 'scoring', 'scored', 'blocked', 'failed')),
    -- What the worker does next for it. In the queue: a step, no lease, not failed. A blocked article may stand in the
    -- queue too, to be categorised again; a failed one keeps the step that a retry resumes at.
    next_step        TEXT CHECK (next_step IN ('categorize', 'score')),
    scoring_priority INTEGER NOT NULL DEFAULT 0,
    rescore_mode     TEXT CHECK (rescore_mode IN ('full', 'score_only')),
    -- Bad answers so far for this article, and the last one in words.
    attempts         INTEGER NOT NULL DEFAULT 0,
    last_error       TEXT,
    -- The worker's claim; a result is stored only under the lease it was claimed with.
    lease            INTEGER,
    lease_until      INTEGER,
    -- scores.interest × mean weight × quality, as domain::score::composite; NULL until scored.
    composite        REAL,
    -- Rank by the words of the interests (0–10); NULL until computed or when no word is given.
    provisional      REAL,
    -- What "best first" sorts by.
    rank             REAL NOT NULL GENERATED ALWAYS AS (coalesce(composite, provisional, 0.0)) VIRTUAL
) STRICT;
INSERT INTO articles_new
    (id, feed_id, guid, url, title, author, published_at, sorted_at, fetched_at, arrived_us, updated_at, is_read,
    is_starred, read_batch, state, next_step, scoring_priority, rescore_mode, attempts, last_error, lease, lease_until,
    composite, provisional)
SELECT id, feed_id, guid, url, title, author, published_at, sorted_at, fetched_at,
       fetched_at * 1000000 + row_number() OVER (PARTITION BY fetched_at ORDER BY id) - 1, updated_at, is_read,
       is_starred, read_batch, state, next_step, scoring_priority, rescore_mode, attempts, last_error, lease,
       lease_until, composite, provisional
FROM articles ORDER BY id;
DROP TABLE articles;
ALTER TABLE articles_new RENAME TO articles;
CREATE INDEX articles_unread_best ON articles (rank, sorted_at, id, feed_id) WHERE is_read = 0 AND state <> 'blocked';
CREATE INDEX articles_unread_date ON articles (sorted_at, id, feed_id) WHERE is_read = 0 AND state <> 'blocked';
CREATE INDEX articles_all_best ON articles (rank, sorted_at, id, feed_id) WHERE state <> 'blocked';
CREATE INDEX articles_all_date ON articles (sorted_at, id, feed_id) WHERE state <> 'blocked';
CREATE INDEX articles_starred_best ON articles (rank, sorted_at, id, feed_id) WHERE is_starred = 1;
CREATE INDEX articles_starred_date ON articles (sorted_at, id, feed_id) WHERE is_starred = 1;
CREATE INDEX articles_in_progress ON articles (rank, sorted_at, id, feed_id)
    WHERE state IN ('queued', 'categorizing', 'scoring');
CREATE INDEX articles_blocked ON articles (rank, sorted_at, id, feed_id) WHERE state = 'blocked';
CREATE INDEX articles_failed ON articles (rank, sorted_at, id, feed_id) WHERE state = 'failed';
CREATE INDEX articles_feed_best ON articles (feed_id, is_read, rank, sorted_at, id);
CREATE INDEX articles_feed_date ON articles (feed_id, sorted_at, id);
CREATE INDEX articles_queue ON articles (next_step, scoring_priority DESC, published_at IS NULL, published_at, id)
    WHERE next_step IS NOT NULL AND lease IS NULL AND state <> 'failed';
CREATE INDEX articles_unscored ON articles (id) WHERE state = 'unscored';
CREATE INDEX articles_unranked ON articles (id) WHERE composite IS NULL AND provisional IS NULL;
CREATE INDEX articles_leased ON articles (lease_until) WHERE lease IS NOT NULL;
CREATE INDEX articles_read_batch ON articles (read_batch) WHERE read_batch IS NOT NULL;
CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    DELETE FROM articles_fts WHERE rowid = old.id;
END;
CREATE TRIGGER articles_counted_insert AFTER INSERT ON articles BEGIN
    UPDATE feed_counts SET
        total = total + 1,
        visible = visible + (new.state <> 'blocked'),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked'),
        starred = starred + new.is_starred,
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked'),
        failed = failed + (new.state = 'failed')
    WHERE feed_id = new.feed_id;
END;
CREATE TRIGGER articles_counted_delete AFTER DELETE ON articles BEGIN
    UPDATE feed_counts SET
        total = total - 1,
        visible = visible - (old.state <> 'blocked'),
        unread = unread - (old.is_read = 0 AND old.state <> 'blocked'),
        starred = starred - old.is_starred,
        scoring = scoring - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked - (old.state = 'blocked'),
        failed = failed - (old.state = 'failed')
    WHERE feed_id = old.feed_id;
END;
CREATE TRIGGER articles_counted_update AFTER UPDATE OF is_read, is_starred, state ON articles
WHEN old.is_read <> new.is_read OR old.is_starred <> new.is_starred OR old.state <> new.state BEGIN
    UPDATE feed_counts SET
        visible = visible + (new.state <> 'blocked') - (old.state <> 'blocked'),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked') - (old.is_read = 0 AND old.state <> 'blocked'),
        starred = starred + new.is_starred - old.is_starred,
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring'))
                          - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked') - (old.state = 'blocked'),
        failed = failed + (new.state = 'failed') - (old.state = 'failed')
    WHERE feed_id = new.feed_id;
END;

-- Own weight, else the parent's, else normal.
CREATE VIEW category_weights AS
SELECT c.id AS category_id,
       coalesce(c.weight, p.weight, 'normal') AS weight,
       CASE coalesce(c.weight, p.weight, 'normal')
           WHEN 'block' THEN 0.0 WHEN 'reduce' THEN 0.5 WHEN 'boost' THEN 1.5 WHEN 'max' THEN 2.0 ELSE 1.0
       END AS multiplier
FROM categories c LEFT JOIN categories p ON p.id = c.parent_id;

CREATE TRIGGER article_categories_counted_insert AFTER INSERT ON article_categories BEGIN
    UPDATE categories SET article_count = article_count + 1 WHERE id = new.category_id;
END;
CREATE TRIGGER article_categories_counted_delete AFTER DELETE ON article_categories BEGIN
    UPDATE categories SET article_count = article_count - 1 WHERE id = old.category_id;
END;
