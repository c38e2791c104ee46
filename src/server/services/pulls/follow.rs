//! Following one pull to its end.

use super::{downloads::to_last_pull, job_row::PullJobProgress};
use crate::{
    domain::pull::{FinishedPull, PullProgress, PullRetry},
    server::{live::pulls::RunningPull, state::App, storage::jobs},
};
use futures::Stream;
use std::time::Duration;

/// How often the row of a pull by another process is read.
const JOB_POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The state of a pull as its followers see it.
#[derive(Clone, Debug, PartialEq)]
pub enum PullView {
    /// It is in the queue.
    Queued,
    /// It runs, or waits for its next attempt.
    Running {
        /// How far it is.
        progress: PullProgress,
        /// When and why it is tried again.
        retry: Option<PullRetry>,
    },
    /// It has ended; nothing follows.
    Ended(FinishedPull),
}

/// The states of a job from now to its end, each different from the one before. Ends early when the server stops, or when the
/// job is deleted. Dropping the stream changes nothing.
pub fn follow(app: App, id: i64) -> impl Stream<Item = PullView> + Send {
    async_stream::stream! {
        let mut pulls = app.pulls.subscribe();
        let mut shown = None;
        loop {
            pulls.mark_unchanged();
            let Some(view) = load_view(&app, id).await else { break };
            let ended = matches!(view, PullView::Ended(_));
            if shown.as_ref() != Some(&view) {
                shown = Some(view.clone());
                yield view;
            }
            if ended {
                break;
            }
            tokio::select! {
                _ = pulls.changed() => {}
                () = app.clock.sleep(JOB_POLL_INTERVAL) => {}
                () = app.lifecycle.soft_stop.cancelled() => break,
            }
        }
    }
}

/// From the live state when this process runs the pull, else from its row.
async fn load_view(app: &App, id: i64) -> Option<PullView> {
    let live = {
        let pulls = app.pulls.borrow();
        let running = pulls.running.as_ref().filter(|running| running.id == id);
        let running = running.map(|RunningPull { progress, retry, .. }| PullView::Running {
            progress: progress.clone(),
            retry: retry.clone(),
        });
        running.or_else(|| pulls.ended(id).cloned().map(PullView::Ended))
    };
    if live.is_some() {
        return live;
    }
    let job = jobs::find(&app.db.read, id)
        .await
        .inspect_err(|cause| tracing::error!(%cause, "a pull cannot be looked up"))
        .ok()??;
    Some(match job.state.as_str() {
        "queued" => PullView::Queued,
        "running" => {
            let PullJobProgress { progress, retry, .. } = PullJobProgress::of(&job);
            PullView::Running { progress, retry }
        }
        _ => PullView::Ended(to_last_pull(&job)),
    })
}
