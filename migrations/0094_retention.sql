-- Which articles are removed by themselves, and what is kept of them (docs/spec/retention.md).

-- Queries of the query language, one a row; an article that one of them finds is removed. Without any nothing is.
CREATE TABLE retention_rules (
    position INTEGER PRIMARY KEY,
    query    TEXT NOT NULL
) STRICT;

-- The last run; no row before the first.
CREATE TABLE retention_runs (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    began_at INTEGER NOT NULL,
    -- NULL: it goes on, or an end of the process interrupted it.
    ended_at INTEGER,
    -- What it removed so far: articles, and bytes of their texts.
    articles INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0,
    -- Why a rule was left out, in sentences; NULL: none was.
    problem  TEXT
) STRICT;

-- Identities of articles that a rule removed, as article_identities has them of the others: documents of the feed are compared with them
-- too, so that such an article does not come back as a new one.
CREATE TABLE removed_articles (
    -- The id that the article had.
    id      INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    guid    INTEGER,
    link    INTEGER,
    path    INTEGER,
    label   INTEGER NOT NULL,
    date    INTEGER,
    words   INTEGER,
    content INTEGER
) STRICT;
CREATE INDEX removed_articles_by_guid ON removed_articles (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX removed_articles_by_path ON removed_articles (feed_id, path) WHERE path IS NOT NULL;
CREATE INDEX removed_articles_by_label ON removed_articles (feed_id, label);
