-- What the last check for updates found about each installed model; times in whole seconds since the Unix epoch.
CREATE TABLE model_updates (
    model      TEXT PRIMARY KEY,
    -- sha256 of the manifest that was installed then. A row about another digest says nothing any more.
    digest     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('current', 'available', 'unknown')),
    -- Why it is not known.
    problem    TEXT,
    checked_at INTEGER NOT NULL
) STRICT;

-- Earlier versions of models, kept by Ollama under another name until the owner decides.
CREATE TABLE kept_models (
    copy    TEXT PRIMARY KEY,
    model   TEXT NOT NULL,
    -- sha256 of the manifest of this version.
    digest  TEXT NOT NULL,
    kept_at INTEGER NOT NULL
) STRICT;
