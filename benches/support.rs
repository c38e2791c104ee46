//! A Gleaner over generated articles, created once for each size.

use crate::data;
use gleaner::{
    domain::time::Timestamp,
    server::{
        clock::{Clock, FakeClock},
        config::{self, ConfigSources},
        lifecycle::Lifecycle,
        startup,
        state::App,
    },
};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The runtime of all benches, multi-threaded like the server's.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

static APPS: LazyLock<Mutex<HashMap<i64, (App, TempDir)>>> = LazyLock::new(Mutex::default);

/// Numbers of articles to measure with.
pub const ARTICLE_COUNTS: [i64; 2] = [1_000, 100_000];

/// The size with a plausible number of feeds.
fn data_size(articles: i64) -> data::DataSize {
    data::DataSize { articles, feeds: (articles / 100).clamp(10, 1_000) }
}

/// The application over this many articles.
pub fn app_with_articles(articles: i64) -> App {
    let mut apps = APPS.lock().expect("no bench panicked");
    let (app, _) = apps.entry(articles).or_insert_with(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let sources = ConfigSources { user_data_dir: Some(folder.path().to_owned()), ..ConfigSources::default() };
        let mut config = config::load(&sources).expect("the defaults are valid").config;
        config.data_dir = folder.path().to_owned();
        let clock = Clock::Fake(FakeClock::at(Timestamp(data::NOW)));
        let app = RUNTIME.block_on(async {
            let app = startup::build(config, clock, Lifecycle::default()).await.expect("it starts");
            data::seed(&app.db, data_size(articles)).await.expect("data");
            app
        });
        (app, folder)
    });
    app.clone()
}

/// User and system time of this process so far, in milliseconds.
pub fn process_cpu_ms() -> f64 {
    parse_cpu_ms(&std::fs::read_to_string("/proc/self/stat").unwrap_or_default())
}

/// User and system time of a line of `/proc/…/stat`, which counts in hundredths of a second, in milliseconds.
pub fn parse_cpu_ms(stat: &str) -> f64 {
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    ticks * 10.0
}
