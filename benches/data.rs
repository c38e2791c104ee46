//! Generated subscriptions and articles for benches and tests of lists, the same for the same [`DataSize`].
//!
//! A hundred articles a feed, up to a thousand feeds, in twenty folders of growing size. Of the articles four fifths are scored, the rest
//! is spread over the other states; one in ten is read, one in a hundred starred; each has one to three of 24 categories.
//! "the" occurs in every text, "common" in two of five, "seldom" in one of fifty, "rareword" in one of five thousand.

use gleaner::server::storage::Db;
use serde_json::{Value, json};

/// The number of feeds and articles.
#[derive(Clone, Copy, Debug)]
pub struct DataSize {
    pub articles: i64,
    pub feeds: i64,
}

/// The second at which the newest article arrived: 2026-08-21T09:30:00Z.
pub const NOW: i64 = 1_787_304_600;

const FOLDER_COUNT: i64 = 20;
const PARENT_CATEGORY_COUNT: i64 = 8;
const CATEGORY_COUNT: i64 = 24;
const ARTICLES_PER_BATCH: i64 = 1_000;

/// The SplitMix64 generator, written here so that a newer crate cannot change the data.
struct SplitMix64(u64);

impl SplitMix64 {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn below(&mut self, sides: i64) -> i64 {
        i64::try_from(self.roll(sides.unsigned_abs())).unwrap_or(0)
    }
}

/// Fills an empty database.
pub async fn seed(db: &Db, size: DataSize) -> sqlx::Result<()> {
    let mut dice = SplitMix64(20_260_821);
    let mut write = db.write().await?;
    execute_json(&mut write, "DELETE FROM categories", &Value::Null).await?;
    let folders: Vec<Value> = (1..=FOLDER_COUNT).map(|id| json!([id, format!("Folder {id:02}")])).collect();
    execute_json(
        &mut write,
        "INSERT INTO folders (id, name, created_at) SELECT value->>0, value->>1, 0 FROM json_each(?)",
        &folders.into(),
    )
    .await?;
    let feeds: Vec<Value> = (1..=size.feeds).map(|id| feed_row(id, &mut dice)).collect();
    execute_json(
        &mut write,
        "INSERT INTO feeds (id, url, site_url, title, folder_id, created_at, next_fetch_at, state)
         SELECT value->>0, value->>1, value->>2, value->>3, value->>4, 0, 4102444800, 'ok' FROM json_each(?)",
        &feeds.into(),
    )
    .await?;
    let categories: Vec<Value> = (1..=CATEGORY_COUNT).map(category_row).collect();
    execute_json(
        &mut write,
        "INSERT INTO categories (id, name, identity, slug, parent_id, created_at)
         SELECT value->>0, value->>1, lower(value->>1), value->>2, value->>3, 0 FROM json_each(?)",
        &categories.into(),
    )
    .await?;
    write.commit().await?;
    for first in (1..=size.articles).step_by(usize::try_from(ARTICLES_PER_BATCH).unwrap_or(1)) {
        let last = (first + ARTICLES_PER_BATCH - 1).min(size.articles);
        let batch: Value = (first..=last).map(|id| article_row(id, size, &mut dice)).collect::<Vec<_>>().into();
        let mut write = db.write().await?;
        for statement in ARTICLE_STATEMENTS {
            execute_json(&mut write, statement, &batch).await?;
        }
        write.commit().await?;
    }
    Ok(())
}

const ARTICLE_STATEMENTS: [&str; 7] = [
    "INSERT INTO articles (id, feed_id, guid, url, title, author, published_at, sorted_at, fetched_at, arrived_us,
                           is_read, is_starred, state, next_step, composite, provisional)
     SELECT value->>'id', value->>'feed', value->>'id', 'https://example.org/' || (value->>'id'), value->>'title', 'A. Writer',
            value->>'at', value->>'at', value->>'at', value->>'id', value->>'read', value->>'starred',
            value->>'state', CASE value->>'state' WHEN 'queued' THEN 'categorize' END, value->>'composite',
            CASE WHEN value->>'composite' IS NULL THEN (value->>'id') % 11 END
     FROM json_each(?)",
    "INSERT INTO article_summaries (article_id, summary) SELECT value->>'id', substr(value->>'body', 1, 300) FROM json_each(?)",
    "INSERT INTO article_bodies (article_id, html) SELECT value->>'id', '<p>' || (value->>'body') || '</p>' FROM json_each(?)",
    "INSERT INTO articles_fts (rowid, title, body, capitals)
     SELECT value->>'id', value->>'title', value->>'body', '↑' FROM json_each(?)",
    "INSERT INTO article_categories (article_id, category_id, position)
     SELECT a.value->>'id', c.value, c.key FROM json_each(?) a, json_each(a.value, '$.categories') c",
    "INSERT INTO scores (article_id, interest, quality, reasoning, scored_at)
     SELECT value->>'id', (value->>'id') % 11, (value->>'id') % 7,
            'It tells at some length about ' || (value->>'title') || ', which you said you like to read about.', value->>'at'
     FROM json_each(?) WHERE value->>'composite' IS NOT NULL",
    "INSERT INTO model_runs (article_id, step, model, prompt_version, options, duration_ms, at)
     SELECT value->>'id', 'score', 'qwen3:8b', '0123456789abcdef', '{}', 50, value->>'at'
     FROM json_each(?) WHERE value->>'composite' IS NOT NULL",
];

async fn execute_json(db: &mut sqlx::SqliteConnection, statement: &'static str, rows: &Value) -> sqlx::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "rows come as one JSON text, whose columns the macro cannot know")]
    let query = sqlx::query(statement);
    let query = if rows.is_null() { query } else { query.bind(rows.to_string()) };
    query.execute(db).await.map(drop)
}

/// Folder `n` holds about `n` times as many feeds as the first one; every tenth feed is in none.
fn feed_row(id: i64, dice: &mut SplitMix64) -> Value {
    let folder = (dice.below(10) != 0).then(|| 1 + dice.below(FOLDER_COUNT).max(dice.below(FOLDER_COUNT)));
    json!([
        id,
        format!("https://feed{id}.example.org/feed.xml"),
        format!("https://feed{id}.example.org/"),
        format!("Feed number {id}"),
        folder,
    ])
}

fn category_row(id: i64) -> Value {
    let parent = (id > PARENT_CATEGORY_COUNT).then_some((id - 1) % PARENT_CATEGORY_COUNT + 1);
    json!([id, format!("Category {id:02}"), format!("category-{id:02}"), parent])
}

fn article_row(id: i64, size: DataSize, dice: &mut SplitMix64) -> Value {
    let state = match dice.below(100) {
        0..80 => "scored",
        80..88 => "queued",
        88..93 => "blocked",
        93..95 => "failed",
        _ => "unscored",
    };
    // Tenths, so that many articles share a rank and the order within it is tested too.
    #[expect(clippy::cast_precision_loss, reason = "below 200")]
    let composite = (state == "scored").then(|| dice.below(110).min(dice.below(200)) as f64 / 10.0);
    let mut categories: Vec<i64> = (0..=dice.below(3)).map(|_| 1 + dice.below(CATEGORY_COUNT)).collect();
    categories.sort_unstable();
    categories.dedup();
    json!({
        "id": id,
        "feed": 1 + dice.below(size.feeds).min(dice.below(size.feeds)),
        "title": format!("Notes on {} and {}", random_word(dice), random_word(dice)),
        "body": random_body(dice),
        // Not in the order of ids: feeds bring old entries too.
        "at": NOW - 60 * (size.articles - id) - dice.below(86_400),
        "read": i64::from(dice.below(10) == 0),
        "starred": i64::from(dice.below(100) == 0),
        "state": state,
        "composite": composite,
        "categories": categories,
    })
}

fn random_body(dice: &mut SplitMix64) -> String {
    let mut words = vec!["the".to_owned()];
    for (one_in, word) in [(5_000, "rareword"), (50, "seldom")] {
        if dice.below(one_in) == 0 {
            words.push(word.to_owned());
        }
    }
    if dice.below(5) < 2 {
        words.push("common".to_owned());
    }
    words.extend((0..60).map(|_| random_word(dice)));
    words.join(" ")
}

/// One of 4,000 words, the first ones far more often than the last.
fn random_word(dice: &mut SplitMix64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta"];
    let mut n = usize::try_from(dice.roll(4_000).min(dice.roll(4_000)).min(dice.roll(4_000))).unwrap_or(0);
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(SYLLABLES[n % 16]);
        n /= 16;
    }
    word
}
