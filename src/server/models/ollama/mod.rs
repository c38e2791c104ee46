//! Talking to Ollama's native API. Only [`client`] touches the network; the rest is pure.
//!
//! A status of 200 proves nothing here: errors come as lines inside the body, and a stream may end without a word. So only
//! `done:true` (chat) and `success` (pull) count as an answer.

pub mod address;
pub mod client;
pub mod error;
pub mod error_message;
pub mod keep_alive;
pub(in crate::server::models) mod lenient;
pub mod metrics;
pub mod ndjson;
pub mod program;
pub mod think;
pub mod wire;
