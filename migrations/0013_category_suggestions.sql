-- Names that models suggest for categories are kept aside: they become categories when three articles of two feeds had them, or
-- when the reader accepts them.
CREATE TABLE category_suggestions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- As the model spelled it first, and what makes two names the same (domain::category::category_identity).
    name       TEXT NOT NULL,
    identity   TEXT NOT NULL UNIQUE,
    -- The top-level category that it belongs below, as the model says.
    parent_id  INTEGER REFERENCES categories (id) ON DELETE SET NULL,
    -- The feed whose article began it: bounds what one feed can bring within a day.
    feed_id    INTEGER REFERENCES feeds (id) ON DELETE SET NULL,
    -- The reader said "never": kept, so that it is not suggested again.
    refused    INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX category_suggestions_by_feed ON category_suggestions (feed_id, created_at);
CREATE INDEX category_suggestions_by_parent ON category_suggestions (parent_id);

-- The articles that a name was suggested for; they get the category when it becomes one.
CREATE TABLE category_suggestion_articles (
    suggestion_id INTEGER NOT NULL REFERENCES category_suggestions (id) ON DELETE CASCADE,
    article_id    INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (suggestion_id, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX category_suggestion_articles_by_article ON category_suggestion_articles (article_id);

-- Whether models may suggest categories at all.
ALTER TABLE preferences ADD COLUMN suggest_categories INTEGER NOT NULL DEFAULT 1 CHECK (suggest_categories IN (0, 1));

-- What makes two names the same category (domain::category::category_identity); the slug is for addresses only. NULL where SQLite
-- cannot fold the name: the program fills it in when it opens the database (storage::categories::fill_identities).
ALTER TABLE categories ADD COLUMN identity TEXT;
UPDATE categories SET identity = lower(name) WHERE name NOT GLOB '*[^A-Za-z0-9 ]*';
CREATE UNIQUE INDEX categories_by_identity ON categories (identity);

-- Identities of the names that a merged or renamed category used to have; the model cannot bring them back as new ones. Of the
-- names before this migration only the slugs are known, which are ASCII words.
CREATE TABLE category_aliases_new (
    identity    TEXT PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES categories (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO category_aliases_new (identity, category_id)
    SELECT replace(slug, '-', ' '), category_id FROM category_aliases
    WHERE replace(slug, '-', ' ') NOT IN (SELECT identity FROM categories WHERE identity IS NOT NULL);
DROP TABLE category_aliases;
ALTER TABLE category_aliases_new RENAME TO category_aliases;
