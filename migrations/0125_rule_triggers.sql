-- Rules run too when a copy of a story gets the score of another article, and when the text of a page is stored (docs/spec/rules.md).

DROP TRIGGER scores_queued_for_rules_insert;
CREATE TRIGGER scores_queued_for_rules_insert AFTER INSERT ON scores
WHEN EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.article_id);
END;
DROP TRIGGER scores_queued_for_rules_update;
CREATE TRIGGER scores_queued_for_rules_update AFTER UPDATE OF scored_at ON scores
WHEN EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.article_id);
END;

CREATE TRIGGER full_texts_queued_for_rules_insert AFTER INSERT ON article_full_texts
WHEN new.html IS NOT NULL AND EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.article_id);
END;
CREATE TRIGGER full_texts_queued_for_rules_update AFTER UPDATE OF html ON article_full_texts
WHEN new.html IS NOT old.html AND EXISTS (SELECT 1 FROM rules WHERE is_enabled = 1 AND removed_at IS NULL) BEGIN
    INSERT INTO rule_queue (article_id) VALUES (new.article_id);
END;
