//! Settings from four sources: flags over environment over file over the embedded `Leptos.toml`, each value with its origin.
//!
//! [`keys::KEYS`] is the one table that drives reading, help and docs/configuration.md.

mod defaults;
pub mod keys;
mod loader;
mod public_address;
pub mod report;
mod settings;
mod value;

pub use crate::server::config::loader::{ConfigError, ConfigOrigin, ConfigProblem, ConfigSources, LoadedConfig, load};
pub use defaults::leptos_options;
pub use public_address::{BasePath, PublicUrl};
pub use settings::{AccessConfig, Config, FetchConfig, LogConfig, LogFormat, OllamaConfig, Secret, TlsConfig};
