-- How often the only item of a document had the guid of an article, but another title, date and text. Guids that do so a second
-- time count as unreliable (guids_unreliable): docs/adr/0010-identity-of-articles.md.
ALTER TABLE feeds ADD COLUMN guid_replacements INTEGER NOT NULL DEFAULT 0;
