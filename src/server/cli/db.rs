//! `gleaner db`: verified copies, restoring one, and checking for damage.

use super::{Exit, print_stdout};
use crate::server::cli::terminal;
use crate::server::{
    config::Config,
    startup::{self, StartError},
    storage::{self, BackupError, OpenError},
};
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub(super) enum DbCommand {
    /// Write a verified copy of the database; the server may be running
    #[command(after_help = "Example:\n  gleaner db backup /backups/gleaner-$(date +%F).db")]
    Backup {
        /// The file to write; must not exist yet
        file: PathBuf,
    },
    /// Restore a copy; the server must be stopped. The previous database is kept beside it
    Restore {
        /// A copy made by `gleaner db backup`
        file: PathBuf,
    },
    /// Check for damage: exit code 3 when there is some
    Check,
}

/// Why a copy was not made or restored.
#[derive(Debug, thiserror::Error)]
enum DbError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Copy(#[from] BackupError),
}

impl From<OpenError> for DbError {
    fn from(error: OpenError) -> Self {
        Self::Start(error.into())
    }
}

impl DbCommand {
    pub(super) async fn run(self, config: Config) -> Exit {
        match self.execute(config).await {
            Ok(exit) => exit,
            Err(error) => terminal::fail(&error),
        }
    }

    async fn execute(self, config: Config) -> Result<Exit, DbError> {
        let database = config.data_dir.join(storage::DATABASE_FILE_NAME);
        match self {
            Self::Backup { file } => {
                storage::back_up(&database, &file).await?;
                print_stdout(format_args!("{} is a verified copy.", file.display()));
                Ok(Exit::Done)
            }
            Self::Restore { file } => {
                let _lock = startup::lock_data_dir(&config)?;
                let previous = storage::restore(&file, &database).await?;
                print_stdout(format_args!("{} is restored.", file.display()));
                if let Some(previous) = previous {
                    print_stdout(format_args!("The previous database is kept as {}.", previous.display()));
                }
                Ok(Exit::Done)
            }
            Self::Check => {
                let damage = storage::check_integrity(&database).await?;
                if damage.is_empty() {
                    print_stdout(format_args!("{} is intact.", database.display()));
                    return Ok(Exit::Done);
                }
                print_stdout(format_args!(
                    "{} is damaged; restore a copy with `gleaner db restore FILE`:",
                    database.display()
                ));
                damage.iter().for_each(print_stdout);
                Ok(Exit::CheckFailed)
            }
        }
    }
}
