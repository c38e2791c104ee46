-- The full-text index holds tokens that the program makes (domain::words), so that search, interests and matched words agree in
-- every script; SQLite only splits them at spaces. `capitals` has words that count in capitals only (R, IT), and in every row the
-- token ↑, from which searches for what must not occur begin. rowid = articles.id; the index has no copy of the text.
DROP TABLE articles_fts;
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, author, body, capitals, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '+#.'"
);

-- One row: articles with a smaller id still have to be indexed, newest first, a few at a time; 0 when all are.
CREATE TABLE search_index_progress (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    below INTEGER NOT NULL
) STRICT;
INSERT INTO search_index_progress (id, below) SELECT 1, coalesce(max(id) + 1, 0) FROM articles;
