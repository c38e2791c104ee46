-- The text of the page behind an article, beside the feed's own (docs/spec/full-text.md).

-- auto: pages are fetched when the texts of the feed are short; always; never: only where the reader asks for one.
ALTER TABLE feeds ADD COLUMN full_text TEXT NOT NULL DEFAULT 'auto' CHECK (full_text IN ('auto', 'always', 'never'));
-- Whether the texts of the last document that had any are short or cut; NULL: none was looked at yet.
ALTER TABLE feeds ADD COLUMN has_short_texts INTEGER CHECK (has_short_texts IN (0, 1));

CREATE TABLE article_full_texts (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    -- The page that was asked for last, and when.
    url        TEXT NOT NULL,
    tried_at   INTEGER NOT NULL,
    -- Why nothing came of it, a word of domain::full_text::FullTextProblem; NULL: html is what came.
    problem    TEXT,
    -- The sanitized text of the last try that went well.
    html       TEXT,
    -- 1: it has more text than the feed's. Then scoring and search read it in place of that, and it is shown.
    is_fuller  INTEGER NOT NULL DEFAULT 0 CHECK (is_fuller IN (0, 1)),
    -- What the reader chose to see; NULL: the fuller one.
    shown      TEXT CHECK (shown IN ('feed', 'full'))
) STRICT;

-- Pages that are still to be fetched. A row goes in the transaction that stores what came of it, so that a kill loses none.
CREATE TABLE full_text_queue (
    article_id          INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    url                 TEXT NOT NULL,
    -- Host and port of url: one page of a host is fetched at a time.
    host                TEXT NOT NULL,
    -- 1: the reader asked for it.
    priority            INTEGER NOT NULL DEFAULT 0,
    -- Fetches that began. One that a kill interrupts counts, so that a page that ends the process is not tried for ever.
    attempts            INTEGER NOT NULL DEFAULT 0,
    -- Not before; while a page is fetched, when it may be fetched anew if nothing came of it.
    due_at              INTEGER NOT NULL,
    -- Until then the models wait for the text; NULL: no longer.
    holds_scoring_until INTEGER
) STRICT;
CREATE INDEX full_text_queue_order ON full_text_queue (priority DESC, article_id DESC);
CREATE INDEX full_text_queue_due ON full_text_queue (due_at);
CREATE INDEX full_text_queue_holds ON full_text_queue (holds_scoring_until) WHERE holds_scoring_until IS NOT NULL;
