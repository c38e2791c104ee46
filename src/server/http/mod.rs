//! Plain axum: what is neither a page nor a server function.

pub mod access;
pub mod assets;
pub mod base_path;
pub mod body_limit;
pub mod clients;
pub mod connections;
pub mod error_response;
mod event_stream;
pub mod events;
pub mod form_layer;
pub mod form_outcomes;
pub mod form_response;
pub mod guard;
pub mod headers;
pub mod health;
pub mod icons;
pub mod json;
pub mod metrics;
pub mod opml;
pub mod outgoing;
pub mod panic_handler;
pub mod request_host;
pub mod visit;
