//! Server functions, one file per noun: the only way from a page to the server. Thin: one service call each.
#![expect(missing_docs, reason = "#[server] makes public fields of arguments, which the function's own comment covers")]

pub mod access;
pub mod articles;
pub mod categories;
pub mod chat;
pub mod devices;
pub mod feeds;
pub mod first_run;
pub mod folders;
pub mod layout;
pub mod model_versions;
pub mod models;
pub mod passkeys;
pub mod preferences;
pub mod pulls;
pub mod registry;
pub mod retention;
pub mod rules;
pub mod saved_searches;
pub mod scoring;
pub mod search;
pub mod second_factor;
pub mod servers;
pub mod status;
