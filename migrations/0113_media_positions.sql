-- How far audio and video were played, for the page of the article on any device.
CREATE TABLE media_positions (
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    -- The file, as article_media has it. Publishers reorder files, so its place says nothing.
    url        TEXT NOT NULL,
    seconds    INTEGER NOT NULL CHECK (seconds > 0),
    saved_at   INTEGER NOT NULL,
    PRIMARY KEY (article_id, url)
) STRICT, WITHOUT ROWID;
