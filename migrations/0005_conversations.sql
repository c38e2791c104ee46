-- Conversations with a model; times as everywhere whole seconds since the Unix epoch.
CREATE TABLE conversations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The first words of the first question.
    title      TEXT NOT NULL,
    -- What answered last, or is to.
    model      TEXT NOT NULL,
    -- The article it is about. Its text goes along with every question, between lines that carry `fence`.
    article_id INTEGER REFERENCES articles (id) ON DELETE SET NULL,
    about      TEXT CHECK (about IN ('article')),
    fence      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_by_use ON conversations (updated_at DESC, id DESC);
CREATE INDEX conversations_by_article ON conversations (article_id) WHERE article_id IS NOT NULL;

CREATE TABLE conversation_messages (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id   INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    role              TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text              TEXT NOT NULL,
    -- Of an answer; one that is still 'writing' when no process writes it was interrupted.
    state             TEXT NOT NULL CHECK (state IN ('writing', 'whole', 'cut', 'stopped', 'interrupted', 'failed')),
    model             TEXT,
    duration_ms       INTEGER,
    load_ms           INTEGER,
    tokens_per_second REAL,
    -- Why it failed (JSON).
    failure           TEXT,
    at                INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_messages_in_order ON conversation_messages (conversation_id, id);
-- One answer at a time.
CREATE UNIQUE INDEX conversation_messages_writing ON conversation_messages (conversation_id) WHERE state = 'writing';
