//! Arbitrary input for every parser of foreign data: none may panic, hang, or violate its properties.
//! Each target runs the same few hundred cases, then others for `GLEANER_FUZZ_SECONDS`; `make test` and `make fuzz` say how long.

mod input;
mod targets;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use std::time::{Duration, Instant};

/// Cases that a target runs every time, and between two looks at the clock.
const CASES: u32 = 256;

/// For how long each target runs on other inputs; zero when nothing is said.
fn fuzz_duration() -> Duration {
    let Some(seconds) = std::env::var_os("GLEANER_FUZZ_SECONDS") else { return Duration::ZERO };
    let seconds = seconds.to_str().and_then(|text| text.parse().ok()).expect("GLEANER_FUZZ_SECONDS is a number");
    Duration::from_secs_f64(seconds)
}

/// Runs a target on inputs of a strategy: those that it always gets, then others as long as it may.
///
/// # Panics
/// With the smallest input that fails.
fn run_target<S: Strategy>(name: &str, strategy: &S, target: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let run = |runner: &mut TestRunner| {
        runner.run(strategy, &target).unwrap_or_else(|error| panic!("{name}: {error}"));
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    run(&mut TestRunner::new_with_rng(config.clone(), rng));
    let (begun, duration, mut cases) = (Instant::now(), fuzz_duration(), u64::from(CASES));
    while begun.elapsed() < duration {
        run(&mut TestRunner::new(config.clone()));
        cases += u64::from(CASES);
    }
    println!("{name}: {cases} cases in {:?}", begun.elapsed());
}
