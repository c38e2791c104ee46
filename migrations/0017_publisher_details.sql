-- What a publisher sends of an entry beside its text. A row only where there is something.
CREATE TABLE article_details (
    article_id   INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    -- The first 64 bits of SHA-256 over everything here and in article_media: when it differs the details are stored anew.
    -- It takes no part in the article's identity (article_identities) and never makes a score out of date.
    hash         INTEGER NOT NULL,
    -- The language of the entry or of its feed (BCP 47).
    language     TEXT,
    -- The page with comments.
    comments_url TEXT,
    -- The feed that the entry was taken from.
    source_title TEXT,
    source_url   TEXT,
    -- The publisher's own categories (JSON array of texts).
    categories   TEXT NOT NULL DEFAULT '[]'
) STRICT;

-- Pictures and files of an article, in the order of the document.
CREATE TABLE article_media (
    article_id       INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position         INTEGER NOT NULL,
    -- How it is shown. thumbnail: a picture that stands for the article, shown where nothing else is.
    kind             TEXT NOT NULL CHECK (kind IN ('image', 'thumbnail', 'audio', 'video', 'file')),
    url              TEXT NOT NULL,
    -- As sent, in lower case.
    mime_type        TEXT,
    bytes            INTEGER,
    -- Pixels.
    width            INTEGER,
    height           INTEGER,
    -- The title; of a picture the alternative text.
    title            TEXT,
    duration_seconds INTEGER,
    PRIMARY KEY (article_id, position)
) STRICT, WITHOUT ROWID;
