//! Talking to Ollama's native API. Only [`client`] touches the network; the rest is pure.
//!
//! An answer with status 200 may still fail: errors come as lines inside the body, and a stream may end early. Only `done:true`
//! (chat) and `success` (pull) end an answer.

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
