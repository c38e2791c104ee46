//! What the stories share.

pub mod articles;
pub mod binary;
pub mod corpora;
#[path = "../../../benches/data.rs"]
pub mod data;
pub mod feed_server;
pub mod log;
pub mod markdown;
pub mod model;
pub mod ollama_store;
pub mod pulls;
pub mod registry;
pub mod replay;
pub mod terminal;
pub mod test_app;
