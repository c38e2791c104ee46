//! Plain axum: what is neither a page nor a server function.

pub mod answer;
pub mod assets;
pub mod events;
pub mod guard;
pub mod headers;
pub mod health;
pub mod json;
pub mod metrics;
pub mod opml;
pub mod panics;
pub mod reply;
pub mod too_large;
pub mod visit;
