-- Models that give every article the same score, or whose answers cannot be used (docs/spec/scoring.md).

-- The last answers of each model and step; storage::flat_models keeps forty of each.
CREATE TABLE model_answers (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    model          TEXT NOT NULL,
    step           TEXT NOT NULL CHECK (step IN ('categorize', 'score')),
    prompt_version TEXT NOT NULL,
    is_usable      INTEGER NOT NULL CHECK (is_usable IN (0, 1)),
    -- Of a usable answer of the step 'score'.
    interest       INTEGER,
    quality        INTEGER
) STRICT;
CREATE INDEX model_answers_by_model ON model_answers (model, step, id);

-- What the models answered before this version: the last twenty scores.
INSERT INTO model_answers (model, step, prompt_version, is_usable, interest, quality)
SELECT r.model, r.step, r.prompt_version, 1, s.interest, s.quality
FROM (SELECT article_id, step, model, prompt_version, at FROM model_runs WHERE step = 'score' ORDER BY at DESC LIMIT 20) r
     JOIN scores s ON s.article_id = r.article_id
ORDER BY r.at;

-- Models that gave their last twenty articles the same score with one prompt.
CREATE TABLE flat_models (
    model          TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    interest       INTEGER NOT NULL,
    quality        INTEGER NOT NULL,
    -- 0: its scores differ again, and its articles are to be ranked by them.
    is_flat        INTEGER NOT NULL CHECK (is_flat IN (0, 1)),
    since          INTEGER NOT NULL,
    -- Articles up to this id follow is_flat; NULL: all do.
    done_until     INTEGER,
    PRIMARY KEY (model, prompt_version)
) STRICT, WITHOUT ROWID;

-- 1: a model that gives every article the same score gave the score, so the words of the interests rank the article.
ALTER TABLE articles ADD COLUMN is_flat INTEGER NOT NULL DEFAULT 0 CHECK (is_flat IN (0, 1));

-- The rank is a generated column: it is made anew, with the indexes that hold it.
DROP INDEX articles_unread_best;
DROP INDEX articles_all_best;
DROP INDEX articles_starred_best;
DROP INDEX articles_in_progress;
DROP INDEX articles_blocked;
DROP INDEX articles_failed;
DROP INDEX articles_feed_best;
DROP INDEX articles_duplicates;
DROP INDEX articles_unranked;
ALTER TABLE articles DROP COLUMN rank;
ALTER TABLE articles ADD COLUMN rank REAL NOT NULL
    GENERATED ALWAYS AS (iif(is_flat = 1, coalesce(provisional, composite, 0.0), coalesce(composite, provisional, 0.0))) VIRTUAL;
CREATE INDEX articles_unread_best ON articles (rank, sorted_at, id, feed_id)
    WHERE is_read = 0 AND state <> 'blocked' AND is_hidden = 0;
CREATE INDEX articles_all_best ON articles (rank, sorted_at, id, feed_id) WHERE state <> 'blocked' AND is_hidden = 0;
CREATE INDEX articles_starred_best ON articles (rank, sorted_at, id, feed_id) WHERE is_starred = 1 AND is_hidden = 0;
CREATE INDEX articles_in_progress ON articles (rank, sorted_at, id, feed_id)
    WHERE state IN ('queued', 'categorizing', 'scoring');
CREATE INDEX articles_blocked ON articles (rank, sorted_at, id, feed_id) WHERE state = 'blocked';
CREATE INDEX articles_failed ON articles (rank, sorted_at, id, feed_id) WHERE state = 'failed';
CREATE INDEX articles_feed_best ON articles (feed_id, is_read, rank, sorted_at, id);
CREATE INDEX articles_duplicates ON articles (rank, sorted_at, id, feed_id) WHERE is_duplicate = 1 AND state <> 'blocked';
CREATE INDEX articles_unranked ON articles (id) WHERE (composite IS NULL OR is_flat = 1) AND provisional IS NULL;
