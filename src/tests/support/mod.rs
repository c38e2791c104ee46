//! What the stories share.

pub mod binary;
pub mod feed_server;
pub mod test_app;
