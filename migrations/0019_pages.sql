-- Since when the checks of a feed fail, and when the last one succeeded; NULL while unknown or never.
ALTER TABLE feeds ADD COLUMN failing_since INTEGER;
ALTER TABLE feeds ADD COLUMN last_success_at INTEGER;
UPDATE feeds SET last_success_at = last_fetched_at WHERE state = 'ok';
UPDATE feeds SET failing_since = last_fetched_at WHERE state IN ('failing', 'gone') AND failures = 1;
-- The list that an address without parameters shows: words of the parameters `view` and `sort`; NULL: unread, best first.
ALTER TABLE preferences ADD COLUMN default_view TEXT;
ALTER TABLE preferences ADD COLUMN default_sort TEXT;
-- Whether articles are read without a model: the queue rests, no page speaks of scores, and lists are sorted by date.
ALTER TABLE preferences ADD COLUMN without_model INTEGER NOT NULL DEFAULT 0 CHECK (without_model IN (0, 1));
-- What the evaluation before the last one ran with (JSON); taking a queued re-evaluation back makes it the last one again.
ALTER TABLE model_choices ADD COLUMN evaluated_before TEXT;
