//! `gleaner models`: the registry of model variants.

mod copy;
mod deprecation;
mod export;
mod import;
mod inspect;
mod list;
mod maintenance;
mod options;
mod options_command;
mod ps;
mod pull;
mod recommended;
mod roles;
mod server_models;
mod test_command;
mod use_model;
mod versions;

use crate::{
    error::AppError,
    server::{
        cli::{models::options::OutputFormat, terminal::Exit},
        state::App,
    },
};

const EXAMPLES: &str = "\
Examples:
  gleaner models import                     import what Ollama has installed
  gleaner models use qwen3:8b               let it choose categories and score
  gleaner models list --details             what is known, with digests, roles and capabilities
  gleaner models roles set qwen3:8b scoring categorization
  gleaner models backfill --dry-run -v      what the files on this machine would add
  gleaner models outdated                   which models have an update
  gleaner models verify && echo all there   exit code 3 when something is missing or changed

NAME is a name of the registry (qwen3-8b-ollama-gguf) or what Ollama calls the model (qwen3:8b).";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ModelsArgs {
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ModelsCommand {
    /// List the variants
    List(list::ModelsListArgs),
    /// Import the models that Ollama has, without loading any
    Import(import::ModelsImportArgs),
    /// Show everything that is known of a variant
    Show(list::ModelsShowArgs),
    /// Show and set the roles of variants
    #[command(subcommand)]
    Roles(roles::ModelsRolesCommand),
    /// Mark variants as not to be used; the mark survives every import
    Deprecate(deprecation::ModelsDeprecateArgs),
    /// Remove the mark that deprecate set
    Undeprecate(deprecation::ModelsUndeprecateArgs),
    /// Remove deprecated variants from the registry; never a file of a model
    PurgeDeprecated(deprecation::ModelsPurgeDeprecatedArgs),
    /// Fill missing paths, sizes and digests from Ollama's files on this machine; needs no Ollama
    Backfill(maintenance::ModelsBackfillArgs),
    /// Derive family, quantization and format again; previews unless --apply is given
    Normalize(maintenance::ModelsNormalizeArgs),
    /// Check that variants are still installed with the recorded digest; changes nothing
    Verify(maintenance::ModelsVerifyArgs),
    /// Print the registry as JSON; the same content gives the same bytes
    Export(export::ModelsExportArgs),
    /// Put the registry into the state of an export; what is not in it is removed
    Restore(export::ModelsRestoreArgs),
    /// List the models in Ollama's memory
    Ps(ps::ModelsPsArgs),
    /// List the recommended models, those first that fit this machine
    Recommended(recommended::ModelsRecommendedArgs),
    /// Ask the registry what a model consists of, without downloading it
    Inspect(inspect::ModelsInspectArgs),
    /// List the downloads of the past
    Pulls(inspect::ModelsPullsArgs),
    /// Let Ollama download a model
    Pull(pull::ModelsPullArgs),
    /// Compare the installed models with their registries
    Outdated(versions::ModelsOutdatedArgs),
    /// Write the versions of the models in use into the lock file
    Lock(versions::ModelsLockArgs),
    /// Pull locked models that are missing, and say what differs from the lock
    Sync(versions::ModelsSyncArgs),
    /// List, use and remove earlier versions that are kept
    Earlier(versions::ModelsEarlierArgs),
    /// Give a model a second name
    Copy(copy::ModelsCopyArgs),
    /// Delete a model from Ollama's disk
    Rm(server_models::ModelsRmArgs),
    /// Load a model into memory
    Load(server_models::ModelNameArgs),
    /// Unload a model from memory
    Unload(server_models::ModelNameArgs),
    /// Use an installed model for categories and scores
    Use(use_model::ModelsUseArgs),
    /// Ask a model one question with the options of real requests
    Test(test_command::ModelsTestArgs),
    /// Show and set the options of requests
    Options(options_command::ModelsOptionsArgs),
    /// Print the variant that would serve a role, and why
    Select(roles::ModelsSelectArgs),
}

impl ModelsArgs {
    /// Whether it leaves the data folder unchanged, byte for byte.
    pub(super) fn is_read_only(&self) -> bool {
        match &self.command {
            ModelsCommand::List(_)
            | ModelsCommand::Show(_)
            | ModelsCommand::Verify(_)
            | ModelsCommand::Export(_)
            | ModelsCommand::Ps(_)
            | ModelsCommand::Recommended(_)
            | ModelsCommand::Inspect(_)
            | ModelsCommand::Pulls(_)
            | ModelsCommand::Test(_)
            | ModelsCommand::Select(_) => true,
            ModelsCommand::Pull(_)
            | ModelsCommand::Outdated(_)
            | ModelsCommand::Lock(_)
            | ModelsCommand::Sync(_)
            | ModelsCommand::Copy(_)
            | ModelsCommand::Rm(_)
            | ModelsCommand::Load(_)
            | ModelsCommand::Unload(_)
            | ModelsCommand::Use(_) => false,
            ModelsCommand::Earlier(command) => command.is_read_only(),
            ModelsCommand::Options(command) => command.is_read_only(),
            ModelsCommand::Roles(command) => command.is_read_only(),
            ModelsCommand::Import(command) => command.dry_run.dry_run,
            ModelsCommand::Deprecate(command) => command.dry_run.dry_run,
            ModelsCommand::Undeprecate(command) => command.dry_run.dry_run,
            ModelsCommand::PurgeDeprecated(command) => command.dry_run.dry_run,
            ModelsCommand::Backfill(command) => command.dry_run.dry_run,
            ModelsCommand::Restore(command) => command.dry_run.dry_run,
            ModelsCommand::Normalize(command) => !command.apply,
        }
    }

    /// Runs the command.
    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let output = OutputFormat { json: self.json };
        match self.command {
            ModelsCommand::List(command) => command.run(app, output).await,
            ModelsCommand::Import(command) => command.run(app, output).await,
            ModelsCommand::Show(command) => command.run(app, output).await,
            ModelsCommand::Roles(command) => command.run(app, output).await,
            ModelsCommand::Deprecate(command) => command.run(app, output).await,
            ModelsCommand::Undeprecate(command) => command.run(app, output).await,
            ModelsCommand::PurgeDeprecated(command) => command.run(app, output).await,
            ModelsCommand::Backfill(command) => command.run(app, output).await,
            ModelsCommand::Normalize(command) => command.run(app, output).await,
            ModelsCommand::Verify(command) => command.run(app, output).await,
            ModelsCommand::Export(_) => export::print_export(app).await,
            ModelsCommand::Restore(command) => command.run(app, output).await,
            ModelsCommand::Ps(_) => ps::print_loaded(app, output).await,
            ModelsCommand::Recommended(_) => recommended::print_recommended(app, output).await,
            ModelsCommand::Inspect(command) => command.run(app, output).await,
            ModelsCommand::Pulls(_) => inspect::print_past_pulls(app, output).await,
            ModelsCommand::Pull(command) => command.run(app, output).await,
            ModelsCommand::Outdated(_) => versions::outdated(app, output).await,
            ModelsCommand::Lock(_) => versions::lock(app, output).await,
            ModelsCommand::Sync(_) => versions::sync(app, output).await,
            ModelsCommand::Earlier(command) => command.run(app, output).await,
            ModelsCommand::Copy(command) => command.run(app, output).await,
            ModelsCommand::Rm(command) => command.run(app, output).await,
            ModelsCommand::Load(command) => command.load(app, output).await,
            ModelsCommand::Unload(command) => command.unload(app, output).await,
            ModelsCommand::Use(command) => command.run(app, output).await,
            ModelsCommand::Options(command) => command.run(app, output).await,
            ModelsCommand::Test(command) => command.run(app, output).await,
            ModelsCommand::Select(command) => command.run(app, output).await,
        }
    }
}
