-- Categories whose weight or parent changed and whose articles are still to be blocked, un-blocked and ranked anew. That is done in short
-- transactions; what an end of the process interrupted goes on at the next start.

CREATE TABLE pending_rankings (
    category_id INTEGER PRIMARY KEY REFERENCES categories (id) ON DELETE CASCADE,
    -- The articles up to this id are done.
    done_until  INTEGER NOT NULL DEFAULT 0
) STRICT;
