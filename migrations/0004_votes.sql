-- What readers thought of articles, with the score as it stood when they said so; what a later learning would learn from.
CREATE TABLE votes (
    article_id     INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    vote           TEXT NOT NULL CHECK (vote IN ('up', 'down')),
    at             INTEGER NOT NULL,
    -- NULL: no model had scored the article yet; then only the rank by words may be there.
    composite      REAL,
    interest       INTEGER,
    quality        INTEGER,
    model          TEXT,
    prompt_version TEXT,
    provisional    REAL
) STRICT;
