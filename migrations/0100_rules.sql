-- Rules: what is done with articles that a query finds (docs/spec/rules.md).

CREATE TABLE rules (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL COLLATE NOCASE,
    -- As it was typed. Names of feeds, folders and categories in it are looked up whenever it is used.
    query           TEXT NOT NULL,
    -- The place in the order in which rules run, ascending from 1; places are given anew when one is moved.
    position        INTEGER NOT NULL,
    is_enabled      INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
    created_at      INTEGER NOT NULL,
    -- NULL: it is not removed. The row of a removed rule is kept for the articles that it hid; its weight is 0.
    removed_at      INTEGER,
    -- What it does.
    marks_read      INTEGER NOT NULL DEFAULT 0 CHECK (marks_read IN (0, 1)),
    stars           INTEGER NOT NULL DEFAULT 0 CHECK (stars IN (0, 1)),
    hides           INTEGER NOT NULL DEFAULT 0 CHECK (hides IN (0, 1)),
    category_id     INTEGER REFERENCES categories (id) ON DELETE SET NULL,
    weight          INTEGER NOT NULL DEFAULT 0 CHECK (weight BETWEEN -3 AND 3),
    -- NULL: articles are scored in their order.
    scoring         TEXT CHECK (scoring IN ('first', 'never')),
    -- The articles in rule_matches, and when the last one was added.
    matched         INTEGER NOT NULL DEFAULT 0,
    last_matched_at INTEGER
) STRICT;
CREATE UNIQUE INDEX rules_by_name ON rules (name) WHERE removed_at IS NULL;

-- The rule that hid the article: rules.id; NULL: none did. Such an article has is_hidden = 1, and takes no part in what the articles of
-- a story share.
ALTER TABLE articles ADD COLUMN hidden_by_rule INTEGER;
-- 1: a rule keeps it out of the queue.
ALTER TABLE articles ADD COLUMN is_never_scored INTEGER NOT NULL DEFAULT 0 CHECK (is_never_scored IN (0, 1));

CREATE INDEX articles_hidden_by_rule ON articles (sorted_at, id, feed_id) WHERE hidden_by_rule IS NOT NULL AND state <> 'blocked';
CREATE INDEX articles_never_scored ON articles (is_read, state, is_hidden, feed_id) WHERE is_never_scored = 1 AND composite IS NOT NULL;
DROP INDEX articles_duplicates_by_display;
CREATE INDEX articles_duplicates_by_display ON articles (is_hidden) WHERE is_duplicate = 1 AND hidden_by_rule IS NULL;

-- Which articles a rule matched: it acts once on each, and its weight counts for them.
CREATE TABLE rule_matches (
    rule_id    INTEGER NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (rule_id, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_matches_by_article ON rule_matches (article_id);

-- Articles that arrived, that their publisher changed or that got a score, and that the rules have not run for since. An article may be
-- in it more than once.
CREATE TABLE rule_queue (
    id         INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX rule_queue_by_article ON rule_queue (article_id);

CREATE TRIGGER articles_queued_for_rules_insert AFTER INSERT ON articles
WHEN EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.id);
END;
CREATE TRIGGER articles_queued_for_rules_update AFTER UPDATE OF updated_at ON articles
WHEN EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.id);
END;
CREATE TRIGGER scores_queued_for_rules_insert AFTER INSERT ON scores
WHEN new.source_article_id IS NULL AND EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.article_id);
END;
CREATE TRIGGER scores_queued_for_rules_update AFTER UPDATE OF scored_at ON scores
WHEN new.source_article_id IS NULL AND EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.article_id);
END;

-- Rules whose weight changed and whose articles are still to be ranked anew. That is done in short transactions; what an end of the
-- process interrupted goes on at the next start.
CREATE TABLE pending_rule_rankings (
    rule_id    INTEGER PRIMARY KEY,
    -- The articles up to this id are done.
    done_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Rules that were applied to articles that were there already.
CREATE TABLE rule_applications (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    rule_id    INTEGER NOT NULL,
    began_at   INTEGER NOT NULL,
    -- NULL: it goes on, or an end of the process interrupted it.
    ended_at   INTEGER,
    -- The articles up to this id are covered, and those up to the second id are done.
    last_id    INTEGER NOT NULL,
    done_until INTEGER NOT NULL DEFAULT 0,
    -- How many articles it found.
    matched    INTEGER NOT NULL DEFAULT 0,
    -- 1 while it is being undone; the row goes with the last of its articles.
    is_undone  INTEGER NOT NULL DEFAULT 0 CHECK (is_undone IN (0, 1)),
    -- 1: the rule was applied again since.
    is_replaced INTEGER NOT NULL DEFAULT 0 CHECK (is_replaced IN (0, 1))
) STRICT;

-- What an application changed, for undoing it: the state of an article (article_rule_states) before and after.
CREATE TABLE rule_changes (
    application_id INTEGER NOT NULL,
    article_id     INTEGER NOT NULL,
    before         TEXT NOT NULL,
    after          TEXT NOT NULL,
    -- 1: the article was not in rule_matches.
    is_new_match   INTEGER NOT NULL,
    -- The category that it got; NULL: it had it before.
    added_category INTEGER,
    PRIMARY KEY (application_id, article_id)
) STRICT, WITHOUT ROWID;

-- What rules change of an article. One that is with a model counts as one that waits.
CREATE VIEW article_rule_states AS
SELECT id, json_object(
    'is_read', is_read, 'read_at', read_at, 'read_batch', read_batch, 'is_starred', is_starred, 'hidden_by_rule', hidden_by_rule,
    'is_never_scored', is_never_scored, 'state', CASE WHEN state IN ('categorizing', 'scoring') THEN 'queued' ELSE state END,
    'next_step', next_step, 'rescore_mode', rescore_mode, 'scoring_priority', scoring_priority, 'attempts', attempts,
    'last_error', last_error) AS state
FROM articles;

-- What the articles of a story share, without those that a rule hid (0090_stories.sql).
DROP TRIGGER articles_story_marks;
CREATE TRIGGER articles_story_marks AFTER UPDATE OF is_read, is_starred, read_batch ON articles
WHEN new.story_id IS NOT NULL AND new.hidden_by_rule IS NULL
     AND (old.is_read, old.is_starred, old.read_batch) IS NOT (new.is_read, new.is_starred, new.read_batch) BEGIN
    UPDATE articles SET is_read = new.is_read, is_starred = new.is_starred, read_batch = new.read_batch, read_at = new.read_at
    WHERE story_id = new.story_id AND id <> new.id AND (is_hidden = 1 OR new.is_hidden = 1) AND hidden_by_rule IS NULL
      AND (is_read, is_starred, read_batch, read_at) IS NOT (new.is_read, new.is_starred, new.read_batch, new.read_at);
END;
DROP TRIGGER votes_story_insert;
CREATE TRIGGER votes_story_insert AFTER INSERT ON votes BEGIN
    INSERT INTO votes (article_id, vote, at, composite, interest, quality, model, prompt_version, provisional)
    SELECT m.id, new.vote, new.at, new.composite, new.interest, new.quality, new.model, new.prompt_version, new.provisional
    FROM articles a CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id
    WHERE a.id = new.article_id AND (m.is_hidden = 1 OR a.is_hidden = 1) AND m.hidden_by_rule IS NULL AND a.hidden_by_rule IS NULL
    ON CONFLICT (article_id) DO UPDATE SET vote = excluded.vote, at = excluded.at, composite = excluded.composite,
        interest = excluded.interest, quality = excluded.quality, model = excluded.model,
        prompt_version = excluded.prompt_version, provisional = excluded.provisional
    WHERE vote <> excluded.vote;
END;
DROP TRIGGER votes_story_update;
CREATE TRIGGER votes_story_update AFTER UPDATE OF vote ON votes WHEN old.vote <> new.vote BEGIN
    UPDATE votes SET vote = new.vote, at = new.at, composite = new.composite, interest = new.interest, quality = new.quality,
        model = new.model, prompt_version = new.prompt_version, provisional = new.provisional
    WHERE vote <> new.vote AND article_id IN
        (SELECT m.id FROM articles a CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id
         WHERE a.id = new.article_id AND (m.is_hidden = 1 OR a.is_hidden = 1) AND m.hidden_by_rule IS NULL AND a.hidden_by_rule IS NULL);
END;
DROP TRIGGER votes_story_delete;
CREATE TRIGGER votes_story_delete AFTER DELETE ON votes BEGIN
    DELETE FROM votes WHERE article_id IN
        (SELECT m.id FROM articles a CROSS JOIN articles m ON m.story_id = a.story_id AND m.id <> a.id
         WHERE a.id = old.article_id AND (m.is_hidden = 1 OR a.is_hidden = 1) AND m.hidden_by_rule IS NULL AND a.hidden_by_rule IS NULL);
END;
DROP TRIGGER articles_story_delete;
CREATE TRIGGER articles_story_delete AFTER DELETE ON articles WHEN old.story_id IS NOT NULL BEGIN
    UPDATE articles SET story_id = NULL WHERE story_id = old.story_id
        AND (SELECT count(*) FROM articles WHERE story_id = old.story_id) = 1 AND is_duplicate = 0;
    UPDATE articles SET state = 'queued', next_step = 'categorize'
    WHERE old.is_duplicate = 0 AND state = 'unscored' AND next_step IS NULL AND is_never_scored = 0
      AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = articles.feed_id AND f.never_score = 1)
      AND id = (SELECT id FROM articles a WHERE story_id = old.story_id
                                         ORDER BY hidden_by_rule IS NOT NULL, composite IS NULL AND state <> 'blocked', composite DESC,
                                                  max(is_never_scored, (SELECT never_score FROM feeds f WHERE f.id = a.feed_id)), id LIMIT 1);
    UPDATE articles SET
        is_duplicate = 0, is_hidden = hidden_by_rule IS NOT NULL,
        story_id = iif((SELECT count(*) FROM articles WHERE story_id = old.story_id) = 1, NULL, story_id)
    WHERE old.is_duplicate = 0 AND id = (SELECT id FROM articles a WHERE story_id = old.story_id
                                         ORDER BY hidden_by_rule IS NOT NULL, composite IS NULL AND state <> 'blocked', composite DESC,
                                                  max(is_never_scored, (SELECT never_score FROM feeds f WHERE f.id = a.feed_id)), id LIMIT 1);
END;
