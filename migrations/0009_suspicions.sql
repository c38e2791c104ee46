-- Signs that an article's text talks to a model instead of to people (JSON array of words); only where there are any.
CREATE TABLE article_suspicions (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    signs      TEXT NOT NULL CHECK (json_valid(signs))
) STRICT;
