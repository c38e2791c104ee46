use super::{Claimed, Scorer};
use crate::{
    domain::time::Timestamp,
    server::{
        clock::{Clock, FakeClock},
        config::{self, Sources},
        lifecycle::Lifecycle,
        startup,
    },
};
use tempfile::TempDir;

async fn scorer(folder: &TempDir) -> Scorer {
    let sources = Sources { user_data: Some(folder.path().to_owned()), ..Sources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.data_dir = folder.path().to_owned();
    let clock = Clock::Fake(FakeClock::at(Timestamp(0)));
    Scorer::new(startup::build(config, clock, Lifecycle::default()).await.expect("it starts"))
}

/// New work that comes between a look at the queue and what the look found.
#[tokio::test]
async fn a_look_that_was_overtaken_does_not_put_the_worker_to_sleep() {
    let folder = TempDir::new().expect("a temporary folder");
    for found in [|| Claimed::Nothing, || Claimed::Later, || Claimed::Paused] {
        for overtake in [Scorer::rung, |s: &mut Scorer| s.kept(Ok((Vec::new(), Ok(1))))] {
            let mut scorer = scorer(&folder).await;
            scorer.claim();
            overtake(&mut scorer);
            scorer.claimed(Ok(Ok(found())));
            assert!(!scorer.dry, "{:?} is out of date", found());
        }
        let mut scorer = scorer(&folder).await;
        scorer.claim();
        scorer.claimed(Ok(Ok(found())));
        assert!(scorer.dry, "{:?} holds until something happens", found());
    }
}
