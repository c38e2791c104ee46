-- Imports from other readers that were begun and not yet ended (docs/spec/moving.md): what an end of the process interrupted goes on when
-- it is asked for again. The row goes with the last page.
CREATE TABLE imports (
    -- What it comes from: the kind of reader, the address and the user. No secret.
    source     TEXT PRIMARY KEY,
    -- Feeds of the source that are stored, in its order.
    feeds_done INTEGER NOT NULL DEFAULT 0,
    -- Where the next page of articles begins, in the source's own words; NULL: at the first one.
    position   TEXT,
    -- services::moving::ImportReport as JSON.
    report     TEXT NOT NULL
) STRICT;
