-- How often the process died while it read a feed, since the feed's last check. Counted rather than found by comparing times, which
-- are wrong when the clock was.
ALTER TABLE feeds ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
UPDATE feeds SET crashes = (SELECT count(*) FROM feed_events e
    WHERE e.feed_id = feeds.id AND e.kind = 'crashed' AND e.at > coalesce(feeds.last_fetched_at, 0));
