//! The table of all settings. Reading, `config show`, and docs/configuration.md all come from here; defaults from Leptos.toml.

use super::{Config, LogFormat, Secret, value};
use crate::server::models::ollama::address;

/// One setting.
#[derive(Debug)]
pub struct ConfigKey {
    /// Its path in the file, for example `ollama.host`.
    pub name: &'static str,
    /// Other environment variables, used when `GLEANER_…` is not set.
    pub env_aliases: &'static [&'static str],
    /// The flag, when there is one.
    pub flag: Option<&'static str>,
    /// What may be given, as the end of "allowed: ".
    pub allowed: &'static str,
    /// One sentence for docs and `config show`.
    pub help: &'static str,
    /// Never shown; may also come from the file named by `GLEANER_…_FILE`.
    pub secret: bool,
    /// Reads a value into the settings, or says why not.
    pub set: fn(&mut Config, &str) -> Result<(), String>,
    /// Writes the value as `set` would read it.
    pub get: fn(&Config) -> String,
}

impl ConfigKey {
    /// Its own environment variable: `GLEANER_`, the path in capitals, `__` between levels.
    pub fn env_name(&self) -> String {
        env_name_of(self.name)
    }
}

/// The environment variable of a key: `GLEANER_`, the path in capitals, `__` between levels.
pub fn env_name_of(name: &str) -> String {
    format!("{ENV_PREFIX}{}", name.replace('.', "__").to_ascii_uppercase())
}

/// Keys that earlier versions had, and what to do instead.
pub const REMOVED_KEYS: [(&str, &str); 1] =
    [("allow_open", "Gleaner has a login now: remove it, and set a password with `gleaner owner set-password`.")];

/// The prefix of Gleaner's environment variables.
pub const ENV_PREFIX: &str = "GLEANER_";

/// The variable that names the settings file.
pub const ENV_CONFIG_FILE: &str = "GLEANER_CONFIG";

/// Variables with this prefix that belong to the build and its tests, not to the program.
pub const BUILD_ENV_NAMES: [&str; 7] = [
    "GLEANER_NO_ASSETS",
    "GLEANER_BIN",
    "GLEANER_CORPORA",
    "GLEANER_KILLS",
    "GLEANER_CASES",
    "GLEANER_FUZZ_SECONDS",
    "GLEANER_WRITE_DOCS",
];

/// The key of that name.
pub fn find_key(name: &str) -> Option<&'static ConfigKey> {
    KEYS.iter().find(|key| key.name == name)
}

const ALLOWED_DURATION: &str = "a duration such as 90s, 5m or 1h 30m";
const ALLOWED_MODEL_NAME: &str = "the name of a model, such as qwen3:8b";
const ALLOWED_BOOL: &str = "true or false";

macro_rules! config_keys {
    ($($name:literal { $($env:literal)* } $flag:expr, $allowed:expr, $help:literal, |$c:ident, $v:ident| $set:expr, $get:expr;)+) => {
        /// Every setting, in the order of the documents.
        pub static KEYS: &[ConfigKey] = &[$(ConfigKey {
            name: $name,
            env_aliases: &[$($env),*],
            flag: $flag,
            allowed: $allowed,
            help: $help,
            secret: matches!($name.as_bytes(), b"ollama.bearer_token" | b"ollama.basic_auth"),
            set: |$c, $v| { $set; Ok(()) },
            get: |$c| $get,
        }),+];
    };
}

config_keys! {
    "addr" {} Some("--addr"), "an IP address with a port, such as 127.0.0.1:3000",
        "Where the pages are served.",
        |c, v| c.addr = value::parse_socket_addr(v)?, c.addr.to_string();
    "hosts" {} None, "a list of host names, such as gleaner.lan",
        "Names under which browsers reach Gleaner, beside localhost and the bound address; requests for other names are refused.",
        |c, v| c.hosts = value::parse_host_names(v)?, c.hosts.join(",");
    "data_dir" {} Some("--data-dir"), "a path",
        "The folder of the database and all other data; created readable for you only. Empty: your data folder (XDG) + `/gleaner`.",
        |c, v| c.data_dir = value::parse_non_empty(v)?.into(), c.data_dir.display().to_string();
    "access.owner" {} None, "a name",
        "The owner's name: what is typed at the login, and what a trusted proxy must send.",
        |c, v| c.access.owner = value::parse_non_empty(v)?, c.access.owner.clone();
    "access.trusted_proxies" {} None, "a list of networks, such as 127.0.0.1 or 10.0.0.0/8",
        "Proxies that may say who the client is: `X-Forwarded-For`, `X-Forwarded-Proto` and `access.user_header` count from them only.",
        |c, v| c.access.trusted_proxies = value::parse_networks(v)?,
        c.access.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    "access.user_header" {} None, "the name of a header, such as Remote-User",
        "The header in which a trusted proxy names the user that it authenticated; the owner then needs no password. Empty: none.",
        |c, v| c.access.user_header = value::parse_header_name(v)?,
        c.access.user_header.as_ref().map(ToString::to_string).unwrap_or_default();
    "access.public_url" {} None, "https:// or http:// with a host and perhaps a port, such as https://news.example.org",
        "Where browsers reach Gleaner. The addresses that are shown for readers begin with it, its host is one of `hosts`, and with `https` cookies and browsers are bound to TLS. Empty: the address that a browser asks.",
        |c, v| c.access.public_url = value::parse_optional(v)?.map(|v| v.parse()).transpose()?,
        c.access.public_url.as_ref().map(ToString::to_string).unwrap_or_default();
    "access.base_path" {} None, "a path that begins with / and does not end with it, such as /reader",
        "The path under which a proxy serves Gleaner; every address of Gleaner begins with it. Empty: none.",
        |c, v| c.access.base_path = v.parse()?, c.access.base_path.to_string();
    "tls.cert" {} None, "a path",
        "A file with the certificate and its intermediate certificates (PEM), for TLS without a proxy; read again when it changes, and on SIGHUP. Empty: no TLS.",
        |c, v| c.tls.cert = value::parse_optional(v)?.map(Into::into), value::format_path(c.tls.cert.as_deref());
    "tls.key" {} None, "a path",
        "The file with its private key (PEM), readable for Gleaner's user alone.",
        |c, v| c.tls.key = value::parse_optional(v)?.map(Into::into), value::format_path(c.tls.key.as_deref());
    "ollama.host" { "OLLAMA_HOST" } Some("--ollama-host"), "host, host:port, :port, or http(s)://host[:port][/path]",
        "Where Ollama answers, in every form that Ollama itself takes.",
        |c, v| c.ollama.host = address::parse(v).map_err(|error| error.to_string())?, c.ollama.host.to_string();
    "ollama.bearer_token" {} None, "any text",
        "Sent to `ollama.host` only, as `Authorization: Bearer …`; never logged or shown. Empty: none.",
        |c, v| c.ollama.bearer_token = value::parse_optional(v)?.map(Secret),
        c.ollama.bearer_token.as_ref().map_or_else(String::new, |secret| secret.0.clone());
    "ollama.basic_auth" {} None, "a user name and a password with a colon between them",
        "Sent to `ollama.host` only, as `Authorization: Basic …`; never logged or shown. Empty: none. `ollama.bearer_token` takes precedence.",
        |c, v| c.ollama.basic_auth = value::parse_credentials(v)?.map(Secret),
        c.ollama.basic_auth.as_ref().map_or_else(String::new, |secret| secret.0.clone());
    "ollama.model" { "OLLAMA_MODEL" } None, ALLOWED_MODEL_NAME,
        "The model of both steps until you choose another on the page.",
        |c, v| c.ollama.model = value::parse_non_empty(v)?.into(), c.ollama.model.to_string();
    "ollama.categorization_model" {} None, ALLOWED_MODEL_NAME,
        "The model that chooses categories. Empty: `ollama.model`.",
        |c, v| c.ollama.categorization_model = value::parse_optional(v)?.map(Into::into), c.ollama.categorization_model.clone().unwrap_or_default().to_string();
    "ollama.scoring_model" {} None, ALLOWED_MODEL_NAME,
        "The model that scores. Empty: `ollama.model`.",
        |c, v| c.ollama.scoring_model = value::parse_optional(v)?.map(Into::into), c.ollama.scoring_model.clone().unwrap_or_default().to_string();
    "ollama.fallback" {} None, "off, role or smallest",
        "What serves a task whose chosen model is not installed: nothing (`off`), the installed model that has the task's role in the registry (`role`), or the smallest installed model (`smallest`).",
        |c, v| c.ollama.fallback = value::parse_fallback(v)?, c.ollama.fallback.as_str().to_owned();
    "ollama.connect_timeout" {} None, ALLOWED_DURATION,
        "How long connecting may take.",
        |c, v| c.ollama.connect_timeout = value::parse_duration(v)?, value::format_duration(c.ollama.connect_timeout);
    "ollama.first_byte_timeout" { "OLLAMA_TIMEOUT" } None, ALLOWED_DURATION,
        "How long the first byte may take: waiting in Ollama's queue, loading the model and reading the prompt all come before it.",
        |c, v| c.ollama.first_byte_timeout = value::parse_duration(v)?, value::format_duration(c.ollama.first_byte_timeout);
    "ollama.idle_timeout" {} None, ALLOWED_DURATION,
        "How long an answer may pause while it is written.",
        |c, v| c.ollama.idle_timeout = value::parse_duration(v)?, value::format_duration(c.ollama.idle_timeout);
    "ollama.request_budget" {} None, ALLOWED_DURATION,
        "How long one request may take over all its attempts.",
        |c, v| c.ollama.request_budget = value::parse_duration(v)?, value::format_duration(c.ollama.request_budget);
    "ollama.retries" { "MODEL_RETRIES" } None, "a whole number from 0 to 20",
        "Further attempts after a temporary failure, with growing pauses, within the budget.",
        |c, v| c.ollama.retries = value::parse_number(v, 0..=20)?, c.ollama.retries.to_string();
    "ollama.stream" { "OLLAMA_STREAM" } None, ALLOWED_BOOL,
        "Whether answers are read as they are written, so that one that stops is noticed.",
        |c, v| c.ollama.stream = value::parse_bool(v)?, c.ollama.stream.to_string();
    "ollama.concurrency" {} None, "a whole number from 1 to 64",
        "Requests at a time; more than `OLLAMA_NUM_PARALLEL` only wait in Ollama's queue.",
        |c, v| c.ollama.concurrency = value::parse_number(v, 1..=64)?, c.ollama.concurrency.to_string();
    "ollama.warm_up" {} None, ALLOWED_BOOL,
        "Whether the model is loaded when Gleaner starts and when another one is chosen.",
        |c, v| c.ollama.warm_up = value::parse_bool(v)?, c.ollama.warm_up.to_string();
    "ollama.pull_registries" {} None, "a list of registries",
        "Registries from which models may be downloaded.",
        |c, v| c.ollama.pull_registries = value::split_list(v), c.ollama.pull_registries.join(",");
    "ollama.manifest_lookup" {} None, ALLOWED_BOOL,
        "Whether Gleaner asks the registry of a model (only those in `ollama.pull_registries`) what it consists of: its size, layers and license before a download, and the right percentage from the first byte.",
        |c, v| c.ollama.manifest_lookup = value::parse_bool(v)?, c.ollama.manifest_lookup.to_string();
    "ollama.models_dir" { "OLLAMA_MODELS" } None, "a path",
        "Where Ollama keeps its models on this machine; `gleaner models backfill` reads it. Empty: Ollama's default folders.",
        |c, v| c.ollama.models_dir = value::parse_optional(v)?.map(Into::into),
        value::format_path(c.ollama.models_dir.as_deref());
    "ollama.recommended_models" {} None, "a path",
        "The file that lists the models to recommend, in the form of the built-in one (docs/model-servers.md). Empty: `models.toml` in the data folder when it is there, else the built-in list.",
        |c, v| c.ollama.recommended_models = value::parse_optional(v)?.map(Into::into),
        value::format_path(c.ollama.recommended_models.as_deref());
    "fetch.allow_networks" {} None, "a list of networks, such as 192.168.0.0/16",
        "Networks that feeds may be fetched from although they are not public. Empty: only public addresses.",
        |c, v| c.fetch.allow_networks = value::parse_networks(v)?,
        c.fetch.allow_networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    "fetch.concurrency" {} None, "a whole number from 1 to 256",
        "Feeds fetched at once.",
        |c, v| c.fetch.concurrency = value::parse_number(v, 1..=256)?, c.fetch.concurrency.to_string();
    "fetch.per_host_concurrency" {} None, "a whole number from 1 to 16",
        "Requests to one host at a time.",
        |c, v| c.fetch.per_host_concurrency = value::parse_number(v, 1..=16)?, c.fetch.per_host_concurrency.to_string();
    "fetch.per_host_spacing" {} None, ALLOWED_DURATION,
        "The pause between the answer of a host and the next request to it; 0s for none.",
        |c, v| c.fetch.per_host_spacing = value::parse_duration_or_zero(v)?, value::format_duration(c.fetch.per_host_spacing);
    "fetch.timeout" {} None, ALLOWED_DURATION,
        "How long a whole fetch may take, redirects included.",
        |c, v| c.fetch.timeout = value::parse_duration(v)?, value::format_duration(c.fetch.timeout);
    "fetch.max_bytes" {} None, "a size such as 15MiB",
        "The largest body that is read, after decompression.",
        |c, v| c.fetch.max_bytes = value::parse_size(v)?, value::format_size(c.fetch.max_bytes);
    "fetch.user_agent" {} None, "any text; {version} stands for Gleaner's version",
        "The User-Agent of requests for feeds; add an address where publishers can reach you.",
        |c, v| c.fetch.user_agent = value::parse_non_empty(v)?.replace("{version}", env!("CARGO_PKG_VERSION")), c.fetch.user_agent.clone();
    "fetch.full_text" {} None, ALLOWED_BOOL,
        "Whether the pages behind short articles are fetched by themselves; a feed can say otherwise.",
        |c, v| c.fetch.full_text = value::parse_bool(v)?, c.fetch.full_text.to_string();
    "log.level" {} None, "off, error, warn, info, debug, trace, or a filter such as info,gleaner=debug",
        "How much is logged.",
        |c, v| c.log.level = value::parse_log_level(v)?, c.log.level.clone();
    "log.format" {} None, "text or json",
        "The format of log lines.",
        |c, v| c.log.format = value::parse_log_format(v)?,
        match c.log.format { LogFormat::Text => "text", LogFormat::Json => "json" }.to_owned();
}
