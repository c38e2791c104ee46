-- Bulk "mark read"s are made and undone in short transactions; what an end of the process interrupted goes on at the next start.

-- What it covers (domain::article::MarkReadScope as JSON) while articles are still to be marked; NULL when all are.
ALTER TABLE read_batches ADD COLUMN open_scope TEXT;
-- Articles that arrived up to then are marked. NULL in rows from before this migration.
ALTER TABLE read_batches ADD COLUMN arrived_until INTEGER;
-- 1 while it is being undone; the row goes with the last of its articles.
ALTER TABLE read_batches ADD COLUMN is_undone INTEGER NOT NULL DEFAULT 0 CHECK (is_undone IN (0, 1));
