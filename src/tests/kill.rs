//! The program killed in the middle of its work, again and again: while it fetches feeds, scores articles and stores votes.
//! `GLEANER_KILLS` says how often; `make kills` is a thousand times.

use crate::support::{
    articles::{broken_promises, looks},
    binary::{Running, gleaner},
    feed_server::{FeedServer, Reply, rss},
    test_app::TestApp,
};
use gleaner::server::{
    demo::ollama::{Call, Recorded, Settings, Simulator},
    services::subscriptions,
    worker::scorer,
};
use serde_json::json;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};
use tokio::sync::watch;

const FEEDS: usize = 3;
/// Entries of each feed before the first life; each life finds one more, in one of them.
const ENTRIES: usize = 12;
/// What has happened at most in one life of the program when it is killed.
const MOST_CALLS: usize = 12;
const MOST_VOTES: usize = 30;
const WORDS: [Option<&str>; 3] = [Some("up"), Some("down"), None];

fn kills() -> usize {
    std::env::var_os("GLEANER_KILLS").and_then(|n| n.to_str()?.parse().ok()).unwrap_or(100)
}

/// One of `0..sides`.
fn roll(sides: usize) -> usize {
    rand::random::<u32>() as usize % sides
}

async fn open(folder: &Path) -> SqliteConnection {
    let file = folder.join(gleaner::server::storage::FILE);
    SqliteConnectOptions::new().filename(file).connect().await.expect("it opens after a kill")
}

/// What a feed says in the n-th life.
fn publish(server: &FeedServer, life: usize) {
    for feed in 0..FEEDS {
        let more = (1..=life).filter(|n| n % FEEDS == feed).count();
        let guids: Vec<String> = (0..ENTRIES + more).map(|n| format!("f{feed}e{n}")).collect();
        let entries: Vec<_> = guids.iter().map(|g| (g.as_str(), g.as_str(), "<p>A loom.</p>")).collect();
        server.on(&format!("/{feed}"), Reply::feed(rss(&format!("Feed {feed}"), &entries)));
    }
}

/// The reader's side of votes: what was acknowledged, and what was on its way when the program died.
#[derive(Default)]
struct Votes {
    acknowledged: BTreeMap<i64, Option<&'static str>>,
    on_its_way: Option<(i64, Option<&'static str>)>,
    count: usize,
}

impl Votes {
    /// Votes without a pause until the program dies.
    async fn cast(&mut self, client: &reqwest::Client, url: &str, articles: usize, cast: &watch::Sender<usize>) {
        loop {
            let (id, word) = (1 + roll(articles) as i64, WORDS[roll(WORDS.len())]);
            self.on_its_way = Some((id, word));
            let request = client.patch(format!("{url}/api/articles/{id}")).header("content-type", "application/json");
            let Ok(answer) = request.body(json!({ "vote": word }).to_string()).send().await else { return };
            assert_eq!(answer.status(), 200);
            let Ok(_) = answer.bytes().await else { return };
            self.acknowledged.insert(id, word);
            self.on_its_way = None;
            self.count += 1;
            cast.send_modify(|n| *n += 1);
        }
    }

    /// What is stored must be what was acknowledged; of the one on its way nobody knows.
    async fn check(&mut self, db: &mut SqliteConnection, kill: usize) {
        let stored: Vec<(i64, String)> =
            sqlx::query_as("SELECT article_id, vote FROM votes").fetch_all(db).await.expect("votes");
        let stored: BTreeMap<i64, String> = stored.into_iter().collect();
        let is = |id: i64| stored.get(&id).map(String::as_str);
        if let Some((id, word)) = self.on_its_way.take() {
            let before = self.acknowledged.get(&id).copied().flatten();
            assert!(is(id) == word || is(id) == before, "after kill {kill}: a vote that nobody cast on {id}");
            self.acknowledged.insert(id, if is(id) == word { word } else { before });
        }
        for (id, word) in &self.acknowledged {
            assert_eq!(is(*id), *word, "after kill {kill}: the acknowledged vote on {id} is lost");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost_stuck_or_corrupt() {
    let started = Instant::now();
    let settings = Settings { prompt_time: Duration::from_millis(2), parallel: 4, ..Settings::default() };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let server = FeedServer::start().await;
    publish(&server, 0);
    let app = TestApp::start().await;
    for feed in 0..FEEDS {
        subscriptions::subscribe(&app.app, &server.url(&format!("/{feed}")), None).await.expect("subscribed");
    }
    let data = app.finish().await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut votes = Votes::default();

    for kill in 0..kills() {
        publish(&server, kill + 1);
        let (calls, asked) = (sim.requests_of(Call::Chat).len(), server.asked().len());
        let cast = watch::Sender::new(0);
        let mut command = gleaner(data.path());
        command.arg("--data-dir").arg(data.path()).args(["--ollama-host", &sim.url]);
        command.env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8").env("GLEANER_FETCH__PER_HOST_SPACING", "0s");
        command.env("GLEANER_OLLAMA__CONCURRENCY", "4");
        let running = Running::start(command);
        let url = running.url.clone();
        let life = async {
            // Whatever has its score already gets another one, so that there is always something at work.
            let again = client.post(format!("{url}/api/scoring/rescore")).header("content-type", "application/json");
            let _ = again.body(json!({"scope": "unread", "mode": "full"}).to_string()).send().await;
            let refresh = client.post(format!("{url}/api/feeds/refresh")).send();
            let (refreshed, ()) = tokio::join!(refresh, votes.cast(&client, &url, FEEDS * ENTRIES, &cast));
            refreshed.map(|answer| answer.status())
        };
        // At another point of the work each time: while it starts, fetches, claims, asks, stores.
        let moment = async {
            match kill % 4 {
                0 => {
                    let enough = calls + 1 + roll(MOST_CALLS);
                    let heard = |all: &[Recorded]| all.iter().filter(|r| r.path == "/api/chat").count() >= enough;
                    sim.wait_until(heard).await;
                }
                1 => server.wait_until_asked(asked + 1 + roll(FEEDS)).await,
                2 => {
                    let enough = 1 + roll(MOST_VOTES);
                    let _ = cast.subscribe().wait_for(|n| *n >= enough).await;
                }
                _ => {
                    for _ in 0..roll(3_000) {
                        tokio::task::yield_now().await;
                    }
                }
            }
        };
        let both = async {
            tokio::select! {
                died = life => panic!("it died by itself before kill {kill}: {died:?}"),
                () = moment => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(60), both).await.expect("it works after a kill");
        running.signal("KILL");
        running.wait();
        let mut db = open(data.path()).await;
        let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.expect("a check");
        assert_eq!(integrity, "ok", "after kill {kill}");
        votes.check(&mut db, kill).await;
    }

    let url = sim.url.parse().expect("an address");
    let app = TestApp::on(data, |config| config.ollama.host = url).await;
    scorer::recover(&app.app).await.expect("recovered");
    assert!(looks(&app.app).await.iter().all(|l| !l.leased && l.attempts == 0), "a kill is no attempt");
    for feed in subscriptions::feeds(&app.app).await.expect("feeds") {
        subscriptions::refresh(&app.app, feed.id).await.expect("refreshed");
    }
    scorer::drain(&app.app).await;
    let looks = looks(&app.app).await;
    let articles = FEEDS * ENTRIES + kills();
    assert_eq!(looks.len(), articles, "every entry is there, once");
    assert_eq!(looks.iter().filter(|l| l.state == "scored").count(), articles, "none is lost or stuck");
    assert_eq!(broken_promises(&looks), Vec::<String>::new());
    votes.check(&mut open(&app.app.config.data_dir).await, kills()).await;
    println!(
        "{} kills in {:.0} s: 0 databases corrupt, 0 of {articles} articles lost or stuck, 0 of {} acknowledged votes lost",
        kills(),
        started.elapsed().as_secs_f64(),
        votes.count,
    );
}
