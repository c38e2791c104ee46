-- How long each model took to get into memory the last time, so that a wait can say how long it usually is.
CREATE TABLE model_loads (
    -- The canonical name, in lower case.
    model       TEXT PRIMARY KEY,
    duration_ms INTEGER NOT NULL,
    loaded_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How ready the models in use were: a row for each change, kept for some days.
CREATE TABLE readiness_changes (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('unreachable', 'missing', 'installed', 'loading', 'ready', 'failed')),
    -- The model that the state is of.
    model   TEXT NOT NULL,
    -- What was said about it then.
    message TEXT
) STRICT;
CREATE INDEX readiness_changes_at ON readiness_changes (at);
