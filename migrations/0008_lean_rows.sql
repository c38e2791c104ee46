-- The first sentences of an article, apart from its row: whatever ranks, marks or queues many articles writes their rows anew,
-- and lean rows are half as many pages.
CREATE TABLE article_summaries (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    summary    TEXT NOT NULL
) STRICT;
INSERT INTO article_summaries (article_id, summary) SELECT id, summary FROM articles;
ALTER TABLE articles DROP COLUMN summary;

-- The words that articles were last ranked by, all of them; when the interests say others, everything is ranked anew.
ALTER TABLE preferences ADD COLUMN ranked_with TEXT;
