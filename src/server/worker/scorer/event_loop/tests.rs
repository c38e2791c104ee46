use super::{ClaimOutcome, Scorer};
use crate::{
    domain::time::Timestamp,
    server::{
        clock::{Clock, FakeClock},
        config::{self, ConfigSources},
        lifecycle::Lifecycle,
        startup,
    },
};
use tempfile::TempDir;

async fn new_scorer(folder: &TempDir) -> Scorer {
    let sources = ConfigSources { user_data_dir: Some(folder.path().to_owned()), ..ConfigSources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.data_dir = folder.path().to_owned();
    let clock = Clock::Fake(FakeClock::at(Timestamp(0)));
    let app = startup::build(config, clock, Lifecycle::default()).await.expect("it starts");
    let server = app.servers.list().remove(0);
    Scorer::new(app, server, true)
}

/// Work that arrives while a claim runs must not be missed.
#[tokio::test]
async fn a_change_during_a_claim_keeps_the_worker_awake() {
    let folder = TempDir::new().expect("a temporary folder");
    for found in [|| ClaimOutcome::QueueEmpty, || ClaimOutcome::Deferred, || ClaimOutcome::Paused] {
        for overtake in [Scorer::on_wakeup, |s: &mut Scorer| s.on_stored(Ok((Vec::new(), Ok(1))))] {
            let mut scorer = new_scorer(&folder).await;
            scorer.start_claim();
            overtake(&mut scorer);
            scorer.on_claimed(Ok(Ok(found())));
            assert!(!scorer.queue.is_empty(), "{:?} is out of date", found());
        }
        let mut scorer = new_scorer(&folder).await;
        scorer.start_claim();
        scorer.on_claimed(Ok(Ok(found())));
        assert!(scorer.queue.is_empty(), "{:?} holds until something happens", found());
    }
}
