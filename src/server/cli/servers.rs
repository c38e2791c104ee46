//! `gleaner servers`: the servers whose models score articles.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::model_server::{ServerStatus, ServerTest},
    error::AppError,
    server::{
        services::servers::{self, ServerForm},
        state::App,
    },
};
use std::io::Read as _;

const EXAMPLES: &str = "\
Examples:
  gleaner servers add gpu --kind openai --address http://10.0.0.5:8000 --slots 8
  gleaner servers add attic --kind ollama --address attic:11434
  gleaner servers add cloud --kind openai --address https://llm.example.com/v1 --model big --consent --token-stdin < key
  gleaner servers test gpu
A running Gleaner uses what was added or removed within ten seconds.";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServersArgs {
    /// JSON instead of text; fields may be added in later versions, none is taken away
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: ServersCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ServersCommand {
    /// List the servers
    List,
    /// Add a server
    Add(AddServerArgs),
    /// Ask a server for its models and one harmless question
    Test {
        /// Its name
        name: String,
    },
    /// Remove a server
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct AddServerArgs {
    /// What you call it
    name: String,
    /// ollama, or openai: vLLM, SGLang, llama.cpp, LM Studio and others
    #[arg(long)]
    kind: String,
    /// Where it is, for example http://10.0.0.5:8000
    #[arg(long)]
    address: String,
    /// The model to ask for; without it the only one that the server offers, of an Ollama the chosen one
    #[arg(long, default_value = "")]
    model: String,
    /// Requests in flight
    #[arg(long, default_value = "1")]
    slots: String,
    /// What it does: categorize, score
    #[arg(long, value_delimiter = ',', default_value = "categorize,score")]
    tasks: Vec<String>,
    /// Read the token from standard input
    #[arg(long)]
    token_stdin: bool,
    /// The text of articles may be sent to an address outside of private networks
    #[arg(long)]
    consent: bool,
}

impl ServersArgs {
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            ServersCommand::List => print_servers(&servers::list(app).await?, json),
            ServersCommand::Add(new) => {
                let added = servers::add(app, new.into_form()?).await?;
                if json {
                    return print_json(&added);
                }
                print_stdout(format_args!(
                    "{} is added. `gleaner servers test {}` asks it for its models.",
                    added.settings.name, added.settings.name
                ));
                Ok(Exit::Done)
            }
            ServersCommand::Test { name } => {
                let found = servers::test(app, servers::find_by_name(app, &name).await?).await?;
                if json { print_json(&found) } else { print_test(&name, &found) }
            }
            ServersCommand::Remove { name } => {
                servers::remove(app, servers::find_by_name(app, &name).await?).await?;
                if json {
                    return print_json(&serde_json::json!({ "removed": name }));
                }
                print_stdout(format_args!("{name} is removed."));
                Ok(Exit::Done)
            }
        }
    }
}

impl AddServerArgs {
    fn into_form(self) -> Result<ServerForm, AppError> {
        let mut token = String::new();
        if self.token_stdin {
            std::io::stdin()
                .read_to_string(&mut token)
                .map_err(|error| AppError::invalid(format!("The token could not be read: {error}.")))?;
        }
        if let Some(unknown) = self.tasks.iter().find(|task| !matches!(task.as_str(), "categorize" | "score")) {
            return Err(AppError::invalid(format!("“{unknown}” is no task.")).hint("categorize, score, or both."));
        }
        let has = |task: &str| self.tasks.iter().any(|given| given == task);
        Ok(ServerForm {
            categorizes: has("categorize"),
            scores: has("score"),
            name: self.name,
            kind: self.kind,
            address: self.address,
            token: Some(token),
            model: self.model,
            slots: self.slots,
            consent: self.consent,
        })
    }
}

fn print_test(name: &str, found: &ServerTest) -> Result<Exit, AppError> {
    print_stdout(format_args!("{name} answers. It offers: {}.", found.models.join(", ")));
    let context = found.context_length.map(|tokens| format!(", {tokens} tokens of context")).unwrap_or_default();
    let format = found.response_format.as_ref().map(|format| format!(", JSON by {format}")).unwrap_or_default();
    print_stdout(format_args!("Asked is {}{context}{format}.", found.model));
    Ok(Exit::Done)
}

fn print_servers(all: &[ServerStatus], json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&all);
    }
    let rows = all.iter().map(|status| {
        let settings = &status.settings;
        let tasks = [(settings.categorizes, "categorize"), (settings.scores, "score")];
        let tasks: Vec<&str> = tasks.into_iter().filter(|(has, _)| *has).map(|(_, task)| task).collect();
        vec![
            table::replace_control_chars(&settings.name),
            settings.kind.as_str().to_owned(),
            settings.address.clone(),
            settings.model.clone(),
            settings.slots.to_string(),
            tasks.join(","),
        ]
    });
    print_stdout(table::render(&["name", "kind", "address", "model", "slots", "tasks"], rows, &[4]));
    Ok(Exit::Done)
}
