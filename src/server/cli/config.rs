//! `gleaner config`: the effective settings with their origins, and a check of them.

use super::{Exit, print_stdout};
use crate::server::cli::terminal;
use crate::server::config::{ConfigError, LoadedConfig, report};
use comfy_table::{Table, presets};

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Print every effective value with its origin, secrets masked
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// As the Markdown of docs/configuration.md: defaults, and what is allowed
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
    },
    /// Only validate: exit code 3 when something is wrong
    Check,
}

impl ConfigCommand {
    pub(super) fn run(self, loaded: Result<LoadedConfig, ConfigError>) -> Exit {
        match (self, loaded) {
            (Self::Check, Err(error)) => {
                terminal::fail(&error);
                Exit::CheckFailed
            }
            (_, Err(error)) => terminal::fail(&error),
            (Self::Check, Ok(_)) => {
                print_stdout("The settings are valid.");
                Exit::Done
            }
            (Self::Show { markdown: true, .. }, Ok(loaded)) => {
                print_stdout(report::render_markdown(&loaded).trim_end());
                Exit::Done
            }
            (Self::Show { json: true, .. }, Ok(loaded)) => {
                match serde_json::to_string_pretty(&report::effective_settings(&loaded)) {
                    Ok(text) => {
                        print_stdout(text);
                        Exit::Done
                    }
                    Err(error) => terminal::fail(&error),
                }
            }
            (Self::Show { .. }, Ok(loaded)) => {
                let mut table = Table::new();
                table.load_style(presets::NOTHING).set_header(["Key", "Value", "Origin"]);
                for shown in report::effective_settings(&loaded) {
                    table.add_row([shown.key, &shown.value, &shown.origin]);
                }
                print_stdout(table);
                Exit::Done
            }
        }
    }
}
