//! The program killed in the middle of its work, again and again. `GLEANER_KILLS` says how often; a few times by default.

use crate::support::{
    articles::{broken_promises, looks, store_many},
    binary::{Running, gleaner},
    test_app::TestApp,
};
use gleaner::server::{
    demo::ollama::{Call, Settings, Simulator},
    worker::scorer,
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

/// Articles that one life of the program meets at most before it is killed.
const MOST_CALLS: usize = 12;

fn kills() -> usize {
    std::env::var_os("GLEANER_KILLS").and_then(|n| n.to_str()?.parse().ok()).unwrap_or(8)
}

async fn integrity(folder: &Path) -> String {
    let file = folder.join(gleaner::server::storage::FILE);
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.expect("it opens after a kill");
    sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.expect("a check")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost_stuck_or_corrupt() {
    let settings = Settings { prompt_time: Duration::from_millis(2), parallel: 4, ..Settings::default() };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let app = TestApp::start().await;
    let articles = kills() * MOST_CALLS;
    store_many(&app.app, articles).await;
    let data = app.finish().await;

    for kill in 0..kills() {
        let before = sim.requests_of(Call::Chat).len();
        let mut command = gleaner(data.path());
        command.arg("--data-dir").arg(data.path()).args(["--ollama-host", &sim.url]);
        let running = Running::start(command);
        // At another point of the work each time: while claiming, asking, storing.
        let calls = 1 + (kill * 7) % MOST_CALLS;
        let enough = |all: &[gleaner::server::demo::ollama::Recorded]| {
            all.iter().filter(|r| r.path == "/api/chat").count() >= before + calls
        };
        tokio::time::timeout(Duration::from_secs(60), sim.wait_until(enough)).await.expect("it works after a kill");
        running.signal("KILL");
        running.wait();
        assert_eq!(integrity(data.path()).await, "ok", "after kill {kill}");
    }

    let url = sim.url.parse().expect("an address");
    let app = TestApp::on(data, |config| config.ollama.host = url).await;
    scorer::recover(&app.app).await.expect("recovered");
    assert!(looks(&app.app).await.iter().all(|l| !l.leased && l.attempts == 0), "a kill is no attempt");
    scorer::drain(&app.app).await;
    let looks = looks(&app.app).await;
    assert_eq!(looks.iter().filter(|l| l.state == "scored").count(), articles, "none is lost or stuck");
    assert_eq!(broken_promises(&looks), Vec::<String>::new());
    println!("{} kills, {articles} articles scored, 0 corrupt, 0 stuck", kills());
}
