-- What models took of memory when they were loaded, beside the figures that the estimate is made of.

CREATE TABLE memory_measurements (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What names of models compare by (domain::model_name::ModelName::key).
    model          TEXT NOT NULL,
    -- The name without registry, namespace and tag: qwen3.
    family         TEXT NOT NULL,
    -- sha256 of the manifest.
    digest         TEXT NOT NULL,
    -- Tokens of context it was loaded with.
    context_length INTEGER NOT NULL,
    -- Bytes in memory and on the GPU, as the server told them.
    size           INTEGER NOT NULL,
    size_vram      INTEGER,
    -- Bytes of the weights and of the KV cache; NULL: its parameters are not known.
    weights        INTEGER NOT NULL,
    cache          INTEGER,
    at             INTEGER NOT NULL,
    UNIQUE (model, digest, context_length)
) STRICT;
