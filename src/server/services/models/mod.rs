//! Use cases about Ollama and its models. What is known of Ollama is one snapshot (`server::models::status`): no page waits
//! for Ollama.

mod call_metrics;
mod change;
mod choice;
mod copy;
mod library;
mod memory;
mod model_config;
mod model_test;
mod option_changes;
mod poll;
mod readiness;
mod readiness_history;
mod recommended;
mod request_options;
mod short_question;
mod warm_up;

pub use crate::server::services::models::call_metrics::{TimedCall, record_call};
pub use crate::server::services::models::poll::{health, list_installed, manifest_digest, poll_if_stale, poll_now};
pub use crate::server::services::models::readiness_history::{RecordedReadiness, load_history, record_changes};
pub use crate::server::services::models::request_options::{request_keep_alive, request_options};
pub use change::{DeletedModel, FallbackTask, LoadState, delete, find_installed, load, load_and_wait, unload};
pub use choice::{ModelChoice, save_choice};
pub use copy::{CopiedModel, copy, replace_by_copy};
pub use library::load_library;
pub use memory::{fetch_architectures, footprints, load_measurements, record_measurements};
pub use model_config::load_config;
pub use model_test::{test_and_wait, test_model};
pub use option_changes::{NUM_CTX_RANGE, NUM_PREDICT_RANGE, OptionChanges, SEED_RANGE, parse_level, save_options};
pub use readiness::{last_load_seconds, list_readiness, model_readiness, needs_no_load, queue_readiness, status};
pub use recommended::{load_recommended, log_problems as log_list_problems};
pub use short_question::ask as ask_short_question;
pub use warm_up::{WarmUpTarget, needs_warm_up, warm_up, warm_up_target};
