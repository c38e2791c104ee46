//! What is on this machine: settings, database, disk.

use crate::{
    domain::{
        checkup::{Checkup, Finding, Topic, judge_disk},
        phrase::counted,
    },
    server::{
        config::ConfigError,
        ollama::address::is_loopback,
        state::App,
        storage::{self, CopyError, OpenError},
    },
};
use std::{fs, path::Path};

/// The examination when the settings cannot be read: nothing else can be looked at.
pub fn badly_configured(error: &ConfigError) -> Checkup {
    let first = Finding::fail(
        Topic::Configuration,
        error.to_string(),
        "Put the named values right; docs/configuration.md lists every setting with what is allowed.",
    );
    let rest = Topic::ALL.iter().filter(|topic| **topic != Topic::Configuration);
    let rest = rest.map(|topic| Finding::skipped(*topic, "Not looked at: the settings cannot be read."));
    Checkup { findings: std::iter::once(first).chain(rest).collect() }
}

/// A database that cannot be opened. One of an older version is only waiting for the next start.
pub fn no_database(error: &OpenError) -> Finding {
    let message = error.to_string();
    match error {
        OpenError::Older { .. } => Finding::warn(Topic::Database, message, "Start Gleaner once."),
        OpenError::Newer { .. } => Finding::fail(Topic::Database, message, "Install the newer version again."),
        OpenError::Folder { .. } => {
            Finding::fail(Topic::Database, message, "Give this user the folder (chown, chmod).")
        }
        OpenError::Sqlite { .. } | OpenError::Migrate { .. } => {
            Finding::fail(Topic::Database, message, "Put a copy back: `gleaner db restore FILE`.")
        }
    }
}

/// The settings: they could be read, or we would not be here.
pub(super) fn configuration(app: &App) -> Finding {
    let config = &app.config;
    if config.allow_open && !config.addr.ip().is_loopback() {
        return Finding::warn(
            Topic::Configuration,
            format!("In order, but {} can be reached from other machines, and Gleaner has no login.", config.addr),
            "Keep a proxy that asks for a password in front of it, or use 127.0.0.1.",
        );
    }
    if config.ollama.bearer_token.is_some()
        && config.ollama.host.scheme() == "http"
        && !is_loopback(&config.ollama.host)
    {
        return Finding::warn(
            Topic::Configuration,
            "In order, but the token for Ollama is sent without encryption.",
            "Use https:// in ollama.host.",
        );
    }
    Finding::ok(Topic::Configuration, "The settings are in order.")
}

/// The database: sound from end to end, and of the schema that this Gleaner knows.
pub(super) async fn database(app: &App) -> Finding {
    let file = app.config.data_dir.join(storage::FILE);
    if !file.exists() {
        return Finding::ok(
            Topic::Database,
            format!("There is none yet; the first start makes it in {}.", app.config.data_dir.display()),
        );
    }
    match storage::check(&file).await {
        Ok(damage) if damage.is_empty() => Finding::ok(
            Topic::Database,
            format!("{} is sound, with schema {}.", file.display(), storage::known_schema_version()),
        ),
        Ok(damage) => Finding::fail(
            Topic::Database,
            format!(
                "{} has {}.",
                file.display(),
                counted(i64::try_from(damage.len()).unwrap_or(i64::MAX), "damaged place", "damaged places")
            ),
            "Stop Gleaner and put a copy back: `gleaner db restore FILE`; `gleaner db check` lists the damage.",
        ),
        Err(error @ CopyError::Foreign(_)) => {
            Finding::fail(Topic::Database, format!("{error}."), "Choose another data folder with --data-dir.")
        }
        Err(error) => Finding::fail(
            Topic::Database,
            format!("{error}."),
            "Stop Gleaner and put a copy back: `gleaner db restore FILE`.",
        ),
    }
}

/// Free space, and whether the folder can be written to.
pub(super) fn disk(app: &App) -> Finding {
    let folder = &app.config.data_dir;
    // Before the first start the folder is missing; its nearest ancestor lies on the same disk.
    let Some(there) = folder.ancestors().find(|ancestor| ancestor.exists()) else {
        return cannot_look(folder, "no part of its path exists");
    };
    if rustix::fs::access(there, rustix::fs::Access::WRITE_OK).is_err() {
        return Finding::fail(
            Topic::Disk,
            format!("{} cannot be written to.", there.display()),
            "Give this user the folder (chown, chmod), or choose another with --data-dir.",
        );
    }
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let database = fs::metadata(folder.join(storage::FILE)).map_or(0, |file| file.len());
            judge_disk(disk.f_bavail.saturating_mul(disk.f_frsize), database, &folder.display().to_string())
        }
        Err(cause) => cannot_look(folder, &cause.to_string()),
    }
}

fn cannot_look(folder: &Path, cause: &str) -> Finding {
    Finding::fail(
        Topic::Disk,
        format!("The free space at {} cannot be found out: {cause}.", folder.display()),
        "Choose another data folder with --data-dir.",
    )
}
