-- The last exchanges of feeds with their servers, for the page of a feed; at most five a feed.
CREATE TABLE feed_exchanges (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id  INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    -- domain::feed_exchange::FeedExchange as JSON: headers without secrets, status, size, time, decision, next check.
    exchange TEXT NOT NULL
) STRICT;
CREATE INDEX feed_exchanges_by_feed ON feed_exchanges (feed_id, id);
