//! `gleaner db`: copies that are known to be good, putting one back, looking for damage.

use super::{Exit, say, shell};
use crate::server::{
    config::Config,
    startup::{self, StartError},
    storage::{self, CopyError, OpenError},
};
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write a verified copy of the database; the server may be running
    #[command(after_help = "Example:\n  gleaner db backup /backups/gleaner-$(date +%F).db")]
    Backup {
        /// Where to; must not exist yet
        file: PathBuf,
    },
    /// Put a copy back; the server must be stopped. What was there is kept beside it
    Restore {
        /// A copy made by `gleaner db backup`
        file: PathBuf,
    },
    /// Look for damage: exit code 3 when there is some
    Check,
}

/// Why a copy was not made or put back.
#[derive(Debug, thiserror::Error)]
enum DbError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Copy(#[from] CopyError),
}

impl From<OpenError> for DbError {
    fn from(error: OpenError) -> Self {
        Self::Start(error.into())
    }
}

impl Command {
    pub(super) async fn run(self, config: Config) -> Exit {
        match self.done(config).await {
            Ok(exit) => exit,
            Err(error) => shell::fail(&error),
        }
    }

    async fn done(self, config: Config) -> Result<Exit, DbError> {
        let database = config.data_dir.join(storage::FILE);
        match self {
            Self::Backup { file } => {
                storage::back_up(&database, &file).await?;
                say(format_args!("{} holds a copy, checked from end to end.", file.display()));
                Ok(Exit::Done)
            }
            Self::Restore { file } => {
                let _lock = startup::lock_folder(&config)?;
                let kept = storage::restore(&file, &database).await?;
                say(format_args!("{} is in place.", file.display()));
                if let Some(kept) = kept {
                    say(format_args!("What was there before is kept as {}.", kept.display()));
                }
                Ok(Exit::Done)
            }
            Self::Check => {
                let damage = storage::check(&database).await?;
                if damage.is_empty() {
                    say(format_args!("{} is sound.", database.display()));
                    return Ok(Exit::Done);
                }
                say(format_args!("{} is damaged; put a copy back with `gleaner db restore FILE`:", database.display()));
                damage.iter().for_each(say);
                Ok(Exit::Wanting)
            }
        }
    }
}
