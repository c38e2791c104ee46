-- Lists as other readers ask for them (docs/spec/client-apis.md): by the time of arrival, blocked articles left out.

-- All articles. With what folders, score bands and views need, so that a walk reads nothing but the index.
CREATE INDEX articles_by_arrival ON articles (arrived_us, feed_id, state, composite) WHERE state <> 'blocked';
CREATE INDEX articles_unread_arrival ON articles (arrived_us, feed_id, state, composite) WHERE is_read = 0 AND state <> 'blocked';
CREATE INDEX articles_starred_arrival ON articles (arrived_us) WHERE is_starred = 1 AND state <> 'blocked';
-- Those of a feed.
CREATE INDEX articles_feed_arrival ON articles (feed_id, arrived_us);
-- How many unread articles each score band has, and when the last of them arrived.
CREATE INDEX articles_unread_scored ON articles (composite, arrived_us) WHERE is_read = 0 AND state = 'scored';
