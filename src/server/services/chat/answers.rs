//! Answers on their way. They belong to the server: whoever asked may leave and come back, and any number may watch.

use crate::server::services::chat::answer_stream::{AnswerEnd, AnswerEvent, Question, stream_answer};
use crate::{
    domain::{
        chat::{AnswerState, AnswerStats, ChatFailure, WaitReason},
        ids::{ConversationId, MessageId},
    },
    error::AppError,
    server::{
        state::App,
        storage::conversations::{self, FinishedAnswer},
    },
};
use futures::{Stream, StreamExt as _};
use std::{
    collections::HashMap,
    pin::pin,
    sync::{PoisonError, RwLock},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Watchers hear of new text at most so often, in milliseconds; nobody reads faster.
const NOTIFY_INTERVAL_MS: i128 = 100;
/// What has come is stored at most so often, in milliseconds.
const STORE_INTERVAL_MS: i128 = 2_000;

/// An answer as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AnswerProgress {
    /// The text so far.
    pub text: String,
    /// Why it has not begun.
    pub wait: WaitReason,
    /// It is stored; what it came to stands there.
    pub ended: bool,
}

/// The answers that this process writes, one a conversation at most.
#[derive(Debug, Default)]
pub struct RunningAnswers(RwLock<HashMap<ConversationId, RunningAnswer>>);

#[derive(Clone, Debug)]
struct RunningAnswer {
    message: MessageId,
    progress: watch::Receiver<AnswerProgress>,
    stop: CancellationToken,
}

impl RunningAnswers {
    /// The answer on its way in a conversation.
    pub fn progress(&self, id: ConversationId) -> Option<(MessageId, AnswerProgress)> {
        self.get(id).map(|running| (running.message, running.progress.borrow().clone()))
    }

    fn get(&self, id: ConversationId) -> Option<RunningAnswer> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn insert(&self, id: ConversationId, running: RunningAnswer) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, running);
    }

    /// Forgets this answer, unless another one was begun meanwhile.
    fn remove(&self, id: ConversationId, message: MessageId) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.get(&id).is_some_and(|running| running.message == message) {
            all.remove(&id);
        }
    }
}

/// Starts to write an answer; returns at once.
pub(super) fn start_answer(app: &App, id: ConversationId, message: MessageId, question: Question) {
    let (tells, live) = watch::channel(AnswerProgress { wait: WaitReason::default(), ..AnswerProgress::default() });
    let stop = CancellationToken::new();
    app.answers.insert(id, RunningAnswer { message, progress: live, stop: stop.clone() });
    let writing = app.clone();
    app.lifecycle.spawn(async move {
        // First stored, then gone from here, then told: whoever looks finds it in one of the two places.
        let _gone = RunningAnswerGuard { app: &writing, id, message, sender: &tells };
        write_answer(&writing, message, question, &tells, &stop).await;
    });
}

/// Ends an answer when it goes, however its task ended.
struct RunningAnswerGuard<'a> {
    app: &'a App,
    id: ConversationId,
    message: MessageId,
    sender: &'a watch::Sender<AnswerProgress>,
}

impl Drop for RunningAnswerGuard<'_> {
    fn drop(&mut self) {
        self.app.answers.remove(self.id, self.message);
        self.sender.send_modify(|live| live.ended = true);
    }
}

/// Stops the answer of a conversation and waits until what has come of it is stored. `false`: there is none.
pub(super) async fn stop_answer(app: &App, id: ConversationId) -> bool {
    let Some(mut running) = app.answers.get(id) else { return false };
    running.stop.cancel();
    // An error: the task was dropped at the end of the process.
    let _ = running.progress.wait_for(|live| live.ended).await;
    true
}

/// The answer of a conversation from now to its end, each moment different from the one before; the end alone for whoever comes
/// after it. Ends early when the server stops.
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
    tells: &watch::Sender<AnswerProgress>,
    stop: &CancellationToken,
) {
    let mut text = String::new();
    let end = receive_answer(app, message, question, tells, stop, &mut text).await;
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
    // A database that refuses was logged there; the answer is then shown as interrupted.
    let _ = write_to_db(app, async |db| conversations::finish_answer(db, message, &finished).await).await;
}

async fn receive_answer(
    app: &App,
    message: MessageId,
    question: Question,
    tells: &watch::Sender<AnswerProgress>,
    stop: &CancellationToken,
    text: &mut String,
) -> WriteOutcome {
    let (mut told_at, mut stored_at) = (app.clock.millis(), app.clock.millis());
    // Dropped at the end of this function, which closes the connection.
    let mut said = pin!(stream_answer(app.clone(), question));
    loop {
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => return WriteOutcome::Stopped,
            () = app.lifecycle.soft_stop.cancelled() => return WriteOutcome::Interrupted,
            next = said.next() => next,
        };
        match next {
            Some(Ok(AnswerEvent::Wait(wait))) => tells.send_modify(|live| live.wait = wait),
            Some(Ok(AnswerEvent::Text(piece))) => {
                let is_first = text.is_empty();
                text.push_str(&piece);
                let now = app.clock.millis();
                if is_first || now - told_at >= NOTIFY_INTERVAL_MS {
                    told_at = now;
                    tells.send_modify(|live| {
                        live.wait = WaitReason::Started;
                        live.text.clone_from(text);
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
    let AppError { kind, message, hint } = error;
    let kind = serde_json::to_value(kind).ok()?.as_str()?.to_owned();
    serde_json::to_string(&ChatFailure { kind, message: message.clone(), hint: hint.clone() }).ok()
}
