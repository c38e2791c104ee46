-- How many unread articles a re-evaluation covers, kept as they change: two settings pages show it, and read every unread article for it.

ALTER TABLE feed_counts ADD COLUMN
    -- Articles that are neither read nor blocked and have a composite: a model scored them.
    unread_scored INTEGER NOT NULL DEFAULT 0;
UPDATE feed_counts SET unread_scored =
    (SELECT count(*) FROM articles a
     WHERE a.feed_id = feed_counts.feed_id AND a.is_read = 0 AND a.state <> 'blocked' AND a.composite IS NOT NULL);

DROP TRIGGER articles_counted_insert;
CREATE TRIGGER articles_counted_insert AFTER INSERT ON articles BEGIN
    UPDATE feed_counts SET
        total = total + 1,
        visible = visible + (new.state <> 'blocked'),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked'),
        unread_scored = unread_scored + (new.is_read = 0 AND new.state <> 'blocked' AND new.composite IS NOT NULL),
        starred = starred + new.is_starred,
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked'),
        failed = failed + (new.state = 'failed')
    WHERE feed_id = new.feed_id;
END;

DROP TRIGGER articles_counted_delete;
CREATE TRIGGER articles_counted_delete AFTER DELETE ON articles BEGIN
    UPDATE feed_counts SET
        total = total - 1,
        visible = visible - (old.state <> 'blocked'),
        unread = unread - (old.is_read = 0 AND old.state <> 'blocked'),
        unread_scored = unread_scored - (old.is_read = 0 AND old.state <> 'blocked' AND old.composite IS NOT NULL),
        starred = starred - old.is_starred,
        scoring = scoring - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked - (old.state = 'blocked'),
        failed = failed - (old.state = 'failed')
    WHERE feed_id = old.feed_id;
END;

-- A composite counts by whether there is one: that it changes is nothing to count.
DROP TRIGGER articles_counted_update;
CREATE TRIGGER articles_counted_update AFTER UPDATE OF is_read, is_starred, state, composite ON articles
WHEN old.is_read <> new.is_read OR old.is_starred <> new.is_starred OR old.state <> new.state
     OR (old.composite IS NULL) <> (new.composite IS NULL) BEGIN
    UPDATE feed_counts SET
        visible = visible + (new.state <> 'blocked') - (old.state <> 'blocked'),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked') - (old.is_read = 0 AND old.state <> 'blocked'),
        unread_scored = unread_scored
            + (new.is_read = 0 AND new.state <> 'blocked' AND new.composite IS NOT NULL)
            - (old.is_read = 0 AND old.state <> 'blocked' AND old.composite IS NOT NULL),
        starred = starred + new.is_starred - old.is_starred,
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
        visible = visible - (old.state <> 'blocked'),
        unread = unread - (old.is_read = 0 AND old.state <> 'blocked'),
        unread_scored = unread_scored - (old.is_read = 0 AND old.state <> 'blocked' AND old.composite IS NOT NULL),
        starred = starred - old.is_starred,
        scoring = scoring - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked - (old.state = 'blocked'),
        failed = failed - (old.state = 'failed')
    WHERE feed_id = old.feed_id;
    UPDATE feed_counts SET
        total = total + 1,
        visible = visible + (new.state <> 'blocked'),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked'),
        unread_scored = unread_scored + (new.is_read = 0 AND new.state <> 'blocked' AND new.composite IS NOT NULL),
        starred = starred + new.is_starred,
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked'),
        failed = failed + (new.state = 'failed')
    WHERE feed_id = new.feed_id;
END;
