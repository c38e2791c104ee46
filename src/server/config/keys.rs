//! The table of all settings. Reading, `config show`, and docs/configuration.md all come from here; defaults from Leptos.toml.

use super::{Config, LogFormat, Secret, value};
use crate::server::ollama::address;

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Its path in the file, for example `ollama.host`.
    pub name: &'static str,
    /// Environment variables that are asked after `GLEANER_…`.
    pub env_also: &'static [&'static str],
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

impl Key {
    /// Its own environment variable: `GLEANER_`, the path in capitals, `__` between levels.
    pub fn env(&self) -> String {
        format!("{ENV_PREFIX}{}", self.name.replace('.', "__").to_ascii_uppercase())
    }
}

/// What environment variables of Gleaner begin with.
pub const ENV_PREFIX: &str = "GLEANER_";

/// The variable that names the settings file.
pub const ENV_FILE: &str = "GLEANER_CONFIG";

/// Variables with our prefix that belong to the build and its tests, not to the program.
pub const ENV_OF_BUILD: [&str; 2] = ["GLEANER_NO_ASSETS", "GLEANER_BIN"];

/// The key of that name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

const DURATION: &str = "a duration such as 90s, 5m or 1h 30m";
const MODEL: &str = "the name of a model, such as qwen3:8b";
const SWITCH: &str = "true or false";

macro_rules! keys {
    ($($name:literal { $($env:literal)* } $flag:expr, $allowed:expr, $help:literal, |$c:ident, $v:ident| $set:expr, $get:expr;)+) => {
        /// Every setting, in the order of the documents.
        pub static KEYS: &[Key] = &[$(Key {
            name: $name,
            env_also: &[$($env),*],
            flag: $flag,
            allowed: $allowed,
            help: $help,
            secret: matches!($name.as_bytes(), b"ollama.bearer_token"),
            set: |$c, $v| { $set; Ok(()) },
            get: |$c| $get,
        }),+];
    };
}

keys! {
    "addr" {} Some("--addr"), "an IP address with a port, such as 127.0.0.1:3000",
        "Where the pages are served.",
        |c, v| c.addr = value::address(v)?, c.addr.to_string();
    "allow_open" {} Some("--allow-open"), SWITCH,
        "Allows an `addr` that other machines can reach. Gleaner has no login: whoever reaches it can read and change everything.",
        |c, v| c.allow_open = value::switch(v)?, c.allow_open.to_string();
    "hosts" {} None, "a list of host names, such as gleaner.lan",
        "Names under which browsers reach Gleaner, beside localhost and the bound address; requests for other names are refused.",
        |c, v| c.hosts = value::host_names(v)?, c.hosts.join(",");
    "data_dir" {} Some("--data-dir"), "a path",
        "The folder that holds everything; created for you alone. Empty: your data folder (XDG) + `/gleaner`.",
        |c, v| c.data_dir = value::words(v)?.into(), c.data_dir.display().to_string();
    "ollama.host" { "OLLAMA_HOST" } Some("--ollama-host"), "host, host:port, :port, or http(s)://host[:port][/path]",
        "Where Ollama answers, in every form that Ollama itself takes.",
        |c, v| c.ollama.host = address::parse(v).map_err(|error| error.to_string())?, c.ollama.host.to_string();
    "ollama.bearer_token" {} None, "any text",
        "Sent to `ollama.host` only, as `Authorization: Bearer …`; never logged or shown. Empty: none.",
        |c, v| c.ollama.bearer_token = value::optional(v).map(Secret),
        c.ollama.bearer_token.as_ref().map_or_else(String::new, |secret| secret.0.clone());
    "ollama.model" { "OLLAMA_MODEL" } None, MODEL,
        "The model of both steps until you choose another on the page.",
        |c, v| c.ollama.model = value::words(v)?, c.ollama.model.clone();
    "ollama.categorization_model" {} None, MODEL,
        "The model that finds categories. Empty: `ollama.model`.",
        |c, v| c.ollama.categorization_model = value::optional(v), c.ollama.categorization_model.clone().unwrap_or_default();
    "ollama.scoring_model" {} None, MODEL,
        "The model that scores. Empty: `ollama.model`.",
        |c, v| c.ollama.scoring_model = value::optional(v), c.ollama.scoring_model.clone().unwrap_or_default();
    "ollama.connect_timeout" {} None, DURATION,
        "How long connecting may take.",
        |c, v| c.ollama.connect_timeout = value::duration(v)?, value::show_duration(c.ollama.connect_timeout);
    "ollama.first_byte_timeout" { "OLLAMA_TIMEOUT" } None, DURATION,
        "How long the first byte may take: waiting in Ollama's queue, loading the model and reading the prompt all come before it.",
        |c, v| c.ollama.first_byte_timeout = value::duration(v)?, value::show_duration(c.ollama.first_byte_timeout);
    "ollama.idle_timeout" {} None, DURATION,
        "How long an answer under way may stand still.",
        |c, v| c.ollama.idle_timeout = value::duration(v)?, value::show_duration(c.ollama.idle_timeout);
    "ollama.request_budget" {} None, DURATION,
        "How long one request may take over all its attempts.",
        |c, v| c.ollama.request_budget = value::duration(v)?, value::show_duration(c.ollama.request_budget);
    "ollama.retries" { "MODEL_RETRIES" } None, "a whole number from 0 to 20",
        "Further attempts after a passing failure, with growing pauses, within the budget.",
        |c, v| c.ollama.retries = value::number(v, 0..=20)?, c.ollama.retries.to_string();
    "ollama.stream" { "OLLAMA_STREAM" } None, SWITCH,
        "Whether answers are read as they are written, so that one that stands still is noticed.",
        |c, v| c.ollama.stream = value::switch(v)?, c.ollama.stream.to_string();
    "ollama.concurrency" {} None, "a whole number from 1 to 64",
        "Requests at a time; more than `OLLAMA_NUM_PARALLEL` only wait in Ollama's queue.",
        |c, v| c.ollama.concurrency = value::number(v, 1..=64)?, c.ollama.concurrency.to_string();
    "ollama.warm_up" {} None, SWITCH,
        "Whether the model is loaded when Gleaner starts and when another one is chosen.",
        |c, v| c.ollama.warm_up = value::switch(v)?, c.ollama.warm_up.to_string();
    "ollama.pull_registries" {} None, "a list of registries",
        "Registries that the name of a model to download may point at.",
        |c, v| c.ollama.pull_registries = value::list(v), c.ollama.pull_registries.join(",");
    "ollama.models_dir" { "OLLAMA_MODELS" } None, "a path",
        "Where Ollama keeps its models on this machine; `gleaner models backfill` reads it. Empty: Ollama's usual places.",
        |c, v| c.ollama.models_dir = value::optional(v).map(Into::into),
        c.ollama.models_dir.as_ref().map_or_else(String::new, |folder| folder.display().to_string());
    "fetch.allow_networks" {} None, "a list of networks, such as 192.168.0.0/16",
        "Networks that feeds may be fetched from although they are not public. Empty: only public addresses.",
        |c, v| c.fetch.allow_networks = value::networks(v)?,
        c.fetch.allow_networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    "fetch.concurrency" {} None, "a whole number from 1 to 256",
        "Feeds fetched at once.",
        |c, v| c.fetch.concurrency = value::number(v, 1..=256)?, c.fetch.concurrency.to_string();
    "fetch.per_host_spacing" {} None, DURATION,
        "The pause between two requests to one host; 0s for none.",
        |c, v| c.fetch.per_host_spacing = value::pause(v)?, value::show_duration(c.fetch.per_host_spacing);
    "fetch.timeout" {} None, DURATION,
        "How long a whole fetch may take, redirects included.",
        |c, v| c.fetch.timeout = value::duration(v)?, value::show_duration(c.fetch.timeout);
    "fetch.max_bytes" {} None, "a size such as 15MiB",
        "The largest body that is read, after decompression.",
        |c, v| c.fetch.max_bytes = value::size(v)?, value::show_size(c.fetch.max_bytes);
    "fetch.user_agent" {} None, "any text; {version} stands for Gleaner's version",
        "How Gleaner introduces itself to feeds; add an address where publishers can reach you.",
        |c, v| c.fetch.user_agent = value::words(v)?.replace("{version}", env!("CARGO_PKG_VERSION")), c.fetch.user_agent.clone();
    "log.level" {} None, "off, error, warn, info, debug, trace, or a filter such as info,gleaner=debug",
        "How much is logged.",
        |c, v| c.log.level = value::log_level(v)?, c.log.level.clone();
    "log.format" {} None, "text or json",
        "The shape of a log line.",
        |c, v| c.log.format = value::log_format(v)?,
        match c.log.format { LogFormat::Text => "text", LogFormat::Json => "json" }.to_owned();
}
