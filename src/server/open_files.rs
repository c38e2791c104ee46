//! Limits of open files and connections, and detecting that they are reached.

use rustix::{
    io::Errno,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use std::{fs::File, io};

/// The most connections to the web server at once, whatever the system allows.
const MAX_CONNECTIONS: u64 = 512;
/// The least number of connections to the web server at once, however few files the system allows.
const MIN_CONNECTIONS: u64 = 8;

/// Raises the soft limit of open files to the hard limit; the usual soft limit of 1,024 is for programs that use `select`.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// The files and connections that this process may have open after [`raise_limit`]; `None`: any number.
pub fn max_files() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// Connections to the web server at once: a third of the open files, so that the database, feeds and models can open theirs.
pub fn max_connections() -> usize {
    let limit = getrlimit(Resource::Nofile).current.map_or(MAX_CONNECTIONS, |files| files / 3);
    usize::try_from(limit.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)).unwrap_or(usize::MAX)
}

/// Whether an error means that this process, or the whole system, has too many files open.
pub fn is_exhausted(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether no further file can be opened at this moment; the system's resolver does not report that as the cause of its failure.
pub fn are_exhausted_now() -> bool {
    File::open("/").is_err_and(|error| is_exhausted(&error))
}

#[cfg(test)]
mod tests {
    use super::{are_exhausted_now, is_exhausted, max_connections, raise_limit};
    use rustix::process::{Resource, getrlimit};
    use std::io;

    #[test]
    fn only_the_two_errors_of_the_limit_count() {
        for (code, expected) in [(24, true), (23, true), (2, false), (111, false)] {
            assert_eq!(is_exhausted(&io::Error::from_raw_os_error(code)), expected, "{code}");
        }
        assert!(!are_exhausted_now());
        assert!((8..=512).contains(&max_connections()));
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
