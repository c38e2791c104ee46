-- Options of requests to models, by the requests that they are for (docs/spec/model-options.md).

CREATE TABLE model_options (
    -- What names of models compare by (domain::model_name::ModelName::key); '': every model.
    model       TEXT NOT NULL,
    -- Word of domain::model_options::ModelTask; '': every task.
    task        TEXT NOT NULL CHECK (task IN ('', 'categorization', 'scoring', 'chat')),
    -- NULL in each of these: inherited.
    num_ctx     INTEGER,
    num_predict INTEGER,
    temperature REAL,
    top_p       REAL,
    seed        INTEGER,
    -- As Ollama takes it: 15m, or seconds.
    keep_alive  TEXT,
    think       INTEGER CHECK (think IN (0, 1)),
    PRIMARY KEY (model, task)
) STRICT, WITHOUT ROWID;

-- The options of every request stood beside the choice of models.
INSERT INTO model_options (model, task, num_ctx, num_predict, temperature, keep_alive, think)
SELECT '', '', num_ctx, num_predict, temperature, keep_alive, think FROM model_choices
WHERE coalesce(num_ctx, num_predict, temperature, keep_alive, think) IS NOT NULL;
ALTER TABLE model_choices DROP COLUMN num_ctx;
ALTER TABLE model_choices DROP COLUMN num_predict;
ALTER TABLE model_choices DROP COLUMN temperature;
ALTER TABLE model_choices DROP COLUMN keep_alive;
ALTER TABLE model_choices DROP COLUMN think;
