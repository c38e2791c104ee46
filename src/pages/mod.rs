//! One file per route: loads, arranges, owns its forms.
#![expect(
    missing_docs,
    reason = "#[component] makes public fields of arguments, which the function's own comment covers"
)]

pub mod article;
pub mod categories;
pub mod category;
mod category_suggestions;
pub mod chat;
pub mod conversation;
pub mod conversation_delete;
pub mod feed;
mod feed_exchanges_panel;
pub mod feed_new;
pub mod feed_remove;
pub mod feeds;
mod first_run_panel;
pub mod folders_panel;
pub mod inbox;
pub mod interests;
pub mod keyboard_shortcuts;
pub mod login;
pub mod login_code;
pub mod model_delete;
pub mod model_new;
pub mod models;
pub mod not_found;
pub mod opml_panel;
mod passkeys_panel;
pub mod rule_edit;
pub mod rules;
pub mod saved_searches;
pub mod search;
mod second_factor_panel;
pub mod settings;
pub mod settings_access;
pub mod settings_clients;
pub mod settings_model_options;
pub mod settings_ollama;
pub mod settings_retention;
pub mod settings_servers;
mod starter_packs_panel;
pub mod status;
pub mod status_panels;
pub mod variant_details;
