//! What the stories share.

pub mod test_app;
