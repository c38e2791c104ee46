//! Tests of models and their servers.

mod client_conformance;
mod client_settings;
mod health_and_choice;
mod load_unload_delete;
mod memory;
mod model_test;
mod ollama_client;
mod ollama_unavailable;
mod openai_client;
mod options;
mod polling;
mod pull_across_processes;
mod pull_client;
mod pull_event_rate;
mod pull_preview;
mod pulls;
mod readiness;
mod real_llama_server;
mod recommended;
mod retries;
mod serving_model;
mod simulator;
mod transcripts;
mod versions;
