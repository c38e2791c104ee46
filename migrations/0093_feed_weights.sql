-- How a feed takes part in scoring, as the reader chose (docs/spec/scoring.md "Weight of a feed" and "Feeds that are never scored").

-- Points that are added to the composite of each of its articles.
ALTER TABLE feeds ADD COLUMN weight INTEGER NOT NULL DEFAULT 0 CHECK (weight BETWEEN -3 AND 3);
-- 1: no article of it enters the queue.
ALTER TABLE feeds ADD COLUMN never_score INTEGER NOT NULL DEFAULT 0 CHECK (never_score IN (0, 1));

-- Feeds for which one of the two changed and whose articles are still to follow. That is done in short transactions; what an end of the
-- process interrupted goes on at the next start.
CREATE TABLE pending_feed_rankings (
    feed_id    INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    -- The articles that arrived up to then (articles.arrived_us) are done; NULL: none is.
    done_until INTEGER
) STRICT;
