-- The host that a feed is fetched from, with its port unless it is the scheme's own: domain::feed_url::FeedUrl::authority. What
-- a server asks for with Retry-After holds for all its feeds.
ALTER TABLE feeds ADD COLUMN host TEXT GENERATED ALWAYS AS
    (substr(url, instr(url, '://') + 3, instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1)) VIRTUAL;
CREATE INDEX feeds_by_host ON feeds (host);

-- Seconds between the last check and the next, as planned after the last one and without the spread that keeps feeds apart, and
-- which rule made it so (a word of domain::feed_schedule::CheckReason). NULL before the first check.
ALTER TABLE feeds ADD COLUMN check_interval INTEGER;
ALTER TABLE feeds ADD COLUMN check_reason TEXT;

-- Articles move when the address of their feed turns out to be that of another subscription.
CREATE TRIGGER articles_counted_move AFTER UPDATE OF feed_id ON articles WHEN old.feed_id <> new.feed_id BEGIN
    UPDATE feed_counts SET
        total = total - 1,
        visible = visible - (old.state <> 'blocked'),
        unread = unread - (old.is_read = 0 AND old.state <> 'blocked'),
        starred = starred - old.is_starred,
        scoring = scoring - (old.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked - (old.state = 'blocked'),
        failed = failed - (old.state = 'failed')
    WHERE feed_id = old.feed_id;
    UPDATE feed_counts SET
        total = total + 1,
        visible = visible + (new.state <> 'blocked'),
        unread = unread + (new.is_read = 0 AND new.state <> 'blocked'),
        starred = starred + new.is_starred,
        scoring = scoring + (new.state IN ('queued', 'categorizing', 'scoring')),
        blocked = blocked + (new.state = 'blocked'),
        failed = failed + (new.state = 'failed')
    WHERE feed_id = new.feed_id;
END;
