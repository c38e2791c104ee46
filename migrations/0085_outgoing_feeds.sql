-- Feeds that Gleaner offers to others of what a saved search finds (docs/spec/query.md, Outgoing feeds). A row means that it is on.

CREATE TABLE outgoing_feeds (
    search_id     INTEGER PRIMARY KEY REFERENCES saved_searches (id) ON DELETE CASCADE,
    -- SHA-256 of the secret in its address; requests are compared with it.
    secret_hash   BLOB NOT NULL UNIQUE,
    -- The secret, encrypted with a key of the instance, so that its address can be shown again.
    sealed_secret BLOB NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;
