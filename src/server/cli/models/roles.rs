//! `models roles` and `models select`.

use crate::server::cli::models::deprecation;
use crate::server::cli::{
    models::options::{DryRunArgs, OutputFormat, word_parser},
    table,
    terminal::{Exit, print_stdout},
};
use crate::{
    domain::registry::ModelRole,
    error::AppError,
    server::{
        services::{models, registry},
        state::App,
    },
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum ModelsRolesCommand {
    /// List the roles with their variants
    #[command(
        after_help = "Output with --json:\n  [{\"role\", \"variants\": [NAME…]}…]\n\nExample:\n  gleaner models roles list"
    )]
    List,
    /// Give a variant exactly these roles; without any, it has none
    #[command(
        after_help = "Output with --json: as of `gleaner models deprecate`.\n\nExample:\n  gleaner models roles set qwen3:8b scoring"
    )]
    Set {
        /// A name of the registry, or what Ollama calls the model
        name: String,
        /// The roles
        #[arg(value_name = "ROLE", value_parser = word_parser(ModelRole::ALL, ModelRole::as_str, ModelRole::parse))]
        roles: Vec<ModelRole>,
        #[command(flatten)]
        dry_run: DryRunArgs,
    },
}

impl ModelsRolesCommand {
    pub(super) fn is_read_only(&self) -> bool {
        match self {
            Self::List => true,
            Self::Set { dry_run, .. } => dry_run.dry_run,
        }
    }

    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        match self {
            Self::List => {
                output.print(&registry::list_roles(app).await?, |roles| {
                    let rows = roles.iter().map(|assigned| {
                        let names = assigned.variants.join(", ");
                        vec![assigned.role.as_str().to_owned(), if names.is_empty() { "-".to_owned() } else { names }]
                    });
                    print_stdout(table::render(&["Role", "Variants"], rows, &[]));
                })?;
                Ok(Exit::Done)
            }
            Self::Set { name, roles, dry_run } => {
                let dry_run = dry_run.dry_run;
                let changed = registry::set_roles(app, &name, &roles, dry_run).await?;
                deprecation::print_changes(output, dry_run, changed)
            }
        }
    }
}

const SELECT_HELP: &str = "\
For scoring and categorization: the model that the scorer asks, when Ollama has it. For other roles: the registry's roles, then the
configured model, then the smallest variant that can do the work. Deprecated and missing variants never serve.

Output with --json:
  {\"role\", \"served_model_id\", \"name\": NAME or null when it is not in the registry, \"why\"}

Examples:
  gleaner models select --role scoring
  gleaner models select --role chat --require vision --json";

#[derive(Debug, clap::Args)]
#[command(after_help = SELECT_HELP)]
pub(super) struct ModelsSelectArgs {
    /// The role to be served
    #[arg(long, value_parser = word_parser(ModelRole::ALL, ModelRole::as_str, ModelRole::parse))]
    role: ModelRole,
    /// A capability it must have, such as vision or tools
    #[arg(long, value_name = "CAPABILITY")]
    require: Option<String>,
}

impl ModelsSelectArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let require = self.require.as_deref().map(str::trim).map(str::to_ascii_lowercase);
        if matches!(self.role, ModelRole::Categorization | ModelRole::Scoring) {
            // When Ollama cannot be reached, the registry alone decides.
            models::poll_now(app).await;
        }
        let selection = registry::select_variant(app, self.role, require.as_deref()).await?;
        output.print(&selection, |selection| {
            let name = selection.name.as_deref().unwrap_or(&selection.served_model_id);
            print_stdout(name);
            print_stdout(format_args!("{} {}.", selection.served_model_id, selection.why));
        })?;
        Ok(Exit::Done)
    }
}
