-- Queries of the query language that the reader saved under a name (docs/spec/query.md, Saved searches).

CREATE TABLE saved_searches (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL COLLATE NOCASE UNIQUE,
    -- As it was typed. Names of feeds, folders and categories in it are looked up whenever it is used.
    query      TEXT NOT NULL,
    -- The place in lists of saved searches, ascending from 1; places are given anew when one is moved.
    position   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
