//! `gleaner owner`: the password of the one whom this instance belongs to.

use super::{Exit, print_stdout};
use crate::{
    error::AppError,
    server::{
        services::access::password::{self, NewPassword},
        state::App,
    },
};
use std::io::{self, BufRead, IsTerminal};

const EXAMPLES: &str = "\
Examples:
  gleaner owner set-password                 asks twice, without showing what is typed
  pass show gleaner | gleaner owner set-password

Every browser is logged out, and attempts to log in are forgotten. A running server takes the new password at once.";

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
}

impl OwnerArgs {
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let OwnerCommand::SetPassword = self.command;
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
        let repeated = rpassword::prompt_password("The same again: ")?;
        return Ok(NewPassword { password, repeated });
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    Ok(NewPassword { repeated: password.clone(), password })
}
