//! The model registry's rules: pure decisions, plus [`ollama_store`], a thin reader of the folders that Ollama keeps its models in.
//!
//! Nothing here asks Ollama or the database; `services::registry` brings what was seen together with what is on record.

pub mod backfill_plan;
pub mod diff;
pub mod export;
pub mod guess;
pub mod import_plan;
pub mod list_table;
pub mod listed_model;
pub mod lookup;
pub mod naming;
pub mod normalize_plan;
pub mod ollama_store;
pub mod placeholder;
pub mod quantization;
pub mod remote_manifest;
pub mod selection;
pub mod verification;
