-- When the reader unsubscribed. The articles of such a feed are removed in short transactions, the feed after the last of them; what
-- was interrupted goes on at the next start. Until then the feed is hidden and never checked, and its address is 'removed:ID', so
-- that its own is free.
ALTER TABLE feeds ADD COLUMN removed_at INTEGER;
