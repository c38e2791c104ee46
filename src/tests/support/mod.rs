//! Helpers that tests share.

pub mod articles;
pub mod bombs;
pub mod corpora;
#[path = "../../../benches/data.rs"]
pub mod data;
pub mod expectations;
pub mod feed_server;
pub mod fixtures;
pub mod gleaner_binary;
pub mod log;
pub mod markdown;
pub mod ollama_store;
pub mod openai_simulator;
pub mod pulls;
pub mod registry;
pub mod simulated_model;
pub mod simulator;
pub mod terminal;
pub mod test_app;
pub mod transcripts;
