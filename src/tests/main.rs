//! The stories: what Gleaner does, seen from outside. One file each.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail loudly, and says what it skips"
)]

mod api;
mod articles_cli;
mod assets;
mod attempts;
mod bombs;
mod categories;
mod chat;
mod chat_cli;
mod cli;
mod client_cases;
mod config;
mod conversations;
mod dates;
mod discovery;
mod doctor;
mod documents;
mod edits;
mod events;
mod explained;
mod feedparser;
mod guard;
mod interests;
mod kill;
mod lists;
mod managing;
mod metrics;
mod model_changes;
mod models;
mod ollama_client;
mod ollama_page;
mod ollama_trouble;
mod openapi;
mod opml;
mod outages;
mod papers;
mod pull_figures;
mod pull_processes;
mod pulls;
mod queue;
mod readiness;
mod real_feeds;
mod refresh;
mod registry_cli;
mod registry_import;
mod registry_naming;
mod registry_page;
mod registry_sources;
mod registry_store;
mod registry_verify;
mod sanitizer;
mod scoring;
mod simulator;
mod ssrf;
mod start_stop;
mod subscribe;
mod support;
mod terminal;
mod tidy;
mod transcripts;
mod votes;
