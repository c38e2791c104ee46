-- When the checklist of a first visit ended: put away, or every step done. NULL: it is shown.
ALTER TABLE preferences ADD COLUMN first_run_ended_at INTEGER;
-- Who reads feeds already needs none.
UPDATE preferences SET first_run_ended_at = coalesce(updated_at, 0) WHERE EXISTS (SELECT 1 FROM feeds);
