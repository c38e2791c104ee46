//! What the stories share.

pub mod binary;
#[path = "../../../benches/data.rs"]
pub mod data;
pub mod feed_server;
pub mod replay;
pub mod test_app;
