//! Runtime state without logic: what is going on in this process at the moment.

pub mod access;
pub mod answers;
pub mod client_lists;
pub mod model_servers;
pub mod open_files;
pub mod open_pages;
pub mod passkey_challenges;
pub mod pending_logins;
pub mod pulls;
pub mod rendered_answers;
pub mod robots;
pub mod running_checks;
pub mod saved_search_cache;
pub mod scoring_activity;
pub mod shown_articles;
