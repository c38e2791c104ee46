//! Looking after Ollama and its models. What is known of Ollama comes from one cache, filled by one observer: no page ever
//! waits for Ollama.

mod call_metrics;
mod change;
mod choice;
mod library;
mod memory;
mod poll;
mod readiness;
mod readiness_history;
mod request_options;
mod warm_up;

pub use crate::server::services::models::call_metrics::record_call;
pub use crate::server::services::models::poll::{
    ModelsSnapshot, health, list_installed, manifest_digest, poll_if_stale, poll_now,
};
pub use crate::server::services::models::readiness_history::{RecordedReadiness, load_history, record_changes};
pub use crate::server::services::models::request_options::{request_keep_alive, request_options};
pub use change::{DeletedModel, FallbackTask, LoadState, delete, load, load_and_wait, unload};
pub use choice::{ModelChoice, load_config, save_choice};
pub use library::load_library;
pub use memory::{fetch_architectures, footprints};
pub use readiness::{
    ModelStatesSince, last_load_seconds, list_readiness, model_readiness, needs_no_load, queue_readiness, status,
};
pub use warm_up::{WarmUpTarget, needs_warm_up, warm_up, warm_up_target};
