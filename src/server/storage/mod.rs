//! All SQL and nothing but SQL: one file per aggregate, plain functions over a connection or a pool.
//!
//! One write connection, several read-only ones: nothing ever waits on "database is locked", and a write through the read
//! pool fails. Every write goes through [`Db::write`], which begins IMMEDIATE.

pub mod articles;
pub mod categories;
pub mod checks;
pub mod conversations;
mod copy;
pub mod counts;
pub mod entries;
pub mod feeds;
pub mod folders;
pub mod jobs;
pub mod lists;
mod look;
pub mod marks;
pub mod model_choices;
mod open;
pub mod preferences;
pub mod provisional;
pub mod queue;
pub mod rail;
pub mod ranking;
pub mod readiness;
pub mod rescore;
pub mod scores;
pub mod search;
pub mod variants;
pub mod votes;

pub use copy::{CopyError, back_up, check, restore};
pub use look::{open_in_memory, open_to_look};
pub use open::{FILE, OpenError, known_schema_version, open, prepare_folder, schema_version};

use crate::error::AppError;
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The database: file `gleaner.db` in the data folder.
#[derive(Clone, Debug)]
pub struct Db {
    /// Read-only connections.
    pub read: SqlitePool,
    writer: SqlitePool,
}

impl Db {
    /// Begins the one write transaction; waits its turn. Keep it short and free of network calls.
    pub async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes both pools; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.writer.close().await;
    }
}

/// A failed statement is a fault of ours: its cause goes to the log here, so that services can use `?`.
impl From<sqlx::Error> for AppError {
    fn from(cause: sqlx::Error) -> Self {
        tracing::error!(%cause, "the database refused a statement");
        Self::internal()
    }
}

/// Ids as the JSON array that `json_each` takes.
fn json_ids(ids: impl Iterator<Item = i64>) -> String {
    let mut json = String::from("[");
    for id in ids {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&id.to_string());
    }
    json.push(']');
    json
}
