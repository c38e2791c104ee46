//! The rules of the model registry, pure, and [`ollama_store`], which reads the folders of Ollama's model store.
//!
//! Nothing here uses the network or the database; `services::registry` does.

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
