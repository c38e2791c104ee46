-- Times are whole seconds since the Unix epoch, booleans 0 or 1, states the words of scoring.md.

CREATE TABLE folders (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE feeds (
    id              INTEGER PRIMARY KEY,
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
    not_before      INTEGER
) STRICT;
CREATE INDEX feeds_due ON feeds (next_fetch_at) WHERE state <> 'gone';
CREATE INDEX feeds_by_folder ON feeds (folder_id);

-- The audit trail of a feed: moved, gone, revived.
CREATE TABLE feed_events (
    id      INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
CREATE INDEX feed_events_by_feed ON feed_events (feed_id, id);

-- What a list shows of an article; its body stands in article_bodies so that a page of rows stays a few kilobytes.
CREATE TABLE articles (
    id               INTEGER PRIMARY KEY,
    feed_id          INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    -- The entry's own identity within its feed: guid, id, or what domain::feed derives in their place.
    guid             TEXT NOT NULL,
    url              TEXT,
    title            TEXT NOT NULL,
    author           TEXT,
    -- The first sentences as plain text.
    summary          TEXT NOT NULL,
    published_at     INTEGER,
    -- published_at, else the time of arrival; never later than arrival. What lists sort by.
    sorted_at        INTEGER NOT NULL,
    fetched_at       INTEGER NOT NULL,
    updated_at       INTEGER,
    -- sha256 over title, url, author and body; an upsert of an unchanged entry writes nothing.
    content_hash     BLOB NOT NULL,
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
    rank             REAL NOT NULL GENERATED ALWAYS AS (coalesce(composite, provisional, 0.0)) VIRTUAL,
    UNIQUE (feed_id, guid)
) STRICT;

-- One index for each view and key; storage/lists.rs names them. feed_id stands last so that a walk along one of them can
-- leave out other feeds without touching their rows.
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

-- Bulk "mark read"s that can still be undone; old ones go when the next is made.
CREATE TABLE read_batches (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    at    INTEGER NOT NULL
) STRICT;

-- The sanitised body, made once, when the entry is stored.
CREATE TABLE article_bodies (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    html       TEXT NOT NULL
) STRICT;

-- Full text over title and plain body; rowid = articles.id. Holds the index only, not a second copy of the text.
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, body, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);
CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    DELETE FROM articles_fts WHERE rowid = old.id;
END;

-- Kept counters, so that no page ever counts rows. One row a feed; a total is the sum over feeds.
CREATE TABLE feed_counts (
    feed_id INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    total   INTEGER NOT NULL DEFAULT 0,
    visible INTEGER NOT NULL DEFAULT 0,
    unread  INTEGER NOT NULL DEFAULT 0,
    starred INTEGER NOT NULL DEFAULT 0,
    scoring INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    failed  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TRIGGER feeds_counted AFTER INSERT ON feeds BEGIN
    INSERT INTO feed_counts (feed_id) VALUES (new.id);
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

CREATE TABLE categories (
    id            INTEGER PRIMARY KEY,
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
CREATE INDEX categories_by_parent ON categories (parent_id);
-- To begin with. Whoever removes them does not get them back.
INSERT INTO categories (id, name, slug, parent_id, created_at) VALUES
    (1, 'Technology', 'technology', NULL, unixepoch()),
    (2, 'Science', 'science', NULL, unixepoch()),
    (3, 'Business', 'business', NULL, unixepoch()),
    (4, 'Entertainment', 'entertainment', NULL, unixepoch()),
    (5, 'Culture', 'culture', NULL, unixepoch()),
    (6, 'Health', 'health', NULL, unixepoch()),
    (7, 'Politics', 'politics', NULL, unixepoch()),
    (8, 'Education', 'education', NULL, unixepoch()),
    (9, 'Cybersecurity', 'cybersecurity', 1, unixepoch()),
    (10, 'AI', 'ai', 1, unixepoch()),
    (11, 'Programming', 'programming', 1, unixepoch()),
    (12, 'Climate', 'climate', 2, unixepoch()),
    (13, 'Space', 'space', 2, unixepoch()),
    (14, 'Finance', 'finance', 3, unixepoch()),
    (15, 'Startups', 'startups', 3, unixepoch()),
    (16, 'Gaming', 'gaming', 4, unixepoch()),
    (17, 'Film', 'film', 4, unixepoch()),
    (18, 'Music', 'music', 4, unixepoch()),
    (19, 'Philosophy', 'philosophy', 5, unixepoch()),
    (20, 'History', 'history', 5, unixepoch()),
    (21, 'Design', 'design', 5, unixepoch()),
    (22, 'Law', 'law', 7, unixepoch());

-- Slugs that a merged or renamed category used to have; the model cannot bring them back as new ones.
CREATE TABLE category_aliases (
    slug        TEXT PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES categories (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Own weight, else the parent's, else normal.
CREATE VIEW category_weights AS
SELECT c.id AS category_id,
       coalesce(c.weight, p.weight, 'normal') AS weight,
       CASE coalesce(c.weight, p.weight, 'normal')
           WHEN 'block' THEN 0.0 WHEN 'reduce' THEN 0.5 WHEN 'boost' THEN 1.5 WHEN 'max' THEN 2.0 ELSE 1.0
       END AS multiplier
FROM categories c LEFT JOIN categories p ON p.id = c.parent_id;

CREATE TABLE article_categories (
    article_id  INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES categories (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    PRIMARY KEY (article_id, category_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_categories_by_category ON article_categories (category_id, article_id);
CREATE TRIGGER article_categories_counted_insert AFTER INSERT ON article_categories BEGIN
    UPDATE categories SET article_count = article_count + 1 WHERE id = new.category_id;
END;
CREATE TRIGGER article_categories_counted_delete AFTER DELETE ON article_categories BEGIN
    UPDATE categories SET article_count = article_count - 1 WHERE id = old.category_id;
END;

CREATE TABLE scores (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    interest   INTEGER NOT NULL CHECK (interest BETWEEN 0 AND 10),
    quality    INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 10),
    reasoning  TEXT NOT NULL,
    -- Up to three quotes (JSON array) that were found in the article.
    evidence   TEXT NOT NULL DEFAULT '[]',
    scored_at  INTEGER NOT NULL
) STRICT;

-- Provenance: the last model run of each step for each article.
CREATE TABLE model_runs (
    article_id    INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    step          TEXT NOT NULL CHECK (step IN ('categorize', 'score')),
    model         TEXT NOT NULL,
    model_digest  TEXT,
    -- Hash of the exact prompt text, and the options as sent (JSON).
    prompt_version TEXT NOT NULL,
    options       TEXT NOT NULL,
    prompt_tokens INTEGER,
    output_tokens INTEGER,
    duration_ms   INTEGER NOT NULL,
    -- Characters of the article that did not fit; 0 when it was sent whole.
    cut_chars     INTEGER NOT NULL DEFAULT 0,
    at            INTEGER NOT NULL,
    PRIMARY KEY (article_id, step)
) STRICT, WITHOUT ROWID;
-- The pace of the last runs, for estimates.
CREATE INDEX model_runs_recent ON model_runs (step, at, duration_ms);

-- The reader's choices, one row; NULL means the configured default.
CREATE TABLE preferences (
    id                    INTEGER PRIMARY KEY CHECK (id = 1),
    interests             TEXT NOT NULL DEFAULT '',
    anti_interests        TEXT NOT NULL DEFAULT '',
    -- Seconds between checks of a feed, 60–86400.
    feed_refresh_interval INTEGER,
    scoring_paused        INTEGER NOT NULL DEFAULT 0 CHECK (scoring_paused IN (0, 1)),
    theme                 TEXT CHECK (theme IN ('light', 'dark')),
    keyboard              INTEGER NOT NULL DEFAULT 1 CHECK (keyboard IN (0, 1)),
    updated_at            INTEGER
) STRICT;
INSERT INTO preferences (id) VALUES (1);

-- Which models do what, one row; NULL means the configured default.
CREATE TABLE model_choices (
    id                   INTEGER PRIMARY KEY CHECK (id = 1),
    categorization_model TEXT,
    scoring_model        TEXT,
    use_separate_models  INTEGER CHECK (use_separate_models IN (0, 1)),
    num_ctx              INTEGER,
    temperature          REAL,
    keep_alive           TEXT,
    num_predict          INTEGER,
    think                INTEGER CHECK (think IN (0, 1)),
    -- What the last re-evaluation ran with (JSON), for the state of its button.
    last_evaluated       TEXT,
    updated_at           INTEGER
) STRICT;
INSERT INTO model_choices (id) VALUES (1);

-- Long-running work that survives a restart, such as the pull of a model.
CREATE TABLE jobs (
    -- Never given twice: whoever follows a job must not come upon another one.
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    -- What it is about (a model's canonical name); one unfinished job of a kind per key.
    key         TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    -- Kind-specific JSON: what was asked, and how far it is.
    request     TEXT NOT NULL DEFAULT '{}',
    progress    TEXT NOT NULL DEFAULT '{}',
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT,
    lease_until INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE UNIQUE INDEX jobs_unfinished ON jobs (kind, key) WHERE state IN ('queued', 'running');
