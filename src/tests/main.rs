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
mod categories;
mod cli;
mod config;
mod events;
mod guard;
mod interests;
mod kill;
mod lists;
mod managing;
mod models;
mod ollama_client;
mod openapi;
mod papers;
mod queue;
mod scoring;
mod simulator;
mod registry_cli;
mod registry_import;
mod registry_naming;
mod registry_page;
mod registry_store;
mod registry_verify;
mod start_stop;
mod support;
mod tidy;
mod transcripts;
