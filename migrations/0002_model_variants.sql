-- Every model variant that this installation knows; registry.md.
CREATE TABLE model_variants (
    -- Given once, never changed.
    name                  TEXT PRIMARY KEY,
    backend               TEXT NOT NULL,
    family                TEXT NOT NULL,
    quantization          TEXT,
    reported_quantization TEXT,
    download_format       TEXT,
    -- The identifier as Ollama spells it.
    served_model_id       TEXT NOT NULL,
    source_provider       TEXT NOT NULL,
    -- sha256 of the manifest in hex: 64 digits, or 12 when only a table was seen.
    digest                TEXT,
    size_bytes            INTEGER,
    -- NULL: a logical variant.
    path                  TEXT,
    location              TEXT,
    -- Lists as JSON: they are only ever read and written whole.
    roles                 TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(roles)),
    capabilities          TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(capabilities)),
    aliases               TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(aliases)),
    parameter_size        TEXT,
    context_length        INTEGER,
    deprecated            INTEGER NOT NULL DEFAULT 0 CHECK (deprecated IN (0, 1)),
    deprecated_reason     TEXT,
    first_seen            INTEGER NOT NULL,
    last_seen             INTEGER NOT NULL,
    missing_since         INTEGER
) STRICT, WITHOUT ROWID;

-- One row: when the list of models was last imported in full. Kept apart so that an import without news changes no variant.
CREATE TABLE model_registry (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    last_import INTEGER
) STRICT;
INSERT INTO model_registry (id) VALUES (1);
