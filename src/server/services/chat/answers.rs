//! Answers on their way. They belong to the server: whoever asked may leave and come back, and any number may watch.

use super::talk::{Ended, Question, Said, talk};
use crate::{
    domain::{
        chat::{AnswerState, ChatFailure, Figures, Wait},
        ids::{ConversationId, MessageId},
    },
    error::AppError,
    server::{
        state::App,
        storage::conversations::{self, Finished},
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
const TELL_MS: i128 = 100;
/// What has come is stored at most so often, in milliseconds.
const STORE_MS: i128 = 2_000;

/// An answer as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Live {
    pub text: String,
    pub wait: Wait,
    /// It is stored; what it came to stands there.
    pub ended: bool,
}

/// The answers that this process writes, one a conversation at most.
#[derive(Debug, Default)]
pub struct Answers(RwLock<HashMap<ConversationId, Running>>);

#[derive(Clone, Debug)]
struct Running {
    message: MessageId,
    live: watch::Receiver<Live>,
    stop: CancellationToken,
}

impl Answers {
    /// The answer on its way in a conversation.
    pub fn live(&self, id: ConversationId) -> Option<(MessageId, Live)> {
        self.get(id).map(|running| (running.message, running.live.borrow().clone()))
    }

    fn get(&self, id: ConversationId) -> Option<Running> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn insert(&self, id: ConversationId, running: Running) {
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
pub(super) fn begin(app: &App, id: ConversationId, message: MessageId, question: Question) {
    let (tells, live) = watch::channel(Live { wait: Wait::default(), ..Live::default() });
    let stop = CancellationToken::new();
    app.answers.insert(id, Running { message, live, stop: stop.clone() });
    let writing = app.clone();
    app.lifecycle.spawn(async move {
        // First stored, then gone from here, then told: whoever looks finds it in one of the two places.
        let _gone = Gone { app: &writing, id, message, tells: &tells };
        write(&writing, message, question, &tells, &stop).await;
    });
}

/// Ends an answer when it goes, however its task ended.
struct Gone<'a> {
    app: &'a App,
    id: ConversationId,
    message: MessageId,
    tells: &'a watch::Sender<Live>,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.app.answers.remove(self.id, self.message);
        self.tells.send_modify(|live| live.ended = true);
    }
}

/// Stops the answer of a conversation and waits until what has come of it is stored. `false`: there is none.
pub(super) async fn stop(app: &App, id: ConversationId) -> bool {
    let Some(mut running) = app.answers.get(id) else { return false };
    running.stop.cancel();
    // An error: the task was dropped at the end of the process.
    let _ = running.live.wait_for(|live| live.ended).await;
    true
}

/// The answer of a conversation from now to its end, each moment different from the one before; the end alone for whoever comes
/// after it. Ends early when the server stops.
pub fn follow(app: App, id: ConversationId) -> impl Stream<Item = Live> + Send {
    async_stream::stream! {
        let Some(mut running) = app.answers.get(id) else {
            yield Live { ended: true, ..Live::default() };
            return;
        };
        running.live.mark_changed();
        loop {
            tokio::select! {
                () = app.lifecycle.soft.cancelled() => break,
                changed = running.live.changed() => if changed.is_err() { break },
            }
            let live = running.live.borrow_and_update().clone();
            let ended = live.ended;
            yield live;
            if ended {
                break;
            }
        }
    }
}

/// How writing an answer ended.
enum End {
    Done(Ended),
    Stopped,
    Interrupted,
    Failed(AppError),
}

async fn write(
    app: &App,
    message: MessageId,
    question: Question,
    tells: &watch::Sender<Live>,
    stop: &CancellationToken,
) {
    let mut text = String::new();
    let end = listen(app, message, question, tells, stop, &mut text).await;
    let state = match &end {
        End::Done(Ended { complete: true, .. }) => AnswerState::Whole,
        End::Done(_) => AnswerState::Cut,
        End::Stopped => AnswerState::Stopped,
        End::Interrupted => AnswerState::Interrupted,
        End::Failed(_) => AnswerState::Failed,
    };
    let figures: Option<Figures> = if let End::Done(ended) = &end { Some(ended.figures) } else { None };
    let failure = if let End::Failed(error) = &end { failure(error) } else { None };
    let finished = Finished { text: &text, state, figures, failure };
    // A database that refuses was logged there; the answer is then shown as interrupted.
    let _ = keep(app, async |db| conversations::finish(db, message, &finished).await).await;
}

async fn listen(
    app: &App,
    message: MessageId,
    question: Question,
    tells: &watch::Sender<Live>,
    stop: &CancellationToken,
    text: &mut String,
) -> End {
    let (mut told_at, mut stored_at) = (app.clock.millis(), app.clock.millis());
    // Dropped at the end of this function, which closes the connection.
    let mut said = pin!(talk(app.clone(), question));
    loop {
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => return End::Stopped,
            () = app.lifecycle.soft.cancelled() => return End::Interrupted,
            next = said.next() => next,
        };
        match next {
            Some(Ok(Said::Wait(wait))) => tells.send_modify(|live| live.wait = wait),
            Some(Ok(Said::Text(piece))) => {
                let is_first = text.is_empty();
                text.push_str(&piece);
                let now = app.clock.millis();
                if is_first || now - told_at >= TELL_MS {
                    told_at = now;
                    tells.send_modify(|live| {
                        live.wait = Wait::Over;
                        live.text.clone_from(text);
                    });
                }
                if now - stored_at >= STORE_MS {
                    stored_at = now;
                    let _ = keep(app, async |db| conversations::note(db, message, text).await).await;
                }
            }
            Some(Ok(Said::Done(ended))) => return End::Done(ended),
            Some(Err(error)) => return End::Failed(error),
            None => return End::Interrupted,
        }
    }
}

async fn keep(
    app: &App,
    change: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> sqlx::Result<()>,
) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    change(&mut db).await?;
    db.commit().await?;
    Ok(())
}

fn failure(error: &AppError) -> Option<String> {
    let AppError { kind, message, hint } = error;
    let kind = serde_json::to_value(kind).ok()?.as_str()?.to_owned();
    serde_json::to_string(&ChatFailure { kind, message: message.clone(), hint: hint.clone() }).ok()
}
