//! Stopping in two steps: softly (finish what is at hand), then hard. Every task of the process is tracked.

use std::future::Future;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Handed to every loop. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// No new work: listeners close, event streams end, loops leave at their next turn.
    pub soft: CancellationToken,
    /// Give up what is still running.
    pub hard: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Runs a task that is waited for at the end and dropped at the hard stop.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = hard.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Waits until every task has ended; call after [`Lifecycle::soft`] was cancelled.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
