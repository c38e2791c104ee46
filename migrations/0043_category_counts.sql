-- Unread articles of each category, its children included, kept as they change: other readers ask for all of them at each sync
-- (docs/spec/client-apis.md "Google Reader").

CREATE TABLE category_counts (
    category_id INTEGER PRIMARY KEY REFERENCES categories (id) ON DELETE CASCADE,
    -- Articles of its list that are neither read nor blocked; one with several of its children counts once.
    unread      INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO category_counts (category_id, unread)
SELECT c.id, coalesce(n.unread, 0) FROM categories c LEFT JOIN
    (SELECT t.category_id, count(*) AS unread
     FROM (SELECT article_id, category_id FROM article_categories
           UNION
           SELECT l.article_id, p.parent_id FROM article_categories l JOIN categories p ON p.id = l.category_id
           WHERE p.parent_id IS NOT NULL) t JOIN articles a ON a.id = t.article_id
     WHERE a.is_read = 0 AND a.state <> 'blocked' GROUP BY t.category_id) n ON n.category_id = c.id;

CREATE TRIGGER categories_counted_insert AFTER INSERT ON categories BEGIN
    INSERT INTO category_counts (category_id) VALUES (new.id);
END;
-- The rows of its articles leave while it still tells its parent.
CREATE TRIGGER categories_counted_delete BEFORE DELETE ON categories BEGIN
    DELETE FROM article_categories WHERE category_id = old.id;
END;
-- Articles that count for the parent by another of their categories too stay or are counted there already.
CREATE TRIGGER categories_counted_move AFTER UPDATE OF parent_id ON categories WHEN old.parent_id IS NOT new.parent_id BEGIN
    UPDATE category_counts SET unread = unread -
        (SELECT count(*) FROM article_categories m JOIN articles a ON a.id = m.article_id
         WHERE m.category_id = new.id AND a.is_read = 0 AND a.state <> 'blocked' AND NOT EXISTS
            (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
             WHERE l.article_id = m.article_id AND l.category_id <> new.id AND old.parent_id IN (c.id, c.parent_id)))
    WHERE category_id = old.parent_id;
    UPDATE category_counts SET unread = unread +
        (SELECT count(*) FROM article_categories m JOIN articles a ON a.id = m.article_id
         WHERE m.category_id = new.id AND a.is_read = 0 AND a.state <> 'blocked' AND NOT EXISTS
            (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
             WHERE l.article_id = m.article_id AND l.category_id <> new.id AND new.parent_id IN (c.id, c.parent_id)))
    WHERE category_id = new.parent_id;
END;

CREATE TRIGGER articles_counted_by_category_update AFTER UPDATE OF is_read, state ON articles
WHEN (new.is_read = 0 AND new.state <> 'blocked') <> (old.is_read = 0 AND old.state <> 'blocked') BEGIN
    UPDATE category_counts SET unread = unread + iif(new.is_read = 0 AND new.state <> 'blocked', 1, -1)
    WHERE category_id IN
        (SELECT category_id FROM article_categories WHERE article_id = new.id
         UNION SELECT c.parent_id FROM article_categories l JOIN categories c ON c.id = l.category_id WHERE l.article_id = new.id);
END;
CREATE TRIGGER articles_counted_by_category_delete BEFORE DELETE ON articles
WHEN old.is_read = 0 AND old.state <> 'blocked' BEGIN
    UPDATE category_counts SET unread = unread - 1
    WHERE category_id IN
        (SELECT category_id FROM article_categories WHERE article_id = old.id
         UNION SELECT c.parent_id FROM article_categories l JOIN categories c ON c.id = l.category_id WHERE l.article_id = old.id);
END;

-- A category of an article counts for itself and its parent, unless another one of the article counts there already. With a deleted
-- article its categories leave after it, and count no more.
CREATE TRIGGER article_categories_counted_unread_insert AFTER INSERT ON article_categories
WHEN (SELECT is_read = 0 AND state <> 'blocked' FROM articles WHERE id = new.article_id) BEGIN
    UPDATE category_counts SET unread = unread + 1
    WHERE category_id IN (SELECT new.category_id UNION SELECT parent_id FROM categories WHERE id = new.category_id)
      AND NOT EXISTS (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
                      WHERE l.article_id = new.article_id AND l.category_id <> new.category_id
                        AND category_counts.category_id IN (c.id, c.parent_id));
END;
CREATE TRIGGER article_categories_counted_unread_delete AFTER DELETE ON article_categories
WHEN (SELECT is_read = 0 AND state <> 'blocked' FROM articles WHERE id = old.article_id) BEGIN
    UPDATE category_counts SET unread = unread - 1
    WHERE category_id IN (SELECT old.category_id UNION SELECT parent_id FROM categories WHERE id = old.category_id)
      AND NOT EXISTS (SELECT 1 FROM article_categories l JOIN categories c ON c.id = l.category_id
                      WHERE l.article_id = old.article_id AND category_counts.category_id IN (c.id, c.parent_id));
END;
