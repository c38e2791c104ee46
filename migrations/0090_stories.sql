-- The same story in several feeds: docs/adr/0016-same-story.md.

-- Articles with the same number are copies of one story; NULL: it is the only one. The number is the id of one of the first two.
ALTER TABLE articles ADD COLUMN story_id INTEGER;
-- 1: another article of the story stands for it. Each story has one article with 0.
ALTER TABLE articles ADD COLUMN is_duplicate INTEGER NOT NULL DEFAULT 0 CHECK (is_duplicate IN (0, 1));
-- 1: a duplicate that lists and counters leave out. Read mark, star, vote and score are those of its story.
ALTER TABLE articles ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0 CHECK (is_hidden IN (0, 1));
-- 1: duplicates are hidden.
ALTER TABLE preferences ADD COLUMN hide_duplicates INTEGER NOT NULL DEFAULT 1 CHECK (hide_duplicates IN (0, 1));
-- The article of the same story that the model scored in place of this one; NULL: this one. It may have been removed since.
ALTER TABLE scores ADD COLUMN source_article_id INTEGER;

CREATE INDEX articles_by_story ON articles (story_id) WHERE story_id IS NOT NULL;
CREATE INDEX articles_duplicates ON articles (rank, sorted_at, id, feed_id) WHERE is_duplicate = 1 AND state <> 'blocked';
-- What to do after the preference was changed.
CREATE INDEX articles_duplicates_by_display ON articles (is_hidden) WHERE is_duplicate = 1;

-- Articles of the last five days, which new ones are compared with.
CREATE TABLE story_candidates (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    -- That of the article: of publication, else of arrival, in seconds since the Unix epoch.
    sorted_at  INTEGER NOT NULL,
    -- domain::story_signature::StorySignature as bytes.
    signature  BLOB NOT NULL,
    -- Its rows in story_keys, as a JSON array.
    keys       TEXT NOT NULL
) STRICT;
CREATE INDEX story_candidates_by_time ON story_candidates (sorted_at);

-- What articles that may be the same story have in common: hashes of address, title and pairs of smallest shingles (bands of MinHash).
CREATE TABLE story_keys (
    key        INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (key, article_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER story_candidates_delete AFTER DELETE ON story_candidates BEGIN
    DELETE FROM story_keys WHERE article_id = old.article_id AND key IN (SELECT value FROM json_each(old.keys));
END;

-- The lists, without hidden articles.
DROP INDEX articles_unread_best;
CREATE INDEX articles_unread_best ON articles (rank, sorted_at, id, feed_id)
    WHERE is_read = 0 AND state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_unread_date;
CREATE INDEX articles_unread_date ON articles (sorted_at, id, feed_id)
    WHERE is_read = 0 AND state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_all_best;
CREATE INDEX articles_all_best ON articles (rank, sorted_at, id, feed_id) WHERE state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_all_date;
CREATE INDEX articles_all_date ON articles (sorted_at, id, feed_id) WHERE state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_starred_best;
CREATE INDEX articles_starred_best ON articles (rank, sorted_at, id, feed_id) WHERE is_starred = 1 AND is_hidden = 0;
DROP INDEX articles_starred_date;
CREATE INDEX articles_starred_date ON articles (sorted_at, id, feed_id) WHERE is_starred = 1 AND is_hidden = 0;
DROP INDEX articles_by_arrival;
CREATE INDEX articles_by_arrival ON articles (arrived_us, feed_id, state, composite) WHERE state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_unread_arrival;
CREATE INDEX articles_unread_arrival ON articles (arrived_us, feed_id, state, composite)
    WHERE is_read = 0 AND state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_starred_arrival;
CREATE INDEX articles_starred_arrival ON articles (arrived_us) WHERE is_starred = 1 AND state <> 'blocked' AND is_hidden = 0;
DROP INDEX articles_unread_scored;
CREATE INDEX articles_unread_scored ON articles (composite, arrived_us) WHERE is_read = 0 AND state = 'scored' AND is_hidden = 0;

-- Marks of a hidden article and of the one that stands for it are the same: whoever sets one sets all. Triggers do not start
-- themselves (recursive_triggers is off), so each change is passed on once, and no counter of changed rows counts it.
CREATE TRIGGER articles_story_marks AFTER UPDATE OF is_read, is_starred, read_batch ON articles
WHEN new.story_id IS NOT NULL
     AND (old.is_read, old.is_starred, old.read_batch) IS NOT (new.is_read, new.is_starred, new.read_batch) BEGIN
    UPDATE articles SET is_read = new.is_read, is_starred = new.is_starred, read_batch = new.read_batch, read_at = new.read_at
    WHERE story_id = new.story_id AND id <> new.id AND (is_hidden = 1 OR new.is_hidden = 1)
      AND (is_read, is_starred, read_batch, read_at) IS NOT (new.is_read, new.is_starred, new.read_batch, new.read_at);
END;
CREATE TRIGGER votes_story_insert AFTER INSERT ON votes BEGIN
    INSERT INTO votes (article_id, vote, at, composite, interest, quality, model, prompt_version, provisional)
    SELECT m.id, new.vote, new.at, new.composite, new.interest, new.quality, new.model, new.prompt_version, new.provisional
    FROM articles a CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id
    WHERE a.id = new.article_id AND (m.is_hidden = 1 OR a.is_hidden = 1)
    ON CONFLICT (article_id) DO UPDATE SET vote = excluded.vote, at = excluded.at, composite = excluded.composite,
        interest = excluded.interest, quality = excluded.quality, model = excluded.model,
        prompt_version = excluded.prompt_version, provisional = excluded.provisional
    WHERE vote <> excluded.vote;
END;
CREATE TRIGGER votes_story_update AFTER UPDATE OF vote ON votes WHEN old.vote <> new.vote BEGIN
    UPDATE votes SET vote = new.vote, at = new.at, composite = new.composite, interest = new.interest, quality = new.quality,
        model = new.model, prompt_version = new.prompt_version, provisional = new.provisional
    WHERE vote <> new.vote AND article_id IN
        (SELECT m.id FROM articles a CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id
         WHERE a.id = new.article_id AND (m.is_hidden = 1 OR a.is_hidden = 1));
END;
-- The vote of a removed article goes with it alone: its row is gone before.
CREATE TRIGGER votes_story_delete AFTER DELETE ON votes BEGIN
    DELETE FROM votes WHERE article_id IN
        (SELECT m.id FROM articles a CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id
         WHERE a.id = old.article_id AND (m.is_hidden = 1 OR a.is_hidden = 1));
END;

-- After the last but one article of a story the other is an article as any; after the one that stood for the story the best of the
-- others stands for it. What has no score is queued, unless its feed is never scored (0093_feed_weights.sql).
CREATE TRIGGER articles_story_delete AFTER DELETE ON articles WHEN old.story_id IS NOT NULL BEGIN
    UPDATE articles SET story_id = NULL WHERE story_id = old.story_id
        AND (SELECT count(*) FROM articles WHERE story_id = old.story_id) = 1 AND is_duplicate = 0;
    UPDATE articles SET state = 'queued', next_step = 'categorize'
    WHERE old.is_duplicate = 0 AND state = 'unscored' AND next_step IS NULL
      AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = articles.feed_id AND f.never_score = 1)
      AND id = (SELECT id FROM articles a WHERE story_id = old.story_id
                                         ORDER BY composite IS NULL AND state <> 'blocked', composite DESC,
                                                  (SELECT never_score FROM feeds f WHERE f.id = a.feed_id), id LIMIT 1);
    UPDATE articles SET
        is_duplicate = 0, is_hidden = 0,
        story_id = iif((SELECT count(*) FROM articles WHERE story_id = old.story_id) = 1, NULL, story_id)
    WHERE old.is_duplicate = 0 AND id = (SELECT id FROM articles a WHERE story_id = old.story_id
                                         ORDER BY composite IS NULL AND state <> 'blocked', composite DESC,
                                                  (SELECT never_score FROM feeds f WHERE f.id = a.feed_id), id LIMIT 1);
END;

-- Counters, without hidden articles as the lists.
DROP TRIGGER articles_counted_insert;
CREATE TRIGGER articles_counted_insert AFTER INSERT ON articles BEGIN
    UPDATE feed_counts SET
        total = total + 1,
        visible = visible + (new.state <> 'blocked' AND new.is_hidden = 0),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0),
        unread_scored = unread_scored
            + (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0 AND new.composite IS NOT NULL),
        starred = starred + (new.is_starred AND new.is_hidden = 0),
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked'),
        failed = failed + (new.state = 'failed')
    WHERE feed_id = new.feed_id;
END;

DROP TRIGGER articles_counted_delete;
CREATE TRIGGER articles_counted_delete AFTER DELETE ON articles BEGIN
    UPDATE feed_counts SET
        total = total - 1,
        visible = visible - (old.state <> 'blocked' AND old.is_hidden = 0),
        unread = unread - (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0),
        unread_scored = unread_scored
            - (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0 AND old.composite IS NOT NULL),
        starred = starred - (old.is_starred AND old.is_hidden = 0),
        scoring = scoring - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked - (old.state = 'blocked'),
        failed = failed - (old.state = 'failed')
    WHERE feed_id = old.feed_id;
END;

-- A composite counts by whether there is one: that it changes is nothing to count.
DROP TRIGGER articles_counted_update;
CREATE TRIGGER articles_counted_update AFTER UPDATE OF is_read, is_starred, state, composite, is_hidden ON articles
WHEN old.is_read <> new.is_read OR old.is_starred <> new.is_starred OR old.state <> new.state OR old.is_hidden <> new.is_hidden
     OR (old.composite IS NULL) <> (new.composite IS NULL) BEGIN
    UPDATE feed_counts SET
        visible = visible + (new.state <> 'blocked' AND new.is_hidden = 0) - (old.state <> 'blocked' AND old.is_hidden = 0),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0)
                        - (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0),
        unread_scored = unread_scored
            + (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0 AND new.composite IS NOT NULL)
            - (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0 AND old.composite IS NOT NULL),
        starred = starred + (new.is_starred AND new.is_hidden = 0) - (old.is_starred AND old.is_hidden = 0),
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring'))
                          - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked') - (old.state = 'blocked'),
        failed = failed + (new.state = 'failed') - (old.state = 'failed')
    WHERE feed_id = new.feed_id;
END;

DROP TRIGGER articles_counted_move;
CREATE TRIGGER articles_counted_move AFTER UPDATE OF feed_id ON articles WHEN old.feed_id <> new.feed_id BEGIN
    UPDATE feed_counts SET
        total = total - 1,
        visible = visible - (old.state <> 'blocked' AND old.is_hidden = 0),
        unread = unread - (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0),
        unread_scored = unread_scored
            - (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0 AND old.composite IS NOT NULL),
        starred = starred - (old.is_starred AND old.is_hidden = 0),
        scoring = scoring - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked - (old.state = 'blocked'),
        failed = failed - (old.state = 'failed')
    WHERE feed_id = old.feed_id;
    UPDATE feed_counts SET
        total = total + 1,
        visible = visible + (new.state <> 'blocked' AND new.is_hidden = 0),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0),
        unread_scored = unread_scored
            + (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0 AND new.composite IS NOT NULL),
        starred = starred + (new.is_starred AND new.is_hidden = 0),
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked'),
        failed = failed + (new.state = 'failed')
    WHERE feed_id = new.feed_id;
END;

-- Articles that count for the parent by another of their categories too stay or are counted there already.
DROP TRIGGER categories_counted_move;
CREATE TRIGGER categories_counted_move AFTER UPDATE OF parent_id ON categories WHEN old.parent_id IS NOT new.parent_id BEGIN
    UPDATE category_counts SET unread = unread -
        (SELECT count(*) FROM article_categories m JOIN articles a ON a.id = m.article_id
         WHERE m.category_id = new.id AND a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0 AND NOT EXISTS
            (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
             WHERE l.article_id = m.article_id AND l.category_id <> new.id AND old.parent_id IN (c.id, c.parent_id)))
    WHERE category_id = old.parent_id;
    UPDATE category_counts SET unread = unread +
        (SELECT count(*) FROM article_categories m JOIN articles a ON a.id = m.article_id
         WHERE m.category_id = new.id AND a.is_read = 0 AND a.state <> 'blocked' AND a.is_hidden = 0 AND NOT EXISTS
            (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
             WHERE l.article_id = m.article_id AND l.category_id <> new.id AND new.parent_id IN (c.id, c.parent_id)))
    WHERE category_id = new.parent_id;
END;

DROP TRIGGER articles_counted_by_category_update;
CREATE TRIGGER articles_counted_by_category_update AFTER UPDATE OF is_read, state, is_hidden ON articles
WHEN (new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0)
     <> (old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0) BEGIN
    UPDATE category_counts SET unread = unread
        + iif(new.is_read = 0 AND new.state <> 'blocked' AND new.is_hidden = 0, 1, -1)
    WHERE category_id IN
        (SELECT category_id FROM article_categories WHERE article_id = new.id
         UNION SELECT c.parent_id FROM article_categories l JOIN categories c ON c.id = l.category_id WHERE l.article_id = new.id);
END;

DROP TRIGGER articles_counted_by_category_delete;
CREATE TRIGGER articles_counted_by_category_delete BEFORE DELETE ON articles
WHEN old.is_read = 0 AND old.state <> 'blocked' AND old.is_hidden = 0 BEGIN
    UPDATE category_counts SET unread = unread - 1
    WHERE category_id IN
        (SELECT category_id FROM article_categories WHERE article_id = old.id
         UNION SELECT c.parent_id FROM article_categories l JOIN categories c ON c.id = l.category_id WHERE l.article_id = old.id);
END;

-- A category of an article counts for itself and its parent, unless another one of the article counts there already. With a deleted
-- article its categories leave after it, and count no more.
DROP TRIGGER article_categories_counted_unread_insert;
CREATE TRIGGER article_categories_counted_unread_insert AFTER INSERT ON article_categories
WHEN (SELECT is_read = 0 AND state <> 'blocked' AND is_hidden = 0 FROM articles WHERE id = new.article_id) BEGIN
    UPDATE category_counts SET unread = unread + 1
    WHERE category_id IN (SELECT new.category_id UNION SELECT parent_id FROM categories WHERE id = new.category_id)
      AND NOT EXISTS (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
                      WHERE l.article_id = new.article_id AND l.category_id <> new.category_id
                        AND category_counts.category_id IN (c.id, c.parent_id));
END;

DROP TRIGGER article_categories_counted_unread_delete;
CREATE TRIGGER article_categories_counted_unread_delete AFTER DELETE ON article_categories
WHEN (SELECT is_read = 0 AND state <> 'blocked' AND is_hidden = 0 FROM articles WHERE id = old.article_id) BEGIN
    UPDATE category_counts SET unread = unread - 1
    WHERE category_id IN (SELECT old.category_id UNION SELECT parent_id FROM categories WHERE id = old.category_id)
      AND NOT EXISTS (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
                      WHERE l.article_id = old.article_id AND category_counts.category_id IN (c.id, c.parent_id));
END;
