//! Settings as text: `gleaner config show`, and docs/configuration.md.

use super::{
    LoadedConfig,
    keys::{ConfigKey, KEYS},
};
use std::fmt::Write;

/// A setting as `config show` prints it.
#[derive(Debug, serde::Serialize)]
pub struct EffectiveSetting {
    /// The key.
    pub key: &'static str,
    /// The value; secrets are masked.
    pub value: String,
    /// Where the value comes from, for display.
    pub origin: String,
}

/// Every effective value with its origin.
pub fn effective_settings(loaded: &LoadedConfig) -> Vec<EffectiveSetting> {
    KEYS.iter()
        .map(|key| EffectiveSetting {
            key: key.name,
            value: mask_secret(key, (key.get)(&loaded.config)),
            origin: loaded.origin(key).to_string(),
        })
        .collect()
}

fn mask_secret(key: &ConfigKey, value: String) -> String {
    if key.secret && !value.is_empty() { "••••".into() } else { value }
}

/// The table of docs/configuration.md. `defaults` are the settings with Leptos.toml as the only source.
pub fn render_markdown(defaults: &LoadedConfig) -> String {
    let mut text = String::from(INTRODUCTION);
    for key in KEYS {
        let mut names = vec![format!("`{}`", key.env_name())];
        if key.secret {
            names.push(format!("`{}_FILE`", key.env_name()));
        }
        names.extend(key.env_aliases.iter().map(|name| format!("`{name}`")));
        let default = match (key.name, (key.get)(&defaults.config)) {
            ("data_dir", _) => "XDG data folder + `/gleaner`".to_owned(),
            (_, value) if value.is_empty() => "none".to_owned(),
            ("fetch.user_agent", value) => format!("`{}`", value.replace(env!("CARGO_PKG_VERSION"), "VERSION")),
            (_, value) => format!("`{value}`"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n### `{}`\n\n{}\n", key.name, key.help);
        let _ = writeln!(
            text,
            "- Default: {default}\n- Allowed: {}\n- Environment: {}",
            key.allowed,
            names.join(", then ")
        );
        if let Some(flag) = key.flag {
            let _ = writeln!(text, "- Flag: `{flag}`");
        }
    }
    text
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Written by `make docs` from src/server/config/keys.rs and Leptos.toml; a test keeps it up to date. -->

Gleaner runs without any of this. Where a value is given more than once, the first of these wins:

1. a flag,
2. an environment variable: `GLEANER_`, the key in capitals, `__` between levels (`GLEANER_OLLAMA__HOST`),
3. a TOML file, named by `--config FILE` or `GLEANER_CONFIG`,
4. the defaults, which are the `Leptos.toml` inside the program.

Durations are written `90s`, `5m`, `1h 30m` (a bare number counts seconds), sizes `15MiB`. Lists are TOML lists in the file and
separated by commas in the environment. An empty variable counts as not set. An unknown key or a value that is not allowed stops
the start with its name and origin; of a value that is not allowed, what may be a secret is masked.

`gleaner config show` prints every effective value with its origin, secrets masked; `gleaner config check` only validates.

## Keys
";
