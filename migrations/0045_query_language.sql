-- What the query language (docs/spec/query.md) asks of articles beside what there is already.

-- When the article was marked read; NULL while it is unread, and for what was read before this migration.
ALTER TABLE articles ADD COLUMN read_at INTEGER;
CREATE INDEX articles_by_read_time ON articles (read_at) WHERE read_at IS NOT NULL;
CREATE INDEX articles_updated ON articles (id) WHERE updated_at IS NOT NULL;

-- Tokens of the addresses of articles, as articles_fts has them of the text; rowid = articles.id.
CREATE VIRTUAL TABLE article_links_fts USING fts5 (
    link, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '+#.'"
);
CREATE TRIGGER article_links_fts_delete AFTER DELETE ON articles BEGIN
    DELETE FROM article_links_fts WHERE rowid = old.id;
END;

-- Properties of the text of an article, made with its row of the full-text index.
CREATE TABLE article_traits (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    -- Words of the plain text; in scripts without spaces pairs of letters.
    words      INTEGER NOT NULL,
    -- Whether the text has a picture.
    has_image  INTEGER NOT NULL CHECK (has_image IN (0, 1))
) STRICT;
CREATE INDEX article_traits_by_words ON article_traits (words);
CREATE INDEX article_traits_with_image ON article_traits (article_id) WHERE has_image = 1;

-- All articles are indexed anew, newest first, a few at a time; until then the old rows are found.
UPDATE search_index_progress SET below = (SELECT coalesce(max(id) + 1, 0) FROM articles);

CREATE INDEX scores_by_interest ON scores (interest);
CREATE INDEX scores_by_quality ON scores (quality);
CREATE INDEX votes_by_vote ON votes (vote);
CREATE INDEX model_runs_by_model ON model_runs (model);
CREATE INDEX model_runs_by_digest ON model_runs (model_digest) WHERE model_digest IS NOT NULL;
CREATE INDEX model_runs_by_prompt ON model_runs (prompt_version);
CREATE INDEX article_details_by_language ON article_details (language COLLATE NOCASE) WHERE language IS NOT NULL;
CREATE INDEX article_details_with_comments ON article_details (article_id) WHERE comments_url IS NOT NULL;
CREATE INDEX article_media_by_kind ON article_media (kind);
