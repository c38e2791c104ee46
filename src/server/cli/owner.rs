//! `gleaner owner`: the password and the second factor of the owner.

use super::{Exit, print_stdout};
use crate::{
    error::AppError,
    server::{
        services::access::{
            password::{self, NewPassword},
            second_factor,
        },
        state::App,
    },
};
use std::io::{self, BufRead, IsTerminal};

const EXAMPLES: &str = "\
Examples:
  gleaner owner set-password                 asks twice, without showing what is typed
  pass show gleaner | gleaner owner set-password
  gleaner owner reset-second-factor          the app and the recovery codes are lost

A new password logs every browser out and forgets attempts to log in. A running server takes both at once.";

/// The command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OwnerArgs {
    #[command(subcommand)]
    command: OwnerCommand,
}

#[derive(Debug, clap::Subcommand)]
enum OwnerCommand {
    /// Set the password, from the terminal or from the first line of standard input
    SetPassword,
    /// Switch the second factor off, for somebody who is locked out
    ResetSecondFactor,
}

impl OwnerArgs {
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        if let OwnerCommand::ResetSecondFactor = self.command {
            let was_on = second_factor::reset(app).await?;
            let message = if was_on {
                "The second factor is off. The password alone suffices."
            } else {
                "The second factor was off already."
            };
            print_stdout(format_args!("{message}"));
            return Ok(Exit::Done);
        }
        let new = read_new_password().map_err(|cause| {
            AppError::invalid(format!("The password could not be read: {cause}."))
                .hint("Type it in a terminal, or give it on standard input.")
        })?;
        password::set_password(app, new).await?;
        print_stdout(format_args!("The password is set. Log in as {}.", app.config.access.owner));
        Ok(Exit::Done)
    }
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
