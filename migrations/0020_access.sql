-- The owner's password, the sessions of browsers, and the sign-ins of the last 90 days.

-- One row once a password was set. The owner's name is the setting access.owner.
CREATE TABLE owner (
    id                  INTEGER PRIMARY KEY CHECK (id = 1),
    -- argon2id in PHC string format.
    password_hash       TEXT NOT NULL,
    password_changed_at INTEGER NOT NULL,
    -- Login attempts since the last success, and when the last of them was (domain/access/throttle.rs).
    login_attempts      INTEGER NOT NULL DEFAULT 0,
    last_attempt_at     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A browser that is logged in. Ends 30 days after its last use and 180 days after its login.
CREATE TABLE sessions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- SHA-256 of the value of the cookie.
    token_hash    BLOB NOT NULL UNIQUE,
    created_at    INTEGER NOT NULL,
    -- To the minute.
    last_used_at  INTEGER NOT NULL,
    -- Where it was used last.
    address       TEXT NOT NULL,
    -- Browser and system, as the User-Agent tells them.
    device        TEXT NOT NULL,
    -- The newest sign-in that this browser was told of.
    seen_sign_in  INTEGER NOT NULL
) STRICT;

-- What happened at the login. Equal events of one hour share a row.
CREATE TABLE sign_ins (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- success; refused: wrong name or password; throttled: not checked; logout; password: it was changed.
    outcome       TEXT NOT NULL CHECK (outcome IN ('success', 'refused', 'throttled', 'logout', 'password')),
    address       TEXT NOT NULL,
    device        TEXT NOT NULL,
    -- Whole hours since the Unix epoch.
    hour          INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    count         INTEGER NOT NULL DEFAULT 1,
    -- A success of a device that had none in the 90 days before.
    is_new_device INTEGER NOT NULL DEFAULT 0 CHECK (is_new_device IN (0, 1)),
    UNIQUE (outcome, address, device, hour, is_new_device)
) STRICT;
