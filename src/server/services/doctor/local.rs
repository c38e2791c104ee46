//! Checks of this machine: settings, database, disk, clock, open files.

use crate::{
    domain::{
        diagnostics::{DiagnosticCheck, DiagnosticReport, DiagnosticResult, check_disk_space},
        humanize::format_count,
        write_obstacle::WriteObstacle,
    },
    server::{
        config::{ConfigError, TlsConfig},
        models::ollama::address::is_loopback,
        open_files,
        services::{clock_jumps, models, storage_health},
        state::App,
        storage::{self, BackupError, OpenError, owner},
        tls::{self, CertificateReloader},
    },
};
use std::{fs, io, io::Write, path::Path};

/// The report when the settings cannot be read: all other checks are skipped.
pub fn diagnose_config_error(error: &ConfigError) -> DiagnosticReport {
    let first = DiagnosticResult::fail(
        DiagnosticCheck::Configuration,
        error.to_string(),
        "Correct the named values; docs/configuration.md lists every setting with its allowed values.",
    );
    let rest = DiagnosticCheck::ALL.iter().filter(|topic| **topic != DiagnosticCheck::Configuration);
    let rest = rest.map(|topic| DiagnosticResult::skipped(*topic, "Skipped: the settings cannot be read."));
    DiagnosticReport { results: std::iter::once(first).chain(rest).collect() }
}

/// A database that cannot be opened. One of an older version is a warning only, since the next start migrates it.
pub fn diagnose_open_error(error: &OpenError) -> DiagnosticResult {
    let message = error.to_string();
    match error {
        OpenError::Older { .. } => DiagnosticResult::warn(DiagnosticCheck::Database, message, "Start Gleaner once."),
        OpenError::Newer { .. } => {
            DiagnosticResult::fail(DiagnosticCheck::Database, message, "Install the newer version again.")
        }
        OpenError::Folder { .. } | OpenError::File { .. } => DiagnosticResult::fail(
            DiagnosticCheck::Database,
            message,
            "Make the folder and its files readable and writable for this user (chown, chmod).",
        ),
        OpenError::NotWritable { obstacle, .. } => {
            DiagnosticResult::fail(DiagnosticCheck::Database, message, obstacle.hint())
        }
        OpenError::Sqlite { .. }
        | OpenError::Copy { .. }
        | OpenError::Migrate { .. }
        | OpenError::DatabaseLost { .. }
        | OpenError::LogLost { .. } => {
            DiagnosticResult::fail(DiagnosticCheck::Database, message, "Restore a backup: `gleaner db restore FILE`.")
        }
    }
}

/// Checks settings that could be read: access from other machines without a password, certificate, credentials without encryption.
pub(super) async fn check_configuration(app: &App, database_opens: bool) -> DiagnosticResult {
    let config = &app.config;
    let has_password = !database_opens || owner::has_password(&app.db.read).await.unwrap_or(true);
    if !config.addr.ip().is_loopback() && !has_password && !config.access.trusts_a_proxy() {
        return DiagnosticResult::warn(
            DiagnosticCheck::Configuration,
            format!(
                "{} can be reached from other machines, and no password is set; Gleaner refuses to start.",
                config.addr
            ),
            "Set a password: `gleaner owner set-password`.",
        );
    }
    if let Some(result) = check_certificate(&config.tls) {
        return result;
    }
    if (config.ollama.bearer_token.is_some() || config.ollama.basic_auth.is_some())
        && config.ollama.host.scheme() == "http"
        && !is_loopback(&config.ollama.host)
    {
        return DiagnosticResult::warn(
            DiagnosticCheck::Configuration,
            "OK, but the credentials for Ollama are sent without encryption.",
            "Use https:// in ollama.host.",
        );
    }
    if let [first, others @ ..] = models::load_recommended(app).await.problems.as_slice() {
        let more = match others.len() {
            0 => String::new(),
            more => format!(" There are {more} more problems."),
        };
        return DiagnosticResult::warn(
            DiagnosticCheck::Configuration,
            format!("OK, but the list of recommended models cannot be used: {first}{more}"),
            "Correct or remove the file; the built-in list is used until then.",
        );
    }
    DiagnosticResult::ok(DiagnosticCheck::Configuration, "The settings are valid.")
}

/// What is wrong with certificate and key, when TLS is on.
fn check_certificate(config: &TlsConfig) -> Option<DiagnosticResult> {
    let (_, key) = config.files()?;
    if let Err(error) = CertificateReloader::load(config) {
        return Some(DiagnosticResult::fail(
            DiagnosticCheck::Configuration,
            format!("{error}."),
            "Correct tls.cert and tls.key, or set neither to serve without TLS.",
        ));
    }
    tls::is_open_to_others(key).unwrap_or(false).then(|| {
        DiagnosticResult::warn(
            DiagnosticCheck::Configuration,
            format!("OK, but other users of this machine may read or change the private key {}.", key.display()),
            format!("Take their rights: `chmod 600 {}`.", key.display()),
        )
    })
}

/// Checks that the database is intact.
pub(super) async fn check_database(app: &App) -> DiagnosticResult {
    let file = app.config.data_dir.join(storage::DATABASE_FILE_NAME);
    match storage::check_integrity(&file).await {
        Err(BackupError::Missing(_)) => DiagnosticResult::ok(
            DiagnosticCheck::Database,
            format!("There is none yet; the first start creates it in {}.", app.config.data_dir.display()),
        ),
        Ok(damage) if damage.is_empty() => DiagnosticResult::ok(
            DiagnosticCheck::Database,
            format!("{} is intact, schema version {}.", file.display(), storage::known_schema_version()),
        ),
        Ok(damage) => DiagnosticResult::fail(
            DiagnosticCheck::Database,
            format!(
                "{} has {}.",
                file.display(),
                format_count(i64::try_from(damage.len()).unwrap_or(i64::MAX), "damaged place", "damaged places")
            ),
            "Stop Gleaner and restore a backup: `gleaner db restore FILE`; `gleaner db check` lists the damage.",
        ),
        Err(error @ BackupError::Foreign(_)) => DiagnosticResult::fail(
            DiagnosticCheck::Database,
            format!("{error}."),
            "Choose another data folder with --data-dir.",
        ),
        Err(error) => DiagnosticResult::fail(
            DiagnosticCheck::Database,
            format!("{error}."),
            "Stop Gleaner and restore a backup: `gleaner db restore FILE`.",
        ),
    }
}

/// Whether the folder can be written to, and the free space.
pub(super) fn check_disk(app: &App) -> DiagnosticResult {
    let folder = &app.config.data_dir;
    // Before the first start the folder is missing; its nearest ancestor is on the same disk.
    let Some(existing) = storage_health::nearest_existing_folder(folder) else {
        return fail_disk_check(folder, "no part of its path exists");
    };
    if rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_err() {
        return DiagnosticResult::fail(
            DiagnosticCheck::Disk,
            format!("{} cannot be written to.", existing.display()),
            "Make the folder writable for this user (chown, chmod), or choose another with --data-dir.",
        );
    }
    if let Err(cause) = write_test_file(existing) {
        return DiagnosticResult::fail(
            DiagnosticCheck::Disk,
            format!("A file of {TEST_FILE_BYTES} bytes cannot be written to {}: {cause}.", existing.display()),
            WriteObstacle::DiskError.hint(),
        );
    }
    match storage_health::free_bytes(folder) {
        Ok(free) => {
            let database = fs::metadata(folder.join(storage::DATABASE_FILE_NAME)).map_or(0, |file| file.len());
            check_disk_space(free, database, &folder.display().to_string())
        }
        Err(cause) => fail_disk_check(folder, &cause.to_string()),
    }
}

/// Whether the clock is behind what was stored before.
pub(super) async fn check_clock(app: &App, database_opens: bool) -> DiagnosticResult {
    let now = app.clock.now();
    let stored = if database_opens { clock_jumps::find_future_moment(app).await } else { Ok(None) };
    match stored {
        Ok(None) => DiagnosticResult::ok(DiagnosticCheck::Clock, format!("It is {now}.")),
        Ok(Some(moment)) => DiagnosticResult::warn(
            DiagnosticCheck::Clock,
            format!("The clock says {now}, but something was stored at {moment}."),
            "Set the clock right if it is wrong (`timedatectl`). If it was wrong when that was stored, nothing is to be done.",
        ),
        Err(error) => DiagnosticResult::fail(DiagnosticCheck::Clock, error.message, WriteObstacle::DiskError.hint()),
    }
}

/// Whether enough files and connections may be open at once.
pub(super) fn check_open_files() -> DiagnosticResult {
    let max_files = open_files::max_files();
    let message = match max_files {
        Some(files) => format!("{files} files and connections may be open at once."),
        None => "Any number of files and connections may be open at once.".to_owned(),
    };
    match max_files {
        Some(..ENOUGH_OPEN_FILES) => DiagnosticResult::warn(
            DiagnosticCheck::OpenFiles,
            message,
            "Raise the limit (LimitNOFILE= in a systemd unit, ulimit -n in a shell), or lower fetch.concurrency.",
        ),
        _ => DiagnosticResult::ok(DiagnosticCheck::OpenFiles, message),
    }
}

/// Below this number of open files there is a warning: requests for pages, feeds and models may then fail.
const ENOUGH_OPEN_FILES: u64 = 256;

/// Size of the test file: as much as a small transaction writes.
const TEST_FILE_BYTES: usize = 65_536;

/// Writes a file and removes it: quotas and limits do not show in the free space.
fn write_test_file(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".gleaner-doctor-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .open(&file)
        .and_then(|mut opened| opened.write_all(&[0; TEST_FILE_BYTES]).and_then(|()| opened.sync_all()));
    let _ = fs::remove_file(&file);
    written
}

fn fail_disk_check(folder: &Path, cause: &str) -> DiagnosticResult {
    DiagnosticResult::fail(
        DiagnosticCheck::Disk,
        format!("The free space at {} cannot be determined: {cause}.", folder.display()),
        "Choose another data folder with --data-dir.",
    )
}
