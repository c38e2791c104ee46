-- What tells an article from the others of its feed: docs/adr/0010-identity-of-articles.md. Hashes are the first 64 bits of SHA-256.
CREATE TABLE article_identities (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    -- The article's, for the indexes.
    feed_id    INTEGER NOT NULL,
    guid       INTEGER,
    -- The canonical link, with and without its host.
    link       INTEGER,
    path       INTEGER,
    -- The title; without one the date, or the text.
    label      INTEGER NOT NULL,
    -- Seconds since the Unix epoch, as the publisher gave them.
    date       INTEGER,
    -- Title and plain text; when it differs the score is out of date. NULL: stored before there were identities.
    words      INTEGER,
    -- Everything the publisher sent; when it differs the article was edited. NULL: stored before there were identities.
    content    INTEGER
) STRICT;
CREATE INDEX article_identities_by_guid ON article_identities (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX article_identities_by_path ON article_identities (feed_id, path) WHERE path IS NOT NULL;
CREATE INDEX article_identities_by_label ON article_identities (feed_id, label);

-- One row: the last value of articles.arrived_us that was given, so that none is given twice.
CREATE TABLE arrivals (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    last_us INTEGER NOT NULL
) STRICT;
INSERT INTO arrivals (id, last_us) SELECT 1, coalesce(max(arrived_us), 0) FROM articles;
