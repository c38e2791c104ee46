//! Reading and refreshing feeds: large documents, and a thousand feeds of a server on this machine.

use crate::{
    feed_server,
    support::{RUNTIME, process_cpu_ms},
};
use divan::Bencher;
use feed_server::{FeedReply, FeedServer};
use gleaner::{
    domain::{
        article::{ArticleChange, ListQuery},
        feed::SubscribeOutcome,
        ids::ArticleId,
    },
    server::{
        clock::Clock,
        config::{self, ConfigSources},
        feed::parse,
        html::sanitize,
        lifecycle::Lifecycle,
        services::{reading, subscriptions},
        startup,
        state::App,
        storage::checks,
        worker::scheduler,
    },
};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::Url;

const FEED_COUNT: usize = 1_000;
const ARTICLES_PER_FEED: usize = 20;

/// A paragraph with the markup that feeds have, different for each entry.
fn article_html(entry: usize, paragraphs: usize) -> String {
    (0..paragraphs)
        .map(|p| {
            format!(
                "<p>Paragraph {p} of entry {entry} says <em>something</em> about <a href=\"/topics/{p}\">its topic</a>, and \
                 goes on for a while, so that there is text to clean. <img src=\"/pictures/{entry}-{p}.png\" \
                 onerror=\"alert(1)\" width=\"640\" height=\"480\" alt=\"A picture\"></p><script>track({p})</script>"
            )
        })
        .collect()
}

fn rss_document(feed: usize, entries: usize, paragraphs: usize) -> String {
    let guids: Vec<String> = (0..entries).map(|e| format!("{feed}-{e}")).collect();
    let titles: Vec<String> = (0..entries).map(|e| format!("Entry {e} of feed {feed}")).collect();
    let bodies: Vec<String> = (0..entries).map(|e| article_html(e, paragraphs)).collect();
    let rows: Vec<_> = (0..entries).map(|e| (guids[e].as_str(), titles[e].as_str(), bodies[e].as_str())).collect();
    feed_server::rss_document(&format!("Feed {feed}"), &rows)
}

/// Parsing a feed of 200 kB and sanitizing each of its entries.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn parse_and_sanitize_200_kb(bencher: Bencher) {
    let text = rss_document(0, ARTICLES_PER_FEED, 31);
    let base = Url::parse("https://example.org/feed").expect("an address");
    bencher.counter(divan::counter::BytesCount::of_str(&text)).bench(|| {
        let feed = parse::parse(text.as_bytes(), Some("application/rss+xml"), &base).expect("it is a feed");
        feed.entries.iter().map(|e| sanitize::sanitize(e.body(), Some(&base)).len()).sum::<usize>()
    });
}

/// A Gleaner without feeds that fetches from this machine.
async fn app_without_feeds() -> (App, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let sources = ConfigSources { user_data_dir: Some(folder.path().to_owned()), ..ConfigSources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.data_dir = folder.path().to_owned();
    config.fetch.allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config.fetch.per_host_spacing = Duration::ZERO;
    let app = startup::build(config, Clock::System, Lifecycle::default()).await.expect("it starts");
    (app, folder)
}

/// A Gleaner that is subscribed to every feed of `server` and has fetched none.
async fn subscribed_app(server: &FeedServer) -> (App, TempDir) {
    let (app, folder) = app_without_feeds().await;
    let outlines: String =
        (0..FEED_COUNT).map(|f| format!("<outline xmlUrl=\"{}\"/>", server.url(&format!("/{f}")))).collect();
    let opml = format!("<opml version=\"2.0\"><body>{outlines}</body></opml>");
    subscriptions::import_opml(&app, opml.as_bytes()).await.expect("it is read");
    (app, folder)
}

async fn start_feed_server() -> FeedServer {
    let server = FeedServer::start().await;
    for feed in 0..FEED_COUNT {
        let reply = FeedReply::feed(rss_document(feed, ARTICLES_PER_FEED, 5)).header("etag", &format!("\"{feed}\""));
        server.on(&format!("/{feed}"), reply);
    }
    server
}

/// Waits until no feed is due.
async fn wait_until_checked(app: &App) {
    while !checks::list_due(&app.db.read, app.clock.now()).await.expect("readable").is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Import of 1,000 feeds and their first fetch: 20 entries of about 2 kB each, parsed, sanitized, indexed, stored.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn first_fetch_of_1000_feeds(bencher: Bencher) {
    let server = RUNTIME.block_on(start_feed_server());
    bencher.with_inputs(|| RUNTIME.block_on(subscribed_app(&server))).bench_values(|(app, folder)| {
        RUNTIME.block_on(async {
            tokio::spawn(scheduler::run(app.clone()));
            wait_until_checked(&app).await;
            app.lifecycle.soft_stop.cancel();
        });
        (app, folder)
    });
}

/// Refresh of 1,000 feeds whose server answers 304.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn refresh_of_1000_unchanged_feeds(bencher: Bencher) {
    let server = RUNTIME.block_on(start_feed_server());
    let (app, _folder) = RUNTIME.block_on(async {
        let (app, folder) = subscribed_app(&server).await;
        tokio::spawn(scheduler::run(app.clone()));
        wait_until_checked(&app).await;
        (app, folder)
    });
    bencher.bench(|| {
        RUNTIME.block_on(async {
            subscriptions::refresh_all(&app).await.expect("they fall due");
            wait_until_checked(&app).await;
        });
    });
    app.lifecycle.soft_stop.cancel();
}

/// A document of 50,000 items: the first check, and one that finds a new item at the top. Prints CPU, wall and the peak of memory.
#[expect(clippy::print_stdout, reason = "its figures are more than a duration")]
#[divan::bench(sample_count = 1, sample_size = 1)]
fn store_a_document_of_50000_items() {
    let document = |first: usize| {
        let items: String = (first..50_000)
            .map(|n| {
                format!(
                    "<item><guid>g{n}</guid><link>https://x.example/{n}</link><title>Item {n}</title>\
                     <description>&lt;p&gt;Text {n} about looms.&lt;/p&gt;</description></item>"
                )
            })
            .collect();
        FeedReply::feed(format!("<rss version=\"2.0\"><channel><title>F</title>{items}</channel></rss>"))
    };
    RUNTIME.block_on(async {
        let server = FeedServer::start().await;
        let (app, _folder) = app_without_feeds().await;
        server.on("/f", document(1));
        server.on("/other", FeedReply::feed(rss_document(0, 1, 1)));
        subscriptions::subscribe(&app, &server.url("/other"), None).await.expect("subscribed");
        let article = reading::list(&app, &ListQuery::default()).await.expect("a list").rows[0].id;
        let before = peak_memory_mb();
        let mut id = None;
        for work in ["first check", "check with one new item"] {
            let (started, cpu) = (Instant::now(), process_cpu_ms());
            let marks = tokio::spawn(longest_mark(app.clone(), article));
            match id {
                None => {
                    let outcome = subscriptions::subscribe(&app, &server.url("/f"), None).await.expect("subscribed");
                    let SubscribeOutcome::Added(added) = outcome else { panic!("one feed: {outcome:?}") };
                    id = Some(added);
                }
                Some(id) => drop(subscriptions::refresh_feed(&app, id).await.expect("refreshed")),
            }
            marks.abort();
            println!(
                "\n{work}: {:.2} s CPU (goal 5), {:.2} s; memory at most {} MB (goal 150), {before} MB before; longest mark {} ms (goal 100)",
                (process_cpu_ms() - cpu) / 1_000.0,
                started.elapsed().as_secs_f64(),
                peak_memory_mb(),
                LONGEST_MARK_MS.swap(0, Ordering::Relaxed),
            );
            server.on("/f", document(0));
        }
    });
}

/// The longest time that a mark took so far, in milliseconds.
static LONGEST_MARK_MS: AtomicU64 = AtomicU64::new(0);

/// Marks an article as read and unread every 10 ms, until it is aborted.
async fn longest_mark(app: App, article: ArticleId) {
    for is_read in [true, false].into_iter().cycle() {
        let started = Instant::now();
        let change = ArticleChange { is_read: Some(is_read), ..ArticleChange::default() };
        reading::update_article(&app, article, change).await.expect("marked");
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        LONGEST_MARK_MS.fetch_max(took, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The peak memory of this process, in megabytes.
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
