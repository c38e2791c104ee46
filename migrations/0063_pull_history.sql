-- Ended jobs stay as history; pages show the outcome of the last one only until the next job of its kind is asked for.
-- 1: ended before the last job of its kind was asked for.
ALTER TABLE jobs ADD COLUMN is_past INTEGER NOT NULL DEFAULT 0 CHECK (is_past IN (0, 1));
-- The order of the queue: the highest first, then in the order of asking. Above 0 when the owner moved it forward.
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_ended ON jobs (kind, finished_at) WHERE finished_at IS NOT NULL;
