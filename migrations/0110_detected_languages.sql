-- The language of a text where the publisher declares none, and queries for it and for full texts (docs/spec/query.md).

-- As detected of title and text: a primary tag (BCP 47). NULL: too few letters, or none for certain.
ALTER TABLE article_traits ADD COLUMN language TEXT;
CREATE INDEX article_traits_by_language ON article_traits (language) WHERE language IS NOT NULL;
CREATE INDEX article_full_texts_with_text ON article_full_texts (article_id) WHERE html IS NOT NULL;

-- All articles are indexed anew, newest first, a few at a time, and their languages detected with it.
UPDATE search_index_progress SET below = (SELECT coalesce(max(id) + 1, 0) FROM articles);
