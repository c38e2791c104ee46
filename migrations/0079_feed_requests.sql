-- What the reader lets requests for one feed carry: a user agent, headers, a password, a cookie.
CREATE TABLE feed_requests (
    feed_id INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    -- Scheme, host and port of the feed when this was saved: it is sent there and nowhere else.
    origin  TEXT NOT NULL,
    -- JSON (server::feed::fetch::FeedRequest), sealed by server::secrets::seal for the feed and the origin.
    sealed  BLOB NOT NULL
) STRICT;
