//! Use cases: the only place where adapters meet. Functions over [`App`](crate::server::state::App), one file per noun.

pub mod categories;
pub mod models;
pub mod preferences;
pub mod reading;
pub mod scoring;
pub mod subscriptions;
