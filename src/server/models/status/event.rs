//! What changes the snapshot of the model server.

use crate::{
    domain::{memory_estimate::KvCacheParams, memory_measurement::MemoryMeasurements, model_name::ModelName},
    server::models::ollama::{
        error::OllamaError,
        wire::{InstalledModel, RunningModel},
    },
};
use std::{collections::BTreeMap, time::Duration};

/// The number of a request that is under way, unique in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub(super) u64);

/// One event.
#[derive(Clone, Debug)]
pub enum StatusEvent<'a> {
    /// A poll of the server ended.
    Polled(Result<PollAnswer, OllamaError>),
    /// A request to a model made progress.
    Call {
        /// The model.
        model: &'a ModelName,
        /// The request.
        call: CallId,
        /// What happened to it.
        event: CallEvent<'a>,
    },
    /// The server took a model out of memory because Gleaner asked for it.
    Unloaded(&'a ModelName),
    /// The server removed a model from its disk because Gleaner asked for it.
    Deleted(&'a ModelName),
    /// The options of a model changed: earlier answers and failures say nothing about it any more.
    OptionsChanged(&'a ModelName),
    /// The pull of a model started.
    PullStarted(&'a ModelName),
    /// The running pull ended, however it did.
    PullEnded,
    /// The connection breaker opened, or failed again with another error.
    BreakerOpened(OllamaError),
    /// The connection breaker closed.
    BreakerClosed,
    /// `/api/show` was read for the model with this manifest digest; `None` when its file lacks the figures.
    ArchitectureRead {
        /// Of the manifest.
        digest: &'a str,
        /// The figures that determine the size of the context cache.
        kv_cache: Option<KvCacheParams>,
    },
    /// Load times were read from the database.
    LoadTimesRead(BTreeMap<ModelName, Duration>),
    /// Measurements of memory were read from the database.
    MeasurementsRead(MemoryMeasurements),
}

/// The progress of one request to a model.
#[derive(Clone, Copy, Debug)]
pub enum CallEvent<'a> {
    /// It was sent.
    Started,
    /// The first token arrived.
    FirstToken,
    /// The whole answer arrived.
    Answered {
        /// How long the model stays in memory afterwards; `None`: for ever.
        keep_alive: Option<Duration>,
        /// How long the load before the answer took, when the server said so.
        load: Option<Duration>,
    },
    /// A request that only loads the model succeeded after this time.
    Loaded(Duration),
    /// An attempt failed and another follows.
    Retried(&'a OllamaError),
    /// The last attempt failed.
    Failed(&'a OllamaError),
    /// The caller stopped waiting; nothing changes when the end was recorded before.
    Abandoned,
}

/// What a successful poll found.
#[derive(Clone, Debug, Default)]
pub struct PollAnswer {
    /// Of the server.
    pub version: String,
    /// Of the version request, in milliseconds.
    pub latency_ms: Option<i64>,
    /// The models on its disk.
    pub installed: Vec<InstalledModel>,
    /// The models in its memory; `None` when the server cannot list them (Ollama before 0.1.38).
    pub running: Option<Vec<RunningModel>>,
}
