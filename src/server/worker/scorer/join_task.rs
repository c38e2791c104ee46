//! Waiting for a task that may not be there.

use tokio::task::{JoinError, JoinHandle};

/// Waits for a task, if there is one, and takes it away.
pub(super) async fn join_task<T>(task: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match task {
        Some(running) => {
            let result = running.await;
            *task = None;
            result
        }
        None => std::future::pending().await,
    }
}
