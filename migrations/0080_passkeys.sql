-- Passkeys (WebAuthn): keys of authenticators that log in without the password.

CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- As the authenticator named it; at most 1,023 bytes.
    credential_id BLOB NOT NULL UNIQUE,
    -- RP ID: the host for which it was made. Browsers offer it there alone.
    host          TEXT NOT NULL,
    name          TEXT NOT NULL,
    -- Public key and extensions, as webauthn_rp encodes them (StaticState).
    public_key    BLOB NOT NULL,
    -- What logins change, as webauthn_rp encodes it (DynamicState): user verification, backup, sign count, attachment.
    state         BLOB NOT NULL CHECK (length(state) = 7),
    -- How browsers reach the authenticator, as webauthn_rp encodes it (AuthTransports): a set of bits.
    transports    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    -- NULL before the first login.
    last_used_at  INTEGER
) STRICT;
