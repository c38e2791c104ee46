//! What the stories share.

pub mod articles;
pub mod binary;
pub mod corpora;
#[path = "../../../benches/data.rs"]
pub mod data;
pub mod feed_server;
pub mod replay;
pub mod ollama_store;
pub mod registry;
pub mod test_app;
