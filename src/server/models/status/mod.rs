//! What models did last.

pub mod tracker;
