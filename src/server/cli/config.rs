//! `gleaner config`: what is in effect, from where, and whether it is right.

use super::{Exit, say, shell};
use crate::server::config::{ConfigError, Loaded, report};
use comfy_table::{Table, presets};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print every effective value with its origin, secrets masked
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// As the Markdown of docs/configuration.md: defaults, and what is allowed
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
    },
    /// Only judge: exit code 3 when something is wrong
    Check,
}

impl Command {
    pub(super) fn run(self, loaded: Result<Loaded, ConfigError>) -> Exit {
        match (self, loaded) {
            (Self::Check, Err(error)) => {
                shell::fail(&error);
                Exit::Wanting
            }
            (_, Err(error)) => shell::fail(&error),
            (Self::Check, Ok(_)) => {
                say("The settings are in order.");
                Exit::Done
            }
            (Self::Show { markdown: true, .. }, Ok(loaded)) => {
                say(report::markdown(&loaded).trim_end());
                Exit::Done
            }
            (Self::Show { json: true, .. }, Ok(loaded)) => {
                match serde_json::to_string_pretty(&report::effective(&loaded)) {
                    Ok(text) => {
                        say(text);
                        Exit::Done
                    }
                    Err(error) => shell::fail(&error),
                }
            }
            (Self::Show { .. }, Ok(loaded)) => {
                let mut table = Table::new();
                table.load_style(presets::NOTHING).set_header(["Key", "Value", "Origin"]);
                for shown in report::effective(&loaded) {
                    table.add_row([shown.key, &shown.value, &shown.origin]);
                }
                say(table);
                Exit::Done
            }
        }
    }
}
