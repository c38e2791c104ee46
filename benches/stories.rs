//! Grouping: a hundred thousand articles of the last five days in two hundred feeds, a third of them copies of others.

use crate::support::{RUNTIME, process_cpu_ms};
use gleaner::{
    domain::{
        article_identity::ArticleIdentity, feed_url::FeedUrl, ids::FeedId, safe_html::SafeHtml,
        story_signature::StorySignature, words::IndexedArticle,
    },
    server::{
        clock::Clock,
        config::{self, ConfigSources},
        lifecycle::Lifecycle,
        startup,
        state::App,
        storage::{
            details::PreparedDetails,
            feeds::{self, NewFeed},
            ingest::{self, ArticleWrite, PreparedArticle},
        },
    },
};
use tempfile::TempDir;

const ARTICLE_COUNT: usize = 100_000;
const FEED_COUNT: usize = 200;
const ARTICLES_PER_TRANSACTION: usize = 100;
const WORDS_PER_ARTICLE: usize = 300;
/// Of three articles one is a copy.
const COPY_EVERY: usize = 3;

const WORDS: [&str; 16] = [
    "harbour",
    "warehouse",
    "council",
    "satellite",
    "profit",
    "tenants",
    "quarter",
    "signal",
    "teacher",
    "mountain",
    "river",
    "engine",
    "letter",
    "garden",
    "winter",
    "island",
];

/// The text of a story, as copy or original: words of its own in an order of its own; of a copy every fiftieth is another.
fn text(story: usize, is_copy: bool) -> String {
    let mut state = story as u64 + 1;
    let words = (0..WORDS_PER_ARTICLE).map(|position| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = WORDS[(state >> 60) as usize];
        let end = WORDS[(state >> 40) as usize % WORDS.len()];
        if is_copy && position % 50 == 7 { "elsewhere".to_owned() } else { format!("{word}{end}") }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn article(number: usize, has_signature: bool) -> PreparedArticle {
    let is_copy = number % COPY_EVERY == COPY_EVERY - 1;
    let story = if is_copy { number - 1 } else { number };
    let (title, body) = (format!("Story {story}"), text(story, is_copy));
    let index = IndexedArticle::new(&title, None, &body);
    let identity =
        ArticleIdentity { guid: None, link: None, path: None, label: 0, date: None, words: None, content: None };
    PreparedArticle {
        guid: Some(number.to_string()),
        url: None,
        story: has_signature.then(|| StorySignature::new(None, &index)),
        title,
        author: None,
        summary: "Words.".into(),
        published_at: None,
        html: SafeHtml::from_sanitized(format!("<p>{body}</p>")),
        index,
        signs: Vec::new(),
        identity,
        details: PreparedDetails::default(),
        page: None,
    }
}

async fn empty_app() -> (App, TempDir, Vec<FeedId>) {
    let folder = TempDir::new().expect("a temporary folder");
    let sources = ConfigSources { user_data_dir: Some(folder.path().to_owned()), ..ConfigSources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.data_dir = folder.path().to_owned();
    let app = startup::build(config, Clock::System, Lifecycle::default()).await.expect("it starts");
    let mut ids = Vec::new();
    let mut db = app.db.write().await.expect("a transaction");
    for number in 0..FEED_COUNT {
        let url = FeedUrl::parse(&format!("https://feed{number}.example/")).expect("an address");
        let new = NewFeed { url: &url, site_url: None, title: "", custom_title: None, folder: None };
        ids.push(feeds::insert(&mut db, &new, app.clock.now()).await.expect("stored").expect("new"));
    }
    db.commit().await.expect("committed");
    (app, folder, ids)
}

/// Milliseconds of processor time that storing takes, with signatures or without; and how many articles are duplicates.
async fn store_all(has_signatures: bool) -> (f64, i64) {
    let (app, _folder, feeds) = empty_app().await;
    let began = process_cpu_ms();
    // A transaction holds articles of one feed; a copy is in another one than its original.
    for first in (0..ARTICLE_COUNT).step_by(ARTICLES_PER_TRANSACTION * COPY_EVERY) {
        for part in 0..COPY_EVERY {
            let numbers = (0..ARTICLES_PER_TRANSACTION).map(|n| first + n * COPY_EVERY + part);
            let writes: Vec<ArticleWrite> = numbers
                .filter(|number| *number < ARTICLE_COUNT)
                .map(|number| ArticleWrite::Insert(article(number, has_signatures)))
                .collect();
            let feed = feeds[(first / ARTICLES_PER_TRANSACTION + part) % feeds.len()];
            let mut db = app.db.write().await.expect("a transaction");
            let now_us = app.clock.now().0 * 1_000_000;
            ingest::write_articles(&mut db, feed, &writes, now_us).await.expect("stored");
            db.commit().await.expect("committed");
        }
    }
    let took = process_cpu_ms() - began;
    let duplicates = sqlx::query_scalar("SELECT count(*) FROM articles WHERE is_duplicate = 1");
    (took, duplicates.fetch_one(&app.db.read).await.expect("a count"))
}

/// Prints what grouping adds to the processor time of storing.
#[expect(clippy::print_stdout, reason = "its figures are more than a duration")]
#[divan::bench(sample_count = 1, sample_size = 1)]
fn group_100k_articles() {
    RUNTIME.block_on(async {
        let (plain, _) = store_all(false).await;
        let (grouped, duplicates) = store_all(true).await;
        println!(
            "\n{ARTICLE_COUNT} articles, {duplicates} of them duplicates: {:.1} s CPU to store them, {:.1} s more to group them",
            plain / 1_000.0,
            (grouped - plain) / 1_000.0
        );
    });
}
