//! The stories: what Gleaner does, seen from outside. One file each.

mod guard;
mod models;
mod ollama_client;
mod support;
