//! The program is killed repeatedly while it fetches feeds, scores articles and stores votes. `GLEANER_KILLS` sets how often;
//! `make kills` does it a thousand times.

use crate::support::simulator::{Endpoint, RecordedRequest, Simulator, SimulatorSettings};
use crate::support::{
    articles::{article_records, invariant_violations},
    feed_server::{FeedReply, FeedServer, rss_document},
    gleaner_binary::{ServerProcess, gleaner_command},
    test_app::TestApp,
};
use gleaner::server::{services::subscriptions, worker::scorer};
use serde_json::json;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};
use tokio::sync::watch;

const FEED_COUNT: usize = 3;
/// Entries of each feed before the first run; each run finds one more, in one of them.
const ARTICLES_PER_FEED: usize = 12;
/// The most events in one run of the program before it is killed.
const MAX_CALLS_PER_LIFE: usize = 12;
const MAX_VOTES_PER_LIFE: usize = 30;
const VOTE_VALUES: [Option<&str>; 3] = [Some("up"), Some("down"), None];

fn kill_count() -> usize {
    std::env::var_os("GLEANER_KILLS").and_then(|n| n.to_str()?.parse().ok()).unwrap_or(100)
}

/// One of `0..sides`.
fn random_below(sides: usize) -> usize {
    rand::random::<u32>() as usize % sides
}

async fn open_database(folder: &Path) -> SqliteConnection {
    let file = folder.join(gleaner::server::storage::DATABASE_FILE_NAME);
    SqliteConnectOptions::new().filename(file).connect().await.expect("it opens after a kill")
}

/// Publishes the feeds of the n-th run.
fn publish_feeds(server: &FeedServer, life: usize) {
    for feed in 0..FEED_COUNT {
        let more = (1..=life).filter(|n| n % FEED_COUNT == feed).count();
        let guids: Vec<String> = (0..ARTICLES_PER_FEED + more).map(|n| format!("f{feed}e{n}")).collect();
        let entries: Vec<_> = guids.iter().map(|g| (g.as_str(), g.as_str(), "<p>A loom.</p>")).collect();
        server.on(&format!("/{feed}"), FeedReply::feed(rss_document(&format!("Feed {feed}"), &entries)));
    }
}

/// The votes as the client knows them: acknowledged ones, and the one in flight when the program was killed.
#[derive(Default)]
struct VoteLog {
    acknowledged: BTreeMap<i64, Option<&'static str>>,
    in_flight: Option<(i64, Option<&'static str>)>,
    count: usize,
}

impl VoteLog {
    /// Casts votes without a pause until the program is killed.
    async fn cast(&mut self, client: &reqwest::Client, url: &str, articles: usize, cast: &watch::Sender<usize>) {
        while self.cast_one(client, url, articles).await.is_ok() {
            cast.send_modify(|n| *n += 1);
        }
    }

    /// Casts one vote on any article; an error when the connection ends before the whole answer.
    async fn cast_one(&mut self, client: &reqwest::Client, url: &str, articles: usize) -> reqwest::Result<()> {
        let (id, word) = (1 + random_below(articles) as i64, VOTE_VALUES[random_below(VOTE_VALUES.len())]);
        self.in_flight = Some((id, word));
        let request = client.patch(format!("{url}/api/articles/{id}")).header("content-type", "application/json");
        let answer = request.body(json!({ "vote": word }).to_string()).send().await?;
        assert_eq!(answer.status(), 200);
        answer.bytes().await?;
        self.acknowledged.insert(id, word);
        self.in_flight = None;
        self.count += 1;
        Ok(())
    }

    /// Stored votes must equal the acknowledged ones; the one in flight may be stored or not.
    async fn check(&mut self, db: &mut SqliteConnection, kill: usize) {
        let stored: Vec<(i64, String)> =
            sqlx::query_as("SELECT article_id, vote FROM votes").fetch_all(db).await.expect("votes");
        let stored: BTreeMap<i64, String> = stored.into_iter().collect();
        let is = |id: i64| stored.get(&id).map(String::as_str);
        if let Some((id, word)) = self.in_flight.take() {
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
    let settings =
        SimulatorSettings { prompt_time: Duration::from_millis(2), parallel: 4, ..SimulatorSettings::default() };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let server = FeedServer::start().await;
    publish_feeds(&server, 0);
    let app = TestApp::start().await;
    for feed in 0..FEED_COUNT {
        subscriptions::subscribe(&app.app, &server.url(&format!("/{feed}")), None).await.expect("subscribed");
    }
    let data = app.finish().await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut votes = VoteLog::default();

    for kill in 0..kill_count() {
        publish_feeds(&server, kill + 1);
        let (calls, asked) = (sim.requests_of(Endpoint::Chat).len(), server.asked().len());
        let cast = watch::Sender::new(0);
        let mut command = gleaner_command(data.path());
        command.arg("--data-dir").arg(data.path()).args(["--ollama-host", &sim.url]);
        command
            .env("GLEANER_FETCH__ALLOW_NETWORKS", "127.0.0.0/8")
            .env("GLEANER_FETCH__FULL_TEXT", "false")
            .env("GLEANER_FETCH__PER_HOST_SPACING", "0s");
        command.env("GLEANER_OLLAMA__CONCURRENCY", "4");
        let running = ServerProcess::start(command);
        let url = running.url.clone();
        let life = async {
            // Scored articles are queued again, so that there is always work.
            let again = client.post(format!("{url}/api/scoring/rescore")).header("content-type", "application/json");
            let _ = again.body(json!({"scope": "unread", "mode": "full"}).to_string()).send().await;
            let refresh = client.post(format!("{url}/api/feeds/refresh")).send();
            let (refreshed, ()) =
                tokio::join!(refresh, votes.cast(&client, &url, FEED_COUNT * ARTICLES_PER_FEED, &cast));
            refreshed.map(|answer| answer.status())
        };
        // Killed at another point each time: while it starts, fetches, claims, requests, stores.
        let moment = async {
            match kill % 4 {
                0 => {
                    let enough = calls + 1 + random_below(MAX_CALLS_PER_LIFE);
                    let received =
                        |all: &[RecordedRequest]| all.iter().filter(|r| r.path == "/api/chat").count() >= enough;
                    sim.wait_until(received).await;
                }
                1 => server.wait_for_requests(asked + 1 + random_below(FEED_COUNT)).await,
                2 => {
                    let enough = 1 + random_below(MAX_VOTES_PER_LIFE);
                    let _ = cast.subscribe().wait_for(|n| *n >= enough).await;
                }
                _ => {
                    for _ in 0..random_below(3_000) {
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
        let mut db = open_database(data.path()).await;
        let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.expect("a check");
        assert_eq!(integrity, "ok", "after kill {kill}");
        votes.check(&mut db, kill).await;
        // A feed that is read during two crashes is no longer read (feeds::crashing_feeds); here all are kept.
        sqlx::query!("DELETE FROM feed_events WHERE kind = 'reading'").execute(&mut db).await.expect("forgotten");
    }

    let url = sim.url.parse().expect("an address");
    let app = TestApp::on(data, |config| config.ollama.host = url).await;
    scorer::release_stale_claims(&app.app).await.expect("recovered");
    assert!(article_records(&app.app).await.iter().all(|l| !l.leased && l.attempts == 0), "a kill is no attempt");
    for feed in subscriptions::list_feeds(&app.app).await.expect("feeds") {
        subscriptions::refresh_feed(&app.app, feed.id).await.expect("refreshed");
    }
    scorer::drain(&app.app).await;
    let looks = article_records(&app.app).await;
    let articles = FEED_COUNT * ARTICLES_PER_FEED + kill_count();
    assert_eq!(looks.len(), articles, "every entry is there, once");
    assert_eq!(looks.iter().filter(|l| l.state == "scored").count(), articles, "none is lost or stuck");
    assert_eq!(invariant_violations(&looks), Vec::<String>::new());
    votes.check(&mut open_database(&app.app.config.data_dir).await, kill_count()).await;
    println!(
        "{} kills in {:.0} s: 0 databases corrupt, 0 of {articles} articles lost or stuck, 0 of {} acknowledged votes lost",
        kill_count(),
        started.elapsed().as_secs_f64(),
        votes.count,
    );
}
