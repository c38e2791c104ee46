//! Merges the sources of settings by precedence, and validates every value of every source with its origin.

use super::{
    Config, defaults,
    keys::{self, BUILD_ENV_NAMES, ConfigKey, ENV_CONFIG_FILE, ENV_PREFIX, KEYS},
};
use crate::server::models::ollama::address;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// What [`load`] reads from, collected by the command line.
#[derive(Clone, Debug, Default)]
pub struct ConfigSources {
    /// Flags given, by the name of their key.
    pub flags: Vec<(&'static str, String)>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The file of `--config`; else the one that the environment names.
    pub file: Option<PathBuf>,
    /// The user's data folder, when the system knows one.
    pub user_data_dir: Option<PathBuf>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigOrigin {
    /// Built in.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// An option of the command line.
    Flag(&'static str),
}

impl fmt::Display for ConfigOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// The effective settings and the origin of each.
#[derive(Clone, Debug)]
pub struct LoadedConfig {
    /// The settings.
    pub config: Config,
    origins: BTreeMap<&'static str, ConfigOrigin>,
}

impl LoadedConfig {
    /// Where the value of `key` comes from.
    pub fn origin(&self, key: &ConfigKey) -> &ConfigOrigin {
        self.origins.get(key.name).unwrap_or(&ConfigOrigin::Default)
    }

    /// Whether no source sets the key of this name.
    pub fn is_default(&self, name: &str) -> bool {
        matches!(self.origins.get(name), None | Some(ConfigOrigin::Default))
    }
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    /// A key that no setting has.
    #[error("{name} is not a setting of Gleaner ({origin}).{}", format_suggestion(.nearest))]
    UnknownKey {
        /// The key as written.
        name: String,
        /// Where it was found.
        origin: ConfigOrigin,
        /// The known key that resembles it most.
        nearest: Option<String>,
    },
    /// A key that an earlier version had.
    #[error("{name} is no longer a setting ({origin}). {instead}")]
    RemovedKey {
        /// The key as written.
        name: String,
        /// Where it was found.
        origin: ConfigOrigin,
        /// What to do instead.
        instead: &'static str,
    },
    /// A value that the setting does not take.
    #[error("{key} cannot be {value:?} ({origin}): {why}. Allowed: {allowed}.")]
    InvalidValue {
        /// The setting.
        key: &'static str,
        /// The value as written.
        value: String,
        /// Where it was found.
        origin: ConfigOrigin,
        /// What is wrong with it.
        why: String,
        /// What the setting takes.
        allowed: &'static str,
    },
    /// A settings file that cannot be read.
    #[error("the settings file {path} cannot be read: {cause}")]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A file that should hold a secret cannot be read. Its path is not named: it may be the secret, set by mistake.
    #[error("the file that {variable} names cannot be read: {cause}")]
    UnreadableSecret {
        /// The environment variable.
        variable: String,
        /// What the system says.
        cause: String,
    },
    /// The system names no folder for data, and none was given.
    #[error("this system has no default data folder; set one with --data-dir or GLEANER_DATA_DIR")]
    NoDataDir,
    /// One of the two files that TLS needs was named without the other.
    #[error("{given} is set and {missing} is not: TLS needs both. Set {missing} too, or neither.")]
    IncompleteTls {
        /// The key that is set.
        given: &'static str,
        /// The key that is not.
        missing: &'static str,
    },
}

fn format_suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(
        || " `gleaner config show` lists all settings.".to_owned(),
        |nearest| format!(" Did you mean {nearest}?"),
    )
}

/// Everything that is wrong, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<ConfigProblem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// Shown in place of secrets.
const MASK: &str = "••••";

/// A value without what may be a secret in it: what is before an @, as in an address, and what is behind a ?.
fn hide_credentials(value: &str) -> String {
    let (address, has_query) = match value.split_once('?') {
        Some((address, _)) => (address, true),
        None => (value, false),
    };
    let shown = match value.rsplit_once('@') {
        None => address.to_owned(),
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphabetic());
            let after = after.split_once('?').map_or(after, |(host, _)| host);
            if is_scheme { format!("{scheme}://{MASK}@{after}") } else { format!("{MASK}@{after}") }
        }
    };
    if has_query { format!("{shown}?{MASK}") } else { shown }
}

/// A value as it was written, before it is validated.
struct RawSetting {
    name: String,
    value: String,
    origin: ConfigOrigin,
}

/// Reads all sources. Every value is validated, even one that another source overrides, so that each typing error is reported.
pub fn load(sources: &ConfigSources) -> Result<LoadedConfig, ConfigError> {
    let mut problems = Vec::new();
    let file =
        sources.file.clone().or_else(|| sources.env.get(ENV_CONFIG_FILE).filter(|v| !v.is_empty()).map(PathBuf::from));
    let mut raw_settings = parse_toml(defaults::LEPTOS_TOML, &ConfigOrigin::Default).unwrap_or_default();
    if let Some(path) = file {
        match std::fs::read_to_string(&path)
            .map_err(|e| e.to_string())
            .and_then(|text| parse_toml(&text, &ConfigOrigin::File(path.clone())))
        {
            Ok(more) => raw_settings.extend(more),
            Err(cause) => problems.push(ConfigProblem::UnreadableFile { path, cause }),
        }
    }
    raw_settings.extend(read_env(&sources.env, &mut problems));
    raw_settings.extend(sources.flags.iter().map(|(name, value)| {
        let flag = keys::find_key(name).and_then(|key| key.flag).unwrap_or(name);
        RawSetting { name: (*name).to_owned(), value: value.clone(), origin: ConfigOrigin::Flag(flag) }
    }));

    let host = address::parse("").map_err(|error| {
        ConfigError(vec![ConfigProblem::UnreadableFile { path: "Leptos.toml".into(), cause: error.to_string() }])
    })?;
    let mut loaded = LoadedConfig { config: Config::placeholder(host), origins: BTreeMap::new() };
    for raw in raw_settings {
        if let Err(problem) = apply(&mut loaded, raw, sources.user_data_dir.as_deref()) {
            problems.push(problem);
        }
    }
    if loaded.config.data_dir.as_os_str().is_empty() {
        problems.push(ConfigProblem::NoDataDir);
    }
    let tls = &loaded.config.tls;
    for (file, given, other, missing) in
        [(&tls.cert, "tls.cert", &tls.key, "tls.key"), (&tls.key, "tls.key", &tls.cert, "tls.cert")]
    {
        if file.is_some() && other.is_none() {
            problems.push(ConfigProblem::IncompleteTls { given, missing });
        }
    }
    if problems.is_empty() { Ok(loaded) } else { Err(ConfigError(problems)) }
}

/// Sets one value, which overrides those of earlier sources.
fn apply(loaded: &mut LoadedConfig, raw: RawSetting, user_data: Option<&Path>) -> Result<(), ConfigProblem> {
    if raw.name.split('.').next() == Some(defaults::BUILD_TABLE) {
        return check_build_key(raw);
    }
    let Some(key) = keys::find_key(&raw.name) else {
        if let Some((_, instead)) = keys::REMOVED_KEYS.iter().find(|(name, _)| *name == raw.name) {
            return Err(ConfigProblem::RemovedKey { name: raw.name, origin: raw.origin, instead });
        }
        let nearest = find_nearest(&raw.name, KEYS.iter().map(|key| key.name.to_owned()));
        return Err(ConfigProblem::UnknownKey { name: raw.name, origin: raw.origin, nearest });
    };
    let value = match (key.name, user_data) {
        ("data_dir", Some(folder)) if raw.value.is_empty() => folder.join("gleaner").display().to_string(),
        ("data_dir", None) if raw.value.is_empty() => return Ok(()),
        _ => raw.value,
    };
    (key.set)(&mut loaded.config, &value).map_err(|why| ConfigProblem::InvalidValue {
        key: key.name,
        value: if key.secret { MASK.into() } else { hide_credentials(&value) },
        origin: raw.origin.clone(),
        why,
        allowed: key.allowed,
    })?;
    loaded.origins.insert(key.name, raw.origin);
    Ok(())
}

/// Keys shared with the build may be repeated (a copy of Leptos.toml does), never changed.
fn check_build_key(raw: RawSetting) -> Result<(), ConfigProblem> {
    let built_in = parse_toml(defaults::LEPTOS_TOML, &ConfigOrigin::Default).unwrap_or_default();
    let known = built_in.iter().find(|built| built.name == raw.name);
    match known {
        Some(known) if known.value == raw.value => Ok(()),
        Some(_) => Err(ConfigProblem::InvalidValue {
            key: "leptos",
            value: format!("{} = {}", raw.name, hide_credentials(&raw.value)),
            origin: raw.origin,
            why: "it is fixed once Gleaner is built".into(),
            allowed: "only what Leptos.toml holds",
        }),
        None => {
            let nearest = find_nearest(&raw.name, built_in.into_iter().map(|built| built.name));
            Err(ConfigProblem::UnknownKey { name: raw.name, origin: raw.origin, nearest })
        }
    }
}

/// The leaves of a TOML document as dotted names; lists joined by commas.
fn parse_toml(text: &str, origin: &ConfigOrigin) -> Result<Vec<RawSetting>, String> {
    fn walk(prefix: &str, table: toml::Table, origin: &ConfigOrigin, found: &mut Vec<RawSetting>) {
        for (name, value) in table {
            let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value {
                toml::Value::Table(table) => walk(&name, table, origin, found),
                value => found.push(RawSetting { name, value: scalar_to_string(value), origin: origin.clone() }),
            }
        }
    }
    let mut found = Vec::new();
    // The error's own text shows the line, which may hold a secret.
    let describe = |error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    };
    walk("", text.parse().map_err(describe)?, origin, &mut found);
    Ok(found)
}

fn scalar_to_string(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        toml::Value::Array(values) => values.into_iter().map(scalar_to_string).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The values in the environment, the more general names first. An empty variable counts as not set: compose files
/// pass unset variables as "".
fn read_env(env: &BTreeMap<String, String>, problems: &mut Vec<ConfigProblem>) -> Vec<RawSetting> {
    let mut found = Vec::new();
    let get = |name: &str| env.get(name).filter(|value| !value.is_empty());
    for key in KEYS {
        let own = key.env_name();
        for name in key.env_aliases.iter().map(|name| (*name).to_owned()).chain([own.clone()]) {
            if let Some(value) = get(&name) {
                found.push(RawSetting { name: key.name.into(), value: value.clone(), origin: ConfigOrigin::Env(name) });
            }
        }
        let file = format!("{own}_FILE");
        if let Some(path) = get(&file).filter(|_| key.secret) {
            match std::fs::read_to_string(path) {
                Ok(text) => found.push(RawSetting {
                    name: key.name.into(),
                    value: text.trim().into(),
                    origin: ConfigOrigin::Env(file),
                }),
                Err(cause) => {
                    problems.push(ConfigProblem::UnreadableSecret { variable: file, cause: cause.to_string() });
                }
            }
        }
    }
    let known = |name: &str| {
        name == ENV_CONFIG_FILE
            || BUILD_ENV_NAMES.contains(&name)
            || KEYS
                .iter()
                .any(|key| key.env_name() == name || (key.secret && format!("{}_FILE", key.env_name()) == name))
    };
    for name in env.keys().filter(|name| name.starts_with(ENV_PREFIX) && !known(name)) {
        let removed = keys::REMOVED_KEYS.iter().find(|(key, _)| keys::env_name_of(key) == *name);
        if let Some((_, instead)) = removed {
            let origin = ConfigOrigin::Env(name.clone());
            problems.push(ConfigProblem::RemovedKey { name: name.clone(), origin, instead });
            continue;
        }
        let nearest = find_nearest(name, KEYS.iter().map(ConfigKey::env_name));
        problems.push(ConfigProblem::UnknownKey {
            name: name.clone(),
            origin: ConfigOrigin::Env(name.clone()),
            nearest,
        });
    }
    found
}

/// The candidate most similar to `name`, when one is similar enough.
fn find_nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, &candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
