//! Receiving answers in tasks of the server, which go on when the reader leaves the page; any number of pages may follow an answer.

use crate::server::services::chat::answer_stream::{AnswerEnd, AnswerEvent, Question, stream_answer};
use crate::{
    domain::{
        chat::{AnswerState, AnswerStats, ChatFailure, WaitReason},
        ids::{ConversationId, MessageId},
    },
    error::AppError,
    server::{
        live::answers::{AnswerProgress, RunningAnswer},
        state::App,
        storage::conversations::{self, FinishedAnswer},
    },
};
use futures::{Stream, StreamExt as _};
use std::pin::pin;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Shortest time between two updates of followers, in milliseconds.
const NOTIFY_INTERVAL_MS: i128 = 100;
/// Shortest time between two writes of the partial answer, in milliseconds.
const STORE_INTERVAL_MS: i128 = 2_000;

/// Starts the task that receives an answer; returns at once.
pub(super) fn start_answer(app: &App, id: ConversationId, message: MessageId, question: Question) {
    let (sender, progress) = watch::channel(AnswerProgress::default());
    let stop = CancellationToken::new();
    app.answers.insert(id, RunningAnswer { message, progress, stop: stop.clone() });
    let task_app = app.clone();
    app.lifecycle.spawn(async move {
        // The answer is stored before it is removed here, and its end is announced last: a page always finds it in one of the two
        // places.
        let _guard = RunningAnswerGuard { app: &task_app, id, message, sender: &sender };
        write_answer(&task_app, message, question, &sender, &stop).await;
    });
}

/// Removes the answer and announces its end when dropped, however its task ended.
struct RunningAnswerGuard<'a> {
    app: &'a App,
    id: ConversationId,
    message: MessageId,
    sender: &'a watch::Sender<AnswerProgress>,
}

impl Drop for RunningAnswerGuard<'_> {
    fn drop(&mut self) {
        self.app.answers.remove(self.id, self.message);
        self.sender.send_modify(|progress| progress.ended = true);
    }
}

/// Stops the answer of a conversation and waits until its text so far is stored. `false`: there is none.
pub(super) async fn stop_answer(app: &App, id: ConversationId) -> bool {
    let Some(mut running) = app.answers.get(id) else { return false };
    running.stop.cancel();
    // An error means that the task was dropped at the end of the process.
    let _ = running.progress.wait_for(|progress| progress.ended).await;
    true
}

/// The progress of a conversation's answer from now to its end; only the end when it has ended before. Ends early when the
/// server stops.
pub fn follow(app: App, id: ConversationId) -> impl Stream<Item = AnswerProgress> + Send {
    async_stream::stream! {
        let Some(mut running) = app.answers.get(id) else {
            yield AnswerProgress { ended: true, ..AnswerProgress::default() };
            return;
        };
        running.progress.mark_changed();
        loop {
            tokio::select! {
                () = app.lifecycle.soft_stop.cancelled() => break,
                changed = running.progress.changed() => if changed.is_err() { break },
            }
            let live = running.progress.borrow_and_update().clone();
            let ended = live.ended;
            yield live;
            if ended {
                break;
            }
        }
    }
}

/// How writing an answer ended.
enum WriteOutcome {
    Done(AnswerEnd),
    Stopped,
    Interrupted,
    Failed(AppError),
}

async fn write_answer(
    app: &App,
    message: MessageId,
    question: Question,
    sender: &watch::Sender<AnswerProgress>,
    stop: &CancellationToken,
) {
    let mut text = String::new();
    let end = receive_answer(app, message, question, sender, stop, &mut text).await;
    let state = match &end {
        WriteOutcome::Done(AnswerEnd { complete: true, .. }) => AnswerState::Complete,
        WriteOutcome::Done(_) => AnswerState::Truncated,
        WriteOutcome::Stopped => AnswerState::Stopped,
        WriteOutcome::Interrupted => AnswerState::Interrupted,
        WriteOutcome::Failed(_) => AnswerState::Failed,
    };
    let figures: Option<AnswerStats> = if let WriteOutcome::Done(ended) = &end { Some(ended.stats) } else { None };
    let failure = if let WriteOutcome::Failed(error) = &end { failure_json(error) } else { None };
    let finished = FinishedAnswer { text: &text, state, figures, failure };
    // The database logs its own failures; the answer is then shown as interrupted.
    let _ = write_to_db(app, async |db| conversations::finish_answer(db, message, &finished).await).await;
}

async fn receive_answer(
    app: &App,
    message: MessageId,
    question: Question,
    sender: &watch::Sender<AnswerProgress>,
    stop: &CancellationToken,
    text: &mut String,
) -> WriteOutcome {
    let (mut published_at, mut stored_at) = (app.clock.monotonic_ms(), app.clock.monotonic_ms());
    // Dropped at the end of this function, which closes the connection.
    let mut answer = pin!(stream_answer(app.clone(), question));
    loop {
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => return WriteOutcome::Stopped,
            () = app.lifecycle.soft_stop.cancelled() => return WriteOutcome::Interrupted,
            next = answer.next() => next,
        };
        match next {
            Some(Ok(AnswerEvent::Wait(wait))) => sender.send_modify(|progress| progress.wait = wait),
            Some(Ok(AnswerEvent::Text(chunk))) => {
                let is_first = text.is_empty();
                text.push_str(&chunk);
                let now = app.clock.monotonic_ms();
                if is_first || now - published_at >= NOTIFY_INTERVAL_MS {
                    published_at = now;
                    sender.send_modify(|progress| {
                        progress.wait = WaitReason::Started;
                        progress.text.clone_from(text);
                    });
                }
                if now - stored_at >= STORE_INTERVAL_MS {
                    stored_at = now;
                    let _ =
                        write_to_db(app, async |db| conversations::save_partial_answer(db, message, text).await).await;
                }
            }
            Some(Ok(AnswerEvent::Done(ended))) => return WriteOutcome::Done(ended),
            Some(Err(error)) => return WriteOutcome::Failed(error),
            None => return WriteOutcome::Interrupted,
        }
    }
}

async fn write_to_db(
    app: &App,
    change: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> sqlx::Result<()>,
) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    change(&mut db).await?;
    db.commit().await?;
    Ok(())
}

fn failure_json(error: &AppError) -> Option<String> {
    let AppError { kind, message, hint, .. } = error;
    let kind = serde_json::to_value(kind).ok()?.as_str()?.to_owned();
    serde_json::to_string(&ChatFailure { kind, message: message.clone(), hint: hint.clone() }).ok()
}
