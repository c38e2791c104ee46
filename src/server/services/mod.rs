//! Use cases: the only place where adapters meet. Functions over [`App`](crate::server::state::App), one file per noun.

pub mod categories;
pub mod chat;
pub mod doctor;
pub mod inbox;
pub mod interests;
pub mod models;
pub mod preferences;
pub mod pulls;
pub mod rail;
pub mod reading;
pub mod registry;
pub mod scoring;
pub mod subscriptions;
