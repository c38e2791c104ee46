-- Programs with secrets of their own: readers on phones and desktops, scripts, collectors of metrics.

-- One row: the key with which secrets of devices are hashed. Made when the first device is added.
CREATE TABLE instance_key (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    -- 256 random bits.
    key   BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

CREATE TABLE devices (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL UNIQUE COLLATE NOCASE,
    -- What a reader sends as user name: letters and digits of the name.
    username       TEXT NOT NULL UNIQUE,
    -- Words of domain::access::device::Scope, separated by commas.
    scopes         TEXT NOT NULL,
    -- HMAC-SHA-256 with instance_key of: the token; the password; md5(username:password) in hex, as the Fever API sends it.
    token_mac      BLOB NOT NULL UNIQUE,
    password_mac   BLOB NOT NULL UNIQUE,
    fever_mac      BLOB NOT NULL UNIQUE,
    created_at     INTEGER NOT NULL,
    -- To the minute; NULL before the first use.
    last_used_at   INTEGER,
    last_address   TEXT,
    last_program   TEXT,
    -- Requests on the day of last_used_at (UTC).
    requests_today INTEGER NOT NULL DEFAULT 0,
    -- How scores reach a reader that knows none: labels (auto: by the program), articles from this score on, score in titles.
    labels         TEXT NOT NULL DEFAULT 'auto' CHECK (labels IN ('auto', 'scores', 'scores+topics', 'none')),
    min_score      REAL,
    score_in_title INTEGER NOT NULL DEFAULT 0 CHECK (score_in_title IN (0, 1))
) STRICT;
