//! What the stories share.

pub mod binary;
pub mod test_app;
