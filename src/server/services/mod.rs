//! Use cases: the only place where adapters meet. Functions over [`App`](crate::server::state::App), one file per noun.

pub mod access;
pub mod bulk_marks;
pub mod categories;
pub mod category_suggestions;
pub mod chat;
pub mod clients;
pub mod clock_jumps;
pub mod devices;
pub mod doctor;
pub mod full_text;
pub mod icons;
pub mod inbox;
pub mod instance_key;
pub mod keyword_rank;
pub mod list_search;
pub mod models;
pub mod preferences;
pub mod pulls;
pub mod reading;
pub mod registry;
pub mod scoring;
pub mod search;
pub mod search_index;
pub mod sidebar;
pub mod storage_health;
pub mod subscriptions;
