-- Icons of sites, once for each content. What no feed refers to any more goes when the next icon is stored.
CREATE TABLE icons (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- sha256 of the content in hex: the last part of its address, /icons/HASH.
    hash      TEXT NOT NULL UNIQUE,
    -- By its content, whatever the site said.
    mime_type TEXT NOT NULL,
    data      BLOB NOT NULL
) STRICT;

ALTER TABLE feeds ADD COLUMN icon_id INTEGER REFERENCES icons (id) ON DELETE SET NULL;
-- When the site is asked for its icon again; seconds since the Unix epoch.
ALTER TABLE feeds ADD COLUMN icon_due_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX feeds_by_icon ON feeds (icon_id) WHERE icon_id IS NOT NULL;
