//! The queue, ranking, and how well the worker uses a model.

use crate::simulator::{Endpoint, Simulator, SimulatorSettings};
use crate::support::{ARTICLE_COUNTS, RUNTIME, app_with_articles, parse_cpu_ms, process_cpu_ms};
use divan::Bencher;
use gleaner::{
    domain::{
        article_identity::ArticleIdentity,
        category::{CategoryChange, CategoryWeight},
        feed_url::FeedUrl,
        ids::{ArticleId, CategoryId},
        score::RescoreMode,
        scoring::ScoringStep,
    },
    server::{
        clock::Clock,
        config::{self, ConfigSources},
        lifecycle::Lifecycle,
        services::{categories, keyword_rank, preferences, servers::ServerForm},
        startup,
        state::App,
        storage::{feeds, ingest, queue, rescore},
        worker::scorer,
    },
};
use std::{
    cell::Cell,
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// Claiming a batch from a queue of this many articles; rolled back each time.
#[divan::bench(args = ARTICLE_COUNTS)]
fn claim(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    RUNTIME.block_on(async {
        let ids: Vec<ArticleId> = (1..=articles).map(ArticleId).collect();
        let mut db = app.db.write().await.expect("a transaction");
        rescore::enqueue(&mut db, &ids, Some(RescoreMode::Full), 0).await.expect("queued");
        db.commit().await.expect("committed");
    });
    let until = app.clock.now().plus(60);
    bencher.bench_local(|| {
        RUNTIME.block_on(async {
            let mut db = app.db.write().await.expect("a transaction");
            assert_eq!(queue::load_heads(&mut *db).await.expect("heads").len(), 1);
            let ids = queue::claim(&mut db, ScoringStep::Categorize, 4, (1, until), &[]).await.expect("claimed");
            assert_eq!(ids.len(), 4);
            db.rollback().await.expect("rolled back");
        });
    });
}

/// A new weight of a top-level category and its children: at least an eighth of all articles changes rank.
#[divan::bench(args = ARTICLE_COUNTS, sample_count = 10, sample_size = 1)]
fn change_weight(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    let next = Cell::new(CategoryWeight::Boost);
    bencher.bench_local(|| {
        let weight =
            next.replace(if next.get() == CategoryWeight::Boost { CategoryWeight::Max } else { CategoryWeight::Boost });
        let change = CategoryChange { weight: Some(Some(weight)), ..CategoryChange::default() };
        RUNTIME.block_on(categories::update(&app, CategoryId(1), change)).expect("weighed");
    });
}

/// New interests, until every article without a score is ranked by keywords. Saving them is a small part of it.
#[divan::bench(args = ARTICLE_COUNTS, sample_count = 5, sample_size = 1)]
fn rank_by_keywords(bencher: Bencher, articles: i64) {
    let app = app_with_articles(articles);
    let next = Cell::new("common seldom");
    bencher.bench_local(|| {
        let words = next.replace(if next.get() == "seldom" { "common seldom" } else { "seldom" });
        RUNTIME.block_on(async {
            preferences::change(&app, |saved| saved.interests = words.into()).await.expect("saved");
            keyword_rank::update_keyword_ranks(&app).await.expect("ranked");
        });
    });
}

/// 1,000 articles, both steps, 50 ms an answer, 4 in flight. Prints how busy the model was.
#[expect(clippy::print_stdout, reason = "its figures are more than a duration")]
#[divan::bench(sample_count = 1, sample_size = 1)]
fn score_1000_articles() {
    const ARTICLES: usize = 1_000;
    const SLOTS: usize = 4;
    const ANSWER: Duration = Duration::from_millis(50);
    let settings = SimulatorSettings { prompt_time: ANSWER, parallel: SLOTS, ..SimulatorSettings::default() };
    let sim = MODEL_RUNTIME.block_on(Simulator::start_with(settings)).expect("a simulator");
    RUNTIME.block_on(async {
        let (app, _folder) = app_with_queue(&sim.url, SLOTS, ARTICLES).await;

        let (started, before) = (Instant::now(), CpuTime::now());
        scorer::drain(&app).await;
        let (elapsed, after) = (started.elapsed(), CpuTime::now());
        let (own, model) = (after.own - before.own, after.model - before.model);
        let answers = sim.requests_of(Endpoint::Chat);
        let busy: i64 = answers.iter().filter_map(|r| Some(r.ended_ms? - r.at_ms)).sum();
        let least = ANSWER.as_secs_f64() * answers.len() as f64 / SLOTS as f64;
        let slots = elapsed.as_millis() as f64 * SLOTS as f64;
        println!(
            "\n{} answers in {:.2} s; at the least {least:.2} s ({:.1} % of the time); requests were with the model {:.1} % of \
             the time; {:.0} answers a minute and slot; {:.2} ms CPU an article, and {:.2} ms of the simulated model",
            answers.len(),
            elapsed.as_secs_f64(),
            100.0 * least / elapsed.as_secs_f64(),
            100.0 * busy as f64 / slots,
            answers.len() as f64 * 60.0 / elapsed.as_secs_f64() / SLOTS as f64,
            own / ARTICLES as f64,
            model / ARTICLES as f64,
        );
    });
}

/// A Gleaner with an Ollama of this many slots and this many queued articles; and its data folder.
async fn app_with_queue(ollama_url: &str, slots: usize, articles: usize) -> (App, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let sources = ConfigSources { user_data_dir: Some(folder.path().to_owned()), ..ConfigSources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.data_dir = folder.path().to_owned();
    config.ollama.host = ollama_url.parse().expect("an address");
    config.ollama.concurrency = slots;
    let app = startup::build(config, Clock::System, Lifecycle::default()).await.expect("it starts");
    let text = "<p>Weavers compare a new loom with an old one, at length.</p>".repeat(40);
    let identity =
        ArticleIdentity { guid: None, link: None, path: None, label: 0, date: None, words: None, content: None };
    let written: Vec<ingest::ArticleWrite> = (0..articles)
        .map(|n| ingest::PreparedArticle {
            guid: Some(n.to_string()),
            url: None,
            title: format!("Article {n}"),
            author: None,
            summary: "Looms.".into(),
            published_at: None,
            html: gleaner::domain::safe_html::SafeHtml::from_sanitized(text.clone()),
            index: gleaner::domain::words::IndexedArticle::new("Article", None, &text),
            signs: Vec::new(),
            identity,
            details: gleaner::server::storage::details::PreparedDetails::default(),
            page: None,
            story: None,
        })
        .map(ingest::ArticleWrite::Insert)
        .collect();
    let mut db = app.db.write().await.expect("a transaction");
    let url = FeedUrl::parse("https://loom.example/").expect("an address");
    let new = feeds::NewFeed { url: &url, site_url: None, title: "", custom_title: None, folder: None };
    let feed = feeds::insert(&mut db, &new, app.clock.now()).await.expect("stored").expect("new");
    ingest::write_articles(&mut db, feed, &written, app.clock.now().0 * 1_000_000).await.expect("stored");
    db.commit().await.expect("committed");
    (app, folder)
}

/// 400 articles, both steps, 50 ms an answer, with one, two and eight servers of two slots each. Prints the throughput.
#[expect(clippy::print_stdout, reason = "its figures are more than a duration")]
#[divan::bench(args = [1, 2, 8], sample_count = 1, sample_size = 1)]
fn score_with_servers(count: usize) {
    const ARTICLES: usize = 400;
    const SLOTS: usize = 2;
    let start = || {
        let settings = SimulatorSettings {
            prompt_time: Duration::from_millis(50),
            parallel: SLOTS,
            ..SimulatorSettings::default()
        };
        MODEL_RUNTIME.block_on(Simulator::start_with(settings)).expect("a simulator")
    };
    let servers: Vec<Simulator> = (0..count).map(|_| start()).collect();
    RUNTIME.block_on(async {
        let (app, _folder) = app_with_queue(&servers[0].url, SLOTS, ARTICLES).await;
        for (number, server) in servers.iter().enumerate().skip(1) {
            let form = ServerForm {
                name: format!("Server {number}"),
                kind: "ollama".to_owned(),
                address: server.url.clone(),
                slots: SLOTS.to_string(),
                categorizes: true,
                scores: true,
                ..ServerForm::default()
            };
            gleaner::server::services::servers::add(&app, form).await.expect("added");
        }
        let started = Instant::now();
        scorer::drain(&app).await;
        let answers: usize = servers.iter().map(|server| server.requests_of(Endpoint::Chat).len()).sum();
        println!("\n{count} servers: {:.1} answers a second", answers as f64 / started.elapsed().as_secs_f64());
    });
}

/// The runtime of the simulated model: its own threads, so that their CPU time is measured separately.
static MODEL_RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_name(MODEL_THREAD_NAME).enable_all().build().expect("a runtime")
});

const MODEL_THREAD_NAME: &str = "model";

/// User and system time so far, in milliseconds: of the simulated model, and of everything else.
struct CpuTime {
    own: f64,
    model: f64,
}

impl CpuTime {
    fn now() -> Self {
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let threads = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
        let model = threads
            .filter(|stat| stat.contains(&format!("({MODEL_THREAD_NAME})")))
            .map(|stat| parse_cpu_ms(&stat))
            .sum();
        Self { own: process_cpu_ms() - model, model }
    }
}
