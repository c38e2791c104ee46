-- Model servers, several at once and of two kinds (docs/spec/model-servers.md).

CREATE TABLE servers (
    -- 1 is the Ollama of the settings (ollama.*), which every instance has.
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What the owner calls it.
    name            TEXT NOT NULL UNIQUE COLLATE NOCASE,
    -- Word of domain::model_server::ServerKind.
    kind            TEXT NOT NULL,
    -- NULL for server 1 only: as the settings say.
    address         TEXT CHECK ((address IS NULL) = (id = 1)),
    -- Bearer token, sealed with a key derived from instance_key; NULL: none.
    sealed_token    BLOB,
    -- Model that is asked for; NULL: the chosen one (kind ollama), or the only one that the server offers (kind openai).
    model           TEXT,
    -- Requests in flight; NULL for server 1 only: ollama.concurrency.
    slots           INTEGER CHECK ((slots IS NULL) = (id = 1) AND (slots IS NULL OR slots BETWEEN 1 AND 64)),
    -- Whether it chooses categories.
    categorizes     INTEGER NOT NULL CHECK (categorizes IN (0, 1)),
    -- Whether it scores.
    scores          INTEGER NOT NULL CHECK (scores IN (0, 1)),
    -- When the owner agreed that the text of articles goes to this address, which is outside of private networks; a change of the
    -- address ends it.
    consented_at    INTEGER,
    -- Word of models::openai::response_format::ResponseFormat that a probe found; NULL: not probed yet, or kind ollama.
    response_format TEXT
) STRICT;
INSERT INTO servers (id, name, kind, categorizes, scores) VALUES (1, 'Ollama', 'ollama', 1, 1);

-- Name that the server had then; NULL: the Ollama of the settings.
ALTER TABLE model_runs ADD COLUMN server TEXT;
