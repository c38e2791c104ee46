//! Plain axum: what is neither a page nor a server function.

pub mod reply;
pub mod visit;
