//! Every setting as the program uses it: typed, and valid by construction.

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
    /// The folder that holds everything; created 0700.
    pub data_dir: PathBuf,
    /// Who is let in.
    pub access: AccessConfig,
    /// The certificate with which Gleaner speaks TLS itself.
    pub tls: TlsConfig,
    /// How Ollama is reached and used.
    pub ollama: OllamaConfig,
    /// How feeds are fetched.
    pub fetch: FetchConfig,
    /// What is logged and how.
    pub log: LogConfig,
}

/// Who is let in, beside the owner with the password.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// The owner's name at the login and in `user_header`.
    pub owner: String,
    /// Networks of proxies whose word on client address, scheme and user is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they name the user whom they let in; `None`: they let in nobody.
    pub user_header: Option<HeaderName>,
    /// Where browsers reach Gleaner; `None`: at the address that they ask.
    pub public_url: Option<PublicUrl>,
    /// The path below which they find it.
    pub base_path: BasePath,
}

/// The certificate with which Gleaner speaks TLS itself: both files or neither.
#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// The certificate and those between it and the authority, in PEM.
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
    /// Whether a proxy can let the owner in.
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
    /// Queue, load and prompt evaluation all come before the first byte.
    pub first_byte_timeout: Duration,
    /// Longest pause within an answer.
    pub idle_timeout: Duration,
    /// Over all attempts of one request.
    pub request_budget: Duration,
    /// How often a failed request is repeated.
    pub retries: u32,
    /// Whether answers are streamed.
    pub stream: bool,
    /// Requests in flight.
    pub concurrency: usize,
    /// Whether the model is loaded before it is needed.
    pub warm_up: bool,
    /// Registries that a model's name may point at.
    pub pull_registries: Vec<String>,
    /// Whether a registry is asked what a model consists of before it is downloaded.
    pub manifest_lookup: bool,
    /// Where Ollama keeps its models on this machine; `None`: the usual places are looked into.
    pub models_dir: Option<PathBuf>,
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
    /// Pause after an answer of a host before it is asked again.
    pub per_host_spacing: Duration,
    /// A whole fetch, redirects included.
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
    /// The form of a line.
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines to read.
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
