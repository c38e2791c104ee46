//! How the simulated server behaves.

use crate::server::{clock::Clock, demo::simulator::models::ModelSpec};
use std::time::Duration;

/// How the simulated server behaves when nothing is scripted.
#[derive(Clone, Debug)]
pub struct SimulatorSettings {
    /// What `/api/version` says.
    pub version: String,
    /// Whether it answers like a server from 0.30 on (capabilities in the list, its error texts) or like 0.24.
    pub modern: bool,
    /// The clock it lives by.
    pub clock: Clock,
    /// Installed at the start.
    pub models: Vec<ModelSpec>,
    /// Can be pulled, beside those installed.
    pub library: Vec<ModelSpec>,
    /// Until a model that is not in memory gives its first word.
    pub load_time: Duration,
    /// Between two pieces of an answer.
    pub token_time: Duration,
    /// The same where no form is asked for, that is when somebody reads along; at least `token_time`.
    pub talk_time: Duration,
    /// Before the first piece of an answer.
    pub prompt_time: Duration,
    /// Requests that a loaded model works on at once.
    pub parallel: usize,
    /// Requests that may wait for a load; more get 503.
    pub max_queue: usize,
    /// Tokens of context that fit the memory.
    pub memory_ctx: i64,
    /// Between two lines of a pull.
    pub pull_tick: Duration,
    /// Bytes a tick.
    pub pull_step: u64,
    /// Whether models at ollama.com are switched off.
    pub cloud_disabled: bool,
}

impl Default for SimulatorSettings {
    /// A quick server with the recommended models at hand and `qwen3:8b` installed.
    fn default() -> Self {
        Self {
            version: "0.33.0".into(),
            modern: true,
            clock: Clock::System,
            models: vec![ModelSpec::recommended("qwen3:8b")],
            library: ModelSpec::all_recommended(),
            load_time: Duration::ZERO,
            token_time: Duration::ZERO,
            talk_time: Duration::ZERO,
            prompt_time: Duration::ZERO,
            parallel: 1,
            max_queue: 512,
            memory_ctx: 1_000_000,
            pull_tick: Duration::from_millis(1),
            pull_step: 500_000_000,
            cloud_disabled: true,
        }
    }
}
