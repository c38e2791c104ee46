//! The embedded `Leptos.toml`: every default, and the keys shared with the build.

use super::{AccessConfig, BasePath, Config, FetchConfig, LogConfig, LogFormat, OllamaConfig, TlsConfig};
use crate::domain::{model::ModelFallbackPolicy, model_name::ModelName};
use leptos::config::LeptosOptions;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// The text of the embedded file.
pub const LEPTOS_TOML: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml"));

/// The table of keys shared with the build.
pub const BUILD_TABLE: &str = "leptos";

/// The options of leptos at run time; equal to `[leptos]` in Leptos.toml, which a test checks.
pub fn leptos_options(config: &Config) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("gleaner")
        .site_root("target/site")
        .site_pkg_dir("pkg")
        .site_addr(config.addr)
        .reload_port(3001)
        .build()
}

impl Config {
    /// Initial values for [`super::load`], which overwrites every field from Leptos.toml; a test checks that.
    pub(super) fn placeholder(ollama_host: url::Url) -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            hosts: Vec::new(),
            data_dir: PathBuf::new(),
            access: AccessConfig {
                owner: String::new(),
                trusted_proxies: Vec::new(),
                user_header: None,
                public_url: None,
                base_path: BasePath::default(),
            },
            tls: TlsConfig::default(),
            ollama: OllamaConfig {
                host: ollama_host,
                bearer_token: None,
                basic_auth: None,
                model: ModelName::default(),
                categorization_model: None,
                scoring_model: None,
                fallback: ModelFallbackPolicy::Off,
                connect_timeout: Duration::ZERO,
                first_byte_timeout: Duration::ZERO,
                idle_timeout: Duration::ZERO,
                request_budget: Duration::ZERO,
                retries: 0,
                stream: false,
                concurrency: 0,
                warm_up: false,
                pull_registries: Vec::new(),
                manifest_lookup: false,
                models_dir: None,
                recommended_models: None,
            },
            fetch: FetchConfig {
                allow_networks: Vec::new(),
                concurrency: 0,
                per_host_concurrency: 0,
                per_host_spacing: Duration::ZERO,
                timeout: Duration::ZERO,
                max_bytes: 0,
                user_agent: String::new(),
                full_text: false,
            },
            log: LogConfig { level: String::new(), format: LogFormat::Text },
        }
    }
}
