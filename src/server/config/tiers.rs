//! Laying the tiers over one another, and judging every value of every tier with its origin at hand.

use super::{
    Config, defaults,
    keys::{self, ENV_FILE, ENV_OF_BUILD, ENV_PREFIX, KEYS, Key},
};
use crate::server::ollama::address;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// What [`load`] reads from, gathered at the edge of the program.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Flags given, by the name of their key.
    pub flags: Vec<(&'static str, String)>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The file of `--config`; else the one that the environment names.
    pub file: Option<PathBuf>,
    /// The user's data folder, when the system knows one.
    pub user_data: Option<PathBuf>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Env(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
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
pub struct Loaded {
    pub config: Config,
    origins: BTreeMap<&'static str, Origin>,
}

impl Loaded {
    /// Where the value of `key` comes from.
    pub fn origin(&self, key: &Key) -> &Origin {
        self.origins.get(key.name).unwrap_or(&Origin::Default)
    }

    /// Whether nobody set the key of this name.
    pub fn is_default(&self, name: &str) -> bool {
        matches!(self.origins.get(name), None | Some(Origin::Default))
    }
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{name} is not a setting of Gleaner ({origin}{}).{}", shown_value(.value), suggestion(.nearest))]
    UnknownKey { name: String, value: Option<String>, origin: Origin, nearest: Option<String> },
    #[error("{key} cannot be {value:?} ({origin}): {why}. Allowed: {allowed}.")]
    BadValue { key: &'static str, value: String, origin: Origin, why: String, allowed: &'static str },
    #[error("the settings file {path} cannot be read: {cause}")]
    File { path: PathBuf, cause: String },
    #[error("this system names no folder for the data of programs; say where with --data-dir or GLEANER_DATA_DIR")]
    NoDataFolder,
}

fn shown_value(value: &Option<String>) -> String {
    value.as_ref().map_or_else(String::new, |value| format!(", value {value:?}"))
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(
        || " `gleaner config show` lists all settings.".to_owned(),
        |nearest| format!(" Did you mean {nearest}?"),
    )
}

/// Everything that is wrong, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// A value as it was written, before it is judged.
struct Raw {
    name: String,
    value: String,
    origin: Origin,
}

/// Reads all tiers. Every value given is judged, also one that a higher tier covers: a typing error should not lie in wait.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut problems = Vec::new();
    let file = sources.file.clone().or_else(|| sources.env.get(ENV_FILE).filter(|v| !v.is_empty()).map(PathBuf::from));
    let mut raws = from_toml(defaults::LEPTOS_TOML, &Origin::Default).unwrap_or_default();
    if let Some(path) = file {
        match std::fs::read_to_string(&path)
            .map_err(|e| e.to_string())
            .and_then(|text| from_toml(&text, &Origin::File(path.clone())))
        {
            Ok(more) => raws.extend(more),
            Err(cause) => problems.push(Problem::File { path, cause }),
        }
    }
    raws.extend(from_env(&sources.env, &mut problems));
    raws.extend(sources.flags.iter().map(|(name, value)| {
        let flag = keys::find(name).and_then(|key| key.flag).unwrap_or(name);
        Raw { name: (*name).to_owned(), value: value.clone(), origin: Origin::Flag(flag) }
    }));

    let host = address::parse("")
        .map_err(|error| ConfigError(vec![Problem::File { path: "Leptos.toml".into(), cause: error.to_string() }]))?;
    let mut loaded = Loaded { config: Config::blank(host), origins: BTreeMap::new() };
    for raw in raws {
        if let Err(problem) = lay(&mut loaded, raw, sources.user_data.as_deref()) {
            problems.push(problem);
        }
    }
    if loaded.config.data_dir.as_os_str().is_empty() {
        problems.push(Problem::NoDataFolder);
    }
    if problems.is_empty() { Ok(loaded) } else { Err(ConfigError(problems)) }
}

/// Lays one value over what is there.
fn lay(loaded: &mut Loaded, raw: Raw, user_data: Option<&Path>) -> Result<(), Problem> {
    if raw.name.split('.').next() == Some(defaults::BUILD_TABLE) {
        return build_key(raw);
    }
    let Some(key) = keys::find(&raw.name) else {
        let nearest = nearest(&raw.name, KEYS.iter().map(|key| key.name.to_owned()));
        let secret = nearest.as_deref().and_then(keys::find).is_some_and(|key| key.secret);
        let value = (!secret).then_some(raw.value);
        return Err(Problem::UnknownKey { name: raw.name, value, origin: raw.origin, nearest });
    };
    let value = match (key.name, user_data) {
        ("data_dir", Some(folder)) if raw.value.is_empty() => folder.join("gleaner").display().to_string(),
        ("data_dir", None) if raw.value.is_empty() => return Ok(()),
        _ => raw.value,
    };
    (key.set)(&mut loaded.config, &value).map_err(|why| Problem::BadValue {
        key: key.name,
        value: if key.secret { "••••".into() } else { value },
        origin: raw.origin.clone(),
        why,
        allowed: key.allowed,
    })?;
    loaded.origins.insert(key.name, raw.origin);
    Ok(())
}

/// Keys shared with the build may be repeated (a copy of Leptos.toml does), never changed.
fn build_key(raw: Raw) -> Result<(), Problem> {
    let built_in = from_toml(defaults::LEPTOS_TOML, &Origin::Default).unwrap_or_default();
    let known = built_in.iter().find(|built| built.name == raw.name);
    match known {
        Some(known) if known.value == raw.value => Ok(()),
        Some(_) => Err(Problem::BadValue {
            key: "leptos",
            value: format!("{} = {}", raw.name, raw.value),
            origin: raw.origin,
            why: "it is fixed once Gleaner is built".into(),
            allowed: "only what Leptos.toml holds",
        }),
        None => {
            let nearest = nearest(&raw.name, built_in.into_iter().map(|built| built.name));
            Err(Problem::UnknownKey { name: raw.name, value: Some(raw.value), origin: raw.origin, nearest })
        }
    }
}

/// The leaves of a TOML document as dotted names; lists joined by commas.
fn from_toml(text: &str, origin: &Origin) -> Result<Vec<Raw>, String> {
    fn walk(prefix: &str, table: toml::Table, origin: &Origin, found: &mut Vec<Raw>) {
        for (name, value) in table {
            let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value {
                toml::Value::Table(table) => walk(&name, table, origin, found),
                value => found.push(Raw { name, value: scalar(value), origin: origin.clone() }),
            }
        }
    }
    let mut found = Vec::new();
    walk("", text.parse().map_err(|error: toml::de::Error| error.to_string())?, origin, &mut found);
    Ok(found)
}

fn scalar(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        toml::Value::Array(values) => values.into_iter().map(scalar).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The values in the environment, the more general names first. An empty variable counts as not set: compose files
/// hand on what is not there as "".
fn from_env(env: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Vec<Raw> {
    let mut found = Vec::new();
    let get = |name: &str| env.get(name).filter(|value| !value.is_empty());
    for key in KEYS {
        let own = key.env();
        for name in key.env_also.iter().map(|name| (*name).to_owned()).chain([own.clone()]) {
            if let Some(value) = get(&name) {
                found.push(Raw { name: key.name.into(), value: value.clone(), origin: Origin::Env(name) });
            }
        }
        let file = format!("{own}_FILE");
        if let Some(path) = get(&file).filter(|_| key.secret) {
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    found.push(Raw { name: key.name.into(), value: text.trim().into(), origin: Origin::Env(file) })
                }
                Err(cause) => problems.push(Problem::File { path: path.into(), cause: format!("{cause} ({file})") }),
            }
        }
    }
    let known = |name: &str| {
        name == ENV_FILE
            || ENV_OF_BUILD.contains(&name)
            || KEYS.iter().any(|key| key.env() == name || (key.secret && format!("{}_FILE", key.env()) == name))
    };
    for (name, value) in env.iter().filter(|(name, _)| name.starts_with(ENV_PREFIX) && !known(name)) {
        let nearest = nearest(name, KEYS.iter().map(Key::env));
        // A secret under a misspelt name is still a secret.
        let secret = KEYS.iter().any(|key| key.secret && nearest.as_ref() == Some(&key.env()));
        let value = (!secret).then(|| value.clone());
        problems.push(Problem::UnknownKey { name: name.clone(), value, origin: Origin::Env(name.clone()), nearest });
    }
    found
}

/// The candidate most like `name`, when it is like it at all.
fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, &candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
