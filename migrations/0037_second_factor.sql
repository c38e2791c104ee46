-- A second factor with the owner's password, and the way of every login.

-- One row while a second factor is on or being set up.
CREATE TABLE second_factor (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    -- 160 random bits; the secret that the authenticator app holds is derived from them and instance_key.
    salt         BLOB NOT NULL CHECK (length(salt) = 20),
    -- NULL while it is being set up: no code was typed yet, and no login asks for one.
    confirmed_at INTEGER,
    -- Step (30 s since the Unix epoch) of the last code that was accepted; codes of it and of earlier ones are refused.
    last_step    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Recovery codes that were not used yet: HMAC-SHA-256 with instance_key.
CREATE TABLE recovery_codes (
    code_mac BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Word of domain::access::LoginMethod: how the browser logged in.
ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password';

-- The outcomes are no longer listed here, and the method belongs to what makes events equal.
CREATE TABLE sign_ins_of_methods (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Word of domain::access::SignInOutcome.
    outcome       TEXT NOT NULL,
    -- Word of domain::access::LoginMethod: what was tried.
    method        TEXT NOT NULL DEFAULT 'password',
    address       TEXT NOT NULL,
    device        TEXT NOT NULL,
    -- Whole hours since the Unix epoch.
    hour          INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    count         INTEGER NOT NULL DEFAULT 1,
    -- A success of a device that had none in the 90 days before.
    is_new_device INTEGER NOT NULL DEFAULT 0 CHECK (is_new_device IN (0, 1)),
    UNIQUE (outcome, method, address, device, hour, is_new_device)
) STRICT;
INSERT INTO sign_ins_of_methods (id, outcome, address, device, hour, last_at, count, is_new_device)
SELECT id, outcome, address, device, hour, last_at, count, is_new_device FROM sign_ins;
DROP TABLE sign_ins;
ALTER TABLE sign_ins_of_methods RENAME TO sign_ins;
