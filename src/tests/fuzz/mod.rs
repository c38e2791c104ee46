//! Arbitrary input for everything that reads what strangers send: none of it may panic, hang, or break what it promises.
//! Each target runs a few hundred cases, or for `GLEANER_FUZZ_MINUTES`; `make fuzz` says so.

mod input;
mod targets;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use std::time::{Duration, Instant};

/// Cases of a target in an ordinary run.
const CASES: u32 = 256;

/// How long each target runs; `None`: only [`CASES`].
fn fuzz_duration() -> Option<Duration> {
    let minutes = std::env::var_os("GLEANER_FUZZ_MINUTES")?;
    let minutes: f64 = minutes.to_str().and_then(|text| text.parse().ok()).expect("GLEANER_FUZZ_MINUTES is a number");
    Some(Duration::from_secs_f64(minutes * 60.0))
}

/// Runs a target on inputs of a strategy. An ordinary run takes the same inputs every time, a long one others.
///
/// # Panics
/// With the smallest input that fails.
fn run_target<S: Strategy>(name: &str, strategy: &S, target: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let fail = |error: &dyn std::fmt::Display| panic!("{name}: {error}");
    let Some(duration) = fuzz_duration() else {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config, rng).run(strategy, target).unwrap_or_else(|error| fail(&error));
        return;
    };
    let (begun, mut cases) = (Instant::now(), 0_u64);
    while begun.elapsed() < duration {
        TestRunner::new(config.clone()).run(strategy, &target).unwrap_or_else(|error| fail(&error));
        cases += u64::from(CASES);
    }
    println!("{name}: {cases} cases in {:?}", begun.elapsed());
}
