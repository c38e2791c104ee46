//! Settings of the simulated server.

use crate::server::{clock::Clock, demo::simulator::models::ModelSpec};
use std::time::Duration;

/// The behavior of the simulated server without scripts.
#[derive(Clone, Debug)]
pub struct SimulatorSettings {
    /// The version of `/api/version`.
    pub version: String,
    /// Whether it answers like a server from 0.30 on (capabilities in the list, its error texts) or like 0.24.
    pub modern: bool,
    /// The clock for all delays.
    pub clock: Clock,
    /// The models installed at the start.
    pub models: Vec<ModelSpec>,
    /// Further models that can be pulled.
    pub library: Vec<ModelSpec>,
    /// The time to load a model.
    pub load_time: Duration,
    /// The time between two pieces of an answer.
    pub token_time: Duration,
    /// The time between two pieces of an answer without a format, as in chats; at least `token_time`.
    pub talk_time: Duration,
    /// The time before the first piece of an answer.
    pub prompt_time: Duration,
    /// Requests that a loaded model processes at once.
    pub parallel: usize,
    /// Maximum requests that wait for a load; more get 503.
    pub max_queue: usize,
    /// The longest context that fits into memory, in tokens.
    pub memory_ctx: i64,
    /// The time between two lines of a pull.
    pub pull_tick: Duration,
    /// Bytes that arrive between two lines of a pull.
    pub pull_step: u64,
    /// Whether cloud models are disabled.
    pub cloud_disabled: bool,
}

impl Default for SimulatorSettings {
    /// A fast server with `qwen3:8b` installed and the recommended models to pull.
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
