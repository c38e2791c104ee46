-- What the reader chose for one feed.
-- Seconds between checks, 60–86400; NULL: as in the settings.
ALTER TABLE feeds ADD COLUMN own_interval INTEGER;
-- The feed is not checked by itself before; seconds since the Unix epoch. Ends by itself.
ALTER TABLE feeds ADD COLUMN pause_until INTEGER;
