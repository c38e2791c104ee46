//! Stopping in two steps: a soft stop (running work is finished), then a hard stop. Every task of the process is tracked.

use super::clock::Clock;
use std::{future::Future, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The stop signals and the tasks of the process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// The soft stop: listeners close, event streams end, loops end at their next turn.
    pub soft_stop: CancellationToken,
    /// The hard stop: running work is dropped.
    pub hard_stop: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Runs a task that is waited for at the end and dropped at the hard stop.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard_stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = hard.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs a task that goes on when its caller goes away; `None` when the hard stop ended it.
    pub async fn finish<T, F>(&self, task: F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        self.spawn(async move {
            // The caller may have stopped waiting.
            let _ = send.send(task.await);
        });
        receive.await.ok()
    }

    /// Waits until every task has ended; call after [`Lifecycle::soft_stop`] was cancelled.
    pub async fn wait_for_tasks(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// How long running work may take after the first signal.
pub const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// Turns SIGTERM and Ctrl-C into the two steps: the first signal is the soft stop; the second, or the end of [`GRACE_PERIOD`], the hard.
pub async fn stop_on_signals(mut signals: Signals, lifecycle: Lifecycle, clock: Clock) {
    signals.next().await;
    tracing::info!(grace_seconds = GRACE_PERIOD.as_secs(), "stopping; once more to stop at once");
    lifecycle.soft_stop.cancel();
    tokio::select! {
        () = signals.next() => tracing::warn!("stopping at once"),
        () = clock.sleep(GRACE_PERIOD) => tracing::warn!("what was at hand did not end in time; stopping now"),
    }
    lifecycle.hard_stop.cancel();
}

/// Ctrl-C (SIGINT), caught from the moment this is made: one that comes between two waits is answered by the next wait.
#[derive(Debug)]
pub struct Interrupts(Signal);

impl Interrupts {
    /// Begins to listen.
    pub fn new() -> std::io::Result<Self> {
        signal(SignalKind::interrupt()).map(Self)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        self.0.recv().await;
    }
}

/// SIGTERM and Ctrl-C, caught from the moment this is made; before that they end the process at once.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupts: Interrupts,
}

impl Signals {
    /// Begins to listen.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupts: Interrupts::new()? })
    }

    async fn next(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, () = self.interrupts.next() => {} }
    }
}

#[cfg(test)]
mod tests {
    use super::Interrupts;
    use rustix::process::{Signal, getpid, kill_process};

    #[tokio::test]
    async fn an_interrupt_between_two_waits_is_kept() {
        let mut interrupts = Interrupts::new().expect("signals can be caught");
        for _ in 0..3 {
            kill_process(getpid(), Signal::INT).expect("signals can be sent");
            interrupts.next().await;
        }
    }
}
