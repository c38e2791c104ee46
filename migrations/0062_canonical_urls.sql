-- Links and guids are compared without the numbers of sessions, without more of the parameters that say where a reader came from,
-- and with their escapes written in one way. Hashes of addresses that may bear any of these are made anew before the feed is
-- compared with a document again.
-- 1: guid, link and path, where they are not NULL, are hashes by an older rule.
ALTER TABLE article_identities ADD COLUMN is_outdated INTEGER NOT NULL DEFAULT 0 CHECK (is_outdated IN (0, 1));
UPDATE article_identities SET is_outdated = 1 WHERE article_id IN (
    SELECT id FROM articles WHERE url GLOB '*[%;?#]*' OR (guid GLOB '*[%;?#]*' AND guid LIKE 'http%')
);
UPDATE feeds SET has_identities = 0 WHERE id IN (SELECT feed_id FROM article_identities WHERE is_outdated = 1);
