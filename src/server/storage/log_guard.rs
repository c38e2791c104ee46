//! Detects that the write-ahead log, which holds the last commits, was deleted: while the database is open, and between two runs.
//! What a start after a crash needs to know for that is in the file `gleaner.state` beside the database.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Name of the state file within the data folder.
pub(super) const STATE_FILE_NAME: &str = "gleaner.state";
/// First word of the state file after all processes closed the database.
const CLOSED: &str = "closed";
/// First word of the state file after a commit; the database's modification time and size follow.
const OPEN: &str = "open";

/// Modification time in nanoseconds and size of the database file. A checkpoint of the log changes them.
type FileStamp = (i128, u64);

/// What is wrong with the files of a database before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileLoss {
    /// The database is missing or empty, though there was one.
    Database,
    /// The last run did not close the database, and its log is missing or empty.
    Log,
}

/// Compares the files with the state file of the last run.
pub(super) fn find_loss(database: &Path) -> Option<FileLoss> {
    let state = fs::read_to_string(state_file(database)).ok()?;
    let has_log = file_size(&log_file(database)) > 0;
    if file_size(database) == 0 {
        return (!has_log).then_some(FileLoss::Database);
    }
    let mut words = state.split_whitespace();
    let is_open = words.next() == Some(OPEN);
    let recorded = words.next().and_then(|word| word.parse().ok()).zip(words.next().and_then(|word| word.parse().ok()));
    (is_open && !has_log && recorded.is_some() && recorded == file_stamp(database)).then_some(FileLoss::Log)
}

/// The path of the state file that belongs to a database.
pub(super) fn state_file(database: &Path) -> PathBuf {
    database.with_file_name(STATE_FILE_NAME)
}

/// The path of the write-ahead log; <https://sqlite.org/fileformat2.html#the_write_ahead_log>.
pub(super) fn log_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Size of a file in bytes; 0 when there is none.
pub(super) fn file_size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len())
}

fn file_stamp(file: &Path) -> Option<FileStamp> {
    let metadata = fs::metadata(file).ok()?;
    Some((i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()), metadata.len()))
}

/// What is known of the files of an open database.
#[derive(Debug)]
pub(super) struct LogGuard {
    database: PathBuf,
    seen: Mutex<SeenFiles>,
}

#[derive(Debug, Default)]
struct SeenFiles {
    /// Device and inode of the log in use.
    log: Option<(u64, u64)>,
    /// As last written to the state file.
    stamp: Option<FileStamp>,
}

impl LogGuard {
    /// For an open database at this path.
    pub fn new(database: PathBuf) -> Self {
        Self { database, seen: Mutex::default() }
    }

    /// Whether the log in use was deleted or replaced by another file.
    pub fn is_log_removed(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).log;
        seen.is_some() && seen != self.log_identity()
    }

    /// Records the log in use: a transaction began, so it exists.
    pub fn record_begin(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.log.is_none() {
            seen.log = self.log_identity();
        }
    }

    /// Forgets the log in use: another is used from now on.
    pub fn forget_log(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).log = None;
    }

    /// Records a commit: after a crash, there must be a log, or the database must have changed.
    pub fn record_commit(&self) {
        // A commit that changed nothing wrote nothing, and an empty log may be removed.
        if file_size(&log_file(&self.database)) == 0 {
            return;
        }
        let stamp = file_stamp(&self.database);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((modified, size)) = stamp
            && seen.stamp != stamp
        {
            seen.stamp = stamp;
            self.write_state(&format!("{OPEN} {modified} {size}\n"));
        }
    }

    /// Records that the connections of this process are closed. The last process to close the database has checkpointed the log.
    pub fn record_close(&self) {
        if !log_file(&self.database).exists() && file_size(&self.database) > 0 {
            self.write_state(&format!("{CLOSED}\n"));
        }
    }

    fn log_identity(&self) -> Option<(u64, u64)> {
        fs::metadata(log_file(&self.database)).ok().map(|metadata| (metadata.dev(), metadata.ino()))
    }

    /// Writes the state file. A failure is only logged: without the file a lost log is not detected after a crash, but the commit
    /// succeeded.
    fn write_state(&self, text: &str) {
        if let Err(error) = write_private(&state_file(&self.database), text) {
            tracing::debug!(%error, "the state file cannot be written");
        }
    }
}

fn write_private(file: &Path, text: &str) -> io::Result<()> {
    use io::Write;
    fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{FileLoss, LogGuard, file_stamp, find_loss, log_file, state_file};
    use std::fs;

    #[test]
    fn losses_are_told_from_ordinary_ends() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let database = folder.path().join("gleaner.db");
        let stamp_text = || {
            let (modified, size) = file_stamp(&database).expect("there");
            format!("open {modified} {size}\n")
        };
        fs::write(&database, "tables").expect("written");
        let same = stamp_text();
        for (state, content, log, expected) in [
            (None, "tables", "", None),
            (None, "", "", None),
            (Some("closed\n"), "tables", "", None),
            (Some("closed\n"), "", "", Some(FileLoss::Database)),
            (Some("open 1 2\n"), "", "frames", None),
            (Some("open 1 2\n"), "tables", "", None),
            (Some(""), "tables", "", None),
            (Some(same.as_str()), "tables", "frames", None),
            (Some(same.as_str()), "tables", "", Some(FileLoss::Log)),
        ] {
            if fs::read_to_string(&database).expect("there") != content {
                fs::write(&database, content).expect("written");
            }
            fs::write(log_file(&database), log).expect("written");
            let _ = fs::remove_file(state_file(&database));
            let state = state.map(|state| if state == same { stamp_text() } else { state.to_owned() });
            if let Some(state) = &state {
                fs::write(state_file(&database), state).expect("written");
            }
            assert_eq!(find_loss(&database), expected, "{state:?} {content:?} {log:?}");
        }
    }

    #[test]
    fn a_log_under_another_inode_is_another_log() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let database = folder.path().join("gleaner.db");
        let guard = LogGuard::new(database.clone());
        assert!(!guard.is_log_removed(), "no transaction yet");
        fs::write(log_file(&database), "frames").expect("written");
        guard.record_begin();
        assert!(!guard.is_log_removed());
        fs::rename(log_file(&database), folder.path().join("elsewhere")).expect("renamed");
        assert!(guard.is_log_removed());
        fs::write(log_file(&database), "").expect("written");
        assert!(guard.is_log_removed());
        guard.forget_log();
        guard.record_begin();
        assert!(!guard.is_log_removed());
    }
}
