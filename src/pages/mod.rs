//! One file per route: loads, arranges, owns its forms.

pub mod article;
pub mod categories;
pub mod category;
pub mod chat;
pub mod chat_delete;
pub mod chat_open;
pub mod feed;
pub mod feed_new;
pub mod feed_remove;
pub mod feeds;
pub mod feeds_folders;
pub mod feeds_opml;
pub mod inbox;
pub mod interests;
pub mod keys;
pub mod model_delete;
pub mod model_variant;
pub mod models;
pub mod nowhere;
pub mod settings;
pub mod settings_ollama;
pub mod status;
pub mod status_parts;
