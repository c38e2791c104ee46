//! `gleaner owner`: the password, the second factor and the passkeys of the owner.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::access::passkey::Passkey,
    error::AppError,
    server::{
        services::access::{
            passkeys,
            password::{self, NewPassword},
            second_factor,
        },
        state::App,
    },
};
use serde_json::{Value, json};
use std::{
    fmt,
    io::{self, BufRead, IsTerminal},
};

const EXAMPLES: &str = "\
Examples:
  gleaner owner set-password                 asks twice, without showing what is typed
  pass show gleaner | gleaner owner set-password
  gleaner owner reset-second-factor          the app and the recovery codes are lost
  gleaner owner list-passkeys
  gleaner owner remove-passkey Phone         the phone is lost

A new password logs every browser out and forgets attempts to log in. A running server takes both at once.";

/// The command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OwnerArgs {
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: OwnerCommand,
}

#[derive(Debug, clap::Subcommand)]
enum OwnerCommand {
    /// Set the password, from the terminal or from the first line of standard input
    SetPassword,
    /// Switch the second factor off, for somebody who is locked out
    ResetSecondFactor,
    /// List the passkeys
    ListPasskeys,
    /// Remove a passkey: it no longer logs in; sessions go on
    RemovePasskey {
        /// Its name, or its number where several have the name
        name: String,
    },
}

impl OwnerArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, OwnerCommand::ListPasskeys)
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            OwnerCommand::SetPassword => {
                let new = read_new_password().map_err(|cause| {
                    AppError::invalid(format!("The password could not be read: {cause}."))
                        .hint("Type it in a terminal, or give it on standard input.")
                })?;
                password::set_password(app, new).await?;
                let owner = &app.config.access.owner;
                answer(json, &json!({ "owner": owner }), format_args!("The password is set. Log in as {owner}."))
            }
            OwnerCommand::ResetSecondFactor => {
                let was_on = second_factor::reset(app).await?;
                let message = if was_on {
                    "The second factor is off. The password alone suffices."
                } else {
                    "The second factor was off already."
                };
                answer(json, &json!({ "was_on": was_on }), format_args!("{message}"))
            }
            OwnerCommand::ListPasskeys => print_passkeys(&passkeys::list(app).await?, json),
            OwnerCommand::RemovePasskey { name } => {
                let removed = passkeys::remove_by_name(app, &name).await?;
                let message = format_args!(
                    "The passkey {} is removed. Remove it from the device that holds it, too.",
                    table::replace_control_chars(&removed.name)
                );
                answer(json, &json!({ "removed": removed.id, "name": removed.name }), message)
            }
        }
    }
}

fn answer(json: bool, value: &Value, message: fmt::Arguments<'_>) -> Result<Exit, AppError> {
    if json {
        return print_json(value);
    }
    print_stdout(message);
    Ok(Exit::Done)
}

fn print_passkeys(all: &[Passkey], json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&all);
    }
    if all.is_empty() {
        print_stdout("No passkeys yet. Add one on the page /settings/access.");
        return Ok(Exit::Done);
    }
    let rows = all.iter().map(|passkey| {
        vec![
            passkey.id.to_string(),
            table::replace_control_chars(&passkey.name),
            passkey.host.clone(),
            passkey.created_at.to_string(),
            passkey.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string()),
        ]
    });
    print_stdout(table::render(&["number", "name", "host", "added", "last used"], rows, &[0]));
    Ok(Exit::Done)
}

fn read_new_password() -> io::Result<NewPassword> {
    if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("New password: ")?;
        let repeated = rpassword::prompt_password("Repeat the password: ")?;
        return Ok(NewPassword { password, repeated });
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    Ok(NewPassword { repeated: password.clone(), password })
}
