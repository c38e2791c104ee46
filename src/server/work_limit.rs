//! The limit of work on foreign text: it ends when its result is no longer awaited, or when its time is over.

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Work that takes longer goes on as cheaply as it can, or ends; counted limits keep it far below that.
const TIME_BUDGET: Duration = Duration::from_secs(20);
/// Bytes that are unpacked between two looks at the limit.
const READ_CHUNK_BYTES: usize = 64 * 1024;

/// What long work looks at within its loops.
#[derive(Clone, Debug)]
pub struct WorkLimit {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Default for WorkLimit {
    /// The usual time from now on.
    fn default() -> Self {
        Self::new(TIME_BUDGET)
    }
}

impl WorkLimit {
    /// So much time from now on.
    pub fn new(budget: Duration) -> Self {
        Self { deadline: Instant::now() + budget, cancelled: Arc::default() }
    }

    /// Cancels the work, because its result is no longer awaited.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the work was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whether the work has taken longer than it should.
    pub fn is_used_up(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Whether the work is to end: it was cancelled, or its time is used up.
    pub fn is_over(&self) -> bool {
        self.is_cancelled() || self.is_used_up()
    }

    /// Reads until the end, an error or the limit; a part read before an error is parsed like a truncated document.
    pub fn read_to_end(&self, mut reader: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut chunk = vec![0; READ_CHUNK_BYTES];
        while !self.is_over()
            && let Ok(length @ 1..) = reader.read(&mut chunk)
        {
            bytes.extend_from_slice(&chunk[..length]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{READ_CHUNK_BYTES, WorkLimit};
    use std::{io::Read, time::Duration};

    /// Endless, and cancels its reader after the first part.
    struct Endless<'a>(&'a WorkLimit);

    impl Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.cancel();
            Ok(buffer.len())
        }
    }

    #[test]
    fn reading_ends_with_the_limit() {
        let limit = WorkLimit::default();
        assert_eq!(limit.read_to_end(&b"abc"[..]), b"abc");
        assert_eq!(limit.read_to_end(Endless(&limit)).len(), READ_CHUNK_BYTES);
        assert!(limit.is_over() && limit.is_cancelled() && !limit.is_used_up());
        let used_up = WorkLimit::new(Duration::ZERO);
        assert!(used_up.is_over() && used_up.read_to_end(&b"abc"[..]).is_empty());
    }
}
