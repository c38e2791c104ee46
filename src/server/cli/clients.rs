//! `gleaner clients`: client programs with their own credentials.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::access::device::Device,
    error::AppError,
    server::{services::devices, state::App},
};

const EXAMPLES: &str = "\
Examples:
  gleaner clients add phone                          for a reader: user name, password and token, shown once
  gleaner clients add prometheus --scopes metrics    for a collector of metrics
  gleaner clients add backup --scopes read --json    for a script
  gleaner clients revoke phone                       its secrets stop working at once";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ClientsArgs {
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: ClientsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ClientsCommand {
    /// Add a device; prints its secrets, which are not stored
    Add {
        /// The name of the device
        name: String,
        /// What it may do: read, write, metrics, separated by commas
        #[arg(long, default_value = "read,write")]
        scopes: String,
    },
    /// List the devices
    List,
    /// Revoke a device
    Revoke {
        /// Its name
        name: String,
    },
}

impl ClientsArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, ClientsCommand::List)
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            ClientsCommand::Add { name, scopes } => add(app, &name, &scopes, json).await,
            ClientsCommand::List => print_devices(&devices::list(app).await?, json),
            ClientsCommand::Revoke { name } => {
                devices::revoke_by_name(app, &name).await?;
                if json {
                    return print_json(&serde_json::json!({ "revoked": name }));
                }
                print_stdout(format_args!("The device {name} is revoked."));
                Ok(Exit::Done)
            }
        }
    }
}

async fn add(app: &App, name: &str, scopes: &str, json: bool) -> Result<Exit, AppError> {
    let added = devices::add(app, name, scopes).await?;
    let (device, secrets) = (&added.device, &added.secrets);
    if json {
        return print_json(&serde_json::json!({
            "id": device.id,
            "name": device.name,
            "scopes": device.scopes.to_string(),
            "username": secrets.username,
            "password": secrets.password,
            "token": secrets.token,
        }));
    }
    print_stdout(format_args!("The device {} may: {}. Its secrets, shown once:", device.name, device.scopes));
    print_stdout(format_args!("  user name  {}", secrets.username));
    print_stdout(format_args!("  password   {}", secrets.password));
    print_stdout(format_args!("  token      {}", secrets.token));
    Ok(Exit::Done)
}

fn print_devices(all: &[Device], json: bool) -> Result<Exit, AppError> {
    if json {
        let rows: Vec<_> = all
            .iter()
            .map(|device| {
                serde_json::json!({
                    "id": device.id,
                    "name": device.name,
                    "username": device.username,
                    "scopes": device.scopes.to_string(),
                    "created_at": device.created_at,
                    "last_used_at": device.last_used_at,
                    "last_address": device.last_address,
                    "last_program": device.last_program,
                    "requests_today": device.requests_today,
                    "view": device.view,
                })
            })
            .collect();
        return print_json(&rows);
    }
    if all.is_empty() {
        print_stdout("No devices yet. Add one with `gleaner clients add NAME`.");
        return Ok(Exit::Done);
    }
    let rows = all.iter().map(|device| {
        let used = device.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let program = device.last_program.as_deref().map(table::replace_control_chars).unwrap_or_default();
        vec![
            table::replace_control_chars(&device.name),
            device.username.clone(),
            device.scopes.to_string(),
            used,
            program,
            device.requests_today.to_string(),
        ]
    });
    print_stdout(table::render(&["name", "user name", "scopes", "last used", "program", "today"], rows, &[5]));
    Ok(Exit::Done)
}
