-- The queue of the models: what the reader asked for first, then the newest. An article is as new as lists take it to be
-- (sorted_at: published_at, else the time of arrival); of two of one second the one that arrived later.
DROP INDEX articles_queue;
CREATE INDEX articles_queue ON articles (next_step, scoring_priority DESC, sorted_at DESC, arrived_us DESC)
    WHERE next_step IS NOT NULL AND lease IS NULL AND state <> 'failed';
