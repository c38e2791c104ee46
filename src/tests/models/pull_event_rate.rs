//! The rates of events and writes during a pull, in simulated time.
#![expect(clippy::disallowed_methods, reason = "what no service would do to the database")]

use crate::support::simulator::{Endpoint, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{pulls::wait_until_pulls, simulated_model::app_with, test_app::START_TIME};
use gleaner::{
    domain::live_event::LiveEvent,
    server::{
        clock::{Clock, FakeClock},
        services::pulls,
        worker,
    },
};
use std::time::Duration;

/// Of the simulated time.
const CLOCK_STEP: Duration = Duration::from_millis(62);

#[tokio::test]
async fn events_come_at_most_four_times_a_second_and_writes_twice() {
    let clock = FakeClock::at(START_TIME);
    let settings = SimulatorSettings {
        clock: Clock::Fake(clock.clone()),
        pull_tick: CLOCK_STEP,
        pull_step: 10_000_000,
        ..SimulatorSettings::default()
    };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    // Interrupted once, so that a retry is among what is told.
    sim.script(Endpoint::Pull, ScriptedReply::Stop(40));
    let test = app_with(&sim).await;
    let mut db = test.app.db.write().await.expect("a transaction");
    for statement in [
        "CREATE TABLE writes (n INTEGER)",
        "CREATE TRIGGER count_updates AFTER UPDATE ON jobs BEGIN INSERT INTO writes VALUES (1); END",
    ] {
        sqlx::query(statement).execute(&mut *db).await.expect("made");
    }
    db.commit().await.expect("committed");
    test.app.lifecycle.spawn(worker::pulls::run(test.app.clone()));
    let mut events = test.app.events.subscribe();
    let job = pulls::enqueue(&test.app, "qwen3:4b").await.expect("asked");
    wait_until_pulls(&test, |pulls| pulls.running.is_some()).await;

    let (mut told, mut millis) = (Vec::new(), 0_u64);
    let mut state = test.app.pulls.subscribe();
    while state.borrow_and_update().ended(job.id).is_none() {
        test.clock.advance(CLOCK_STEP);
        clock.advance(CLOCK_STEP);
        millis += 62;
        // What waits for the clock was woken; what waits for the network needs its time.
        let _ = tokio::time::timeout(Duration::from_millis(8), state.changed()).await;
        while let Ok(event) = events.try_recv() {
            told.extend(matches!(event, LiveEvent::Pull(_)).then_some(millis));
        }
        assert!(millis < 600_000, "it ends");
    }
    while let Ok(event) = events.try_recv() {
        told.extend(matches!(event, LiveEvent::Pull(_)).then_some(millis));
    }
    let seconds = millis / 1_000;
    assert!(seconds > 10 && told.len() > 10, "{seconds} s, {} events", told.len());
    for (at, start) in told.iter().enumerate() {
        let within = told[at..].iter().take_while(|millis| **millis < start + 1_000).count();
        assert!(within <= 4, "{within} events in the second from {start} ms: {told:?}");
    }
    let writes: i64 =
        sqlx::query_scalar("SELECT count(*) FROM writes").fetch_one(&test.app.db.read).await.expect("counted");
    assert!(writes <= 2 * i64::try_from(seconds).expect("few"), "{writes} writes in {seconds} s");
    println!("{} events and {writes} writes in {seconds} s of a pull", told.len());
    test.finish().await;
}
