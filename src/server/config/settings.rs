//! Every setting as the program uses it: typed and validated.

use super::{BasePath, PublicUrl};
use crate::domain::{model::ModelFallbackPolicy, model_name::ModelName};
use http::HeaderName;
use ipnet::IpNet;
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

/// Every setting with its effective value.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the pages are served.
    pub addr: SocketAddr,
    /// Names under which browsers reach Gleaner, beside loopback names and `addr`; lower case, without port.
    pub hosts: Vec<String>,
    /// The folder of the database and all other data; created with mode 0700.
    pub data_dir: PathBuf,
    /// Who may use Gleaner.
    pub access: AccessConfig,
    /// The certificate for TLS without a proxy.
    pub tls: TlsConfig,
    /// How Ollama is reached and used.
    pub ollama: OllamaConfig,
    /// How feeds are fetched.
    pub fetch: FetchConfig,
    /// What is logged and how.
    pub log: LogConfig,
}

/// Who may use Gleaner, beside the owner with the password.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// The owner's name at the login and in `user_header`.
    pub owner: String,
    /// Networks of proxies whose headers for client address, scheme and user are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they name the authenticated user; `None`: they authenticate no users.
    pub user_header: Option<HeaderName>,
    /// The address under which browsers reach Gleaner; `None`: the host of each request.
    pub public_url: Option<PublicUrl>,
    /// The path under which a proxy serves Gleaner.
    pub base_path: BasePath,
}

/// The certificate for TLS without a proxy: both files or neither.
#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// The certificate and its intermediate certificates, in PEM.
    pub cert: Option<PathBuf>,
    /// Its private key, in PEM.
    pub key: Option<PathBuf>,
}

impl TlsConfig {
    /// Certificate and key, when both are named.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        Some((self.cert.as_deref()?, self.key.as_deref()?))
    }
}

impl AccessConfig {
    /// Whether a proxy can authenticate the owner.
    pub fn trusts_a_proxy(&self) -> bool {
        self.user_header.is_some() && !self.trusted_proxies.is_empty()
    }

    /// Whether an address is that of a trusted proxy.
    pub fn is_trusted_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// How Ollama is reached and used.
#[derive(Clone, Debug)]
pub struct OllamaConfig {
    /// Base address, with an optional path prefix; every form that Ollama itself takes.
    pub host: url::Url,
    /// Sent as `Authorization: Bearer …` to `host` only; never logged or shown.
    pub bearer_token: Option<Secret>,
    /// `user:password`, sent as `Authorization: Basic …` to `host` only; never logged or shown.
    pub basic_auth: Option<Secret>,
    /// The default model of both steps.
    pub model: ModelName,
    /// The model that chooses categories, when it is not the default.
    pub categorization_model: Option<ModelName>,
    /// The model that scores, when it is not the default.
    pub scoring_model: Option<ModelName>,
    /// What serves a task whose chosen model is not installed.
    pub fallback: ModelFallbackPolicy,
    /// Limit for the connection.
    pub connect_timeout: Duration,
    /// Limit for the first byte of an answer, which comes after queue, load and prompt evaluation.
    pub first_byte_timeout: Duration,
    /// Longest pause within an answer.
    pub idle_timeout: Duration,
    /// Limit for all attempts of one request.
    pub request_budget: Duration,
    /// How often a failed request is repeated.
    pub retries: u32,
    /// Whether answers are streamed.
    pub stream: bool,
    /// Requests at a time.
    pub concurrency: usize,
    /// Whether the model is loaded before it is needed.
    pub warm_up: bool,
    /// Registries that a model's name may point at.
    pub pull_registries: Vec<String>,
    /// Whether a registry is asked what a model consists of before it is downloaded.
    pub manifest_lookup: bool,
    /// Where Ollama keeps its models on this machine; `None`: the usual places are looked into.
    pub models_dir: Option<PathBuf>,
    /// The file that recommends models; `None`: `models.toml` in the data folder, when it is there.
    pub recommended_models: Option<PathBuf>,
}

/// How feeds are fetched.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// Networks that may be fetched from although they are not public.
    pub allow_networks: Vec<IpNet>,
    /// Feeds fetched at once.
    pub concurrency: usize,
    /// Requests to one host at a time.
    pub per_host_concurrency: usize,
    /// Pause after an answer of a host before the next request to it.
    pub per_host_spacing: Duration,
    /// Limit for a whole fetch, redirects included.
    pub timeout: Duration,
    /// Largest body, after decompression.
    pub max_bytes: u64,
    /// Value of the `User-Agent` header.
    pub user_agent: String,
    /// Whether pages are fetched by themselves for feeds with short texts.
    pub full_text: bool,
}

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A level, or a filter such as `info,gleaner=debug`.
    pub level: String,
    /// The format of lines.
    pub format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}
