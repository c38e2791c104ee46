//! The flags that are settings; every other setting comes from the environment or the file.

use crate::server::config::{self, ConfigError, ConfigSources, LoadedConfig};
use etcetera::BaseStrategy;
use std::path::PathBuf;

/// Flags of every command.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings (see `gleaner config show` for all of them)")]
pub(super) struct ConfigArgs {
    /// A TOML file that overrides the defaults [env: GLEANER_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the pages are served [env: GLEANER_ADDR] [default: 127.0.0.1:3000]
    #[arg(long, global = true, value_name = "IP:PORT")]
    addr: Option<String>,
    /// The folder of all data [env: GLEANER_DATA_DIR] [default: your data folder + /gleaner]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Where Ollama answers [env: GLEANER_OLLAMA__HOST, OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, global = true, value_name = "HOST")]
    ollama_host: Option<String>,
}

impl ConfigArgs {
    /// Reads the settings from all sources.
    pub fn load(self) -> Result<LoadedConfig, ConfigError> {
        let given = [("addr", self.addr), ("data_dir", self.data_dir), ("ollama.host", self.ollama_host)];
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        config::load(&ConfigSources {
            flags: given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
            env: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            file: self.config,
            user_data_dir: etcetera::choose_base_strategy().ok().map(|folders| folders.data_dir()),
        })
    }
}
