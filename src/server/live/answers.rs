//! Answers that this process is writing.

use crate::domain::{
    chat::WaitReason,
    ids::{ConversationId, MessageId},
};
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The state of an unfinished answer.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AnswerProgress {
    /// The text so far.
    pub text: String,
    /// Why it has not begun.
    pub wait: WaitReason,
    /// The answer is stored; its row tells how it ended.
    pub ended: bool,
}

/// The answers that this process writes, one a conversation at most.
#[derive(Debug, Default)]
pub struct RunningAnswers(RwLock<HashMap<ConversationId, RunningAnswer>>);

/// One answer that is being written.
#[derive(Clone, Debug)]
pub struct RunningAnswer {
    /// The message that the answer fills.
    pub message: MessageId,
    /// How far it is.
    pub progress: watch::Receiver<AnswerProgress>,
    /// Ends the answer; its text so far is stored.
    pub stop: CancellationToken,
}

impl RunningAnswers {
    /// How far the answer of a conversation is.
    pub fn progress(&self, id: ConversationId) -> Option<(MessageId, AnswerProgress)> {
        self.get(id).map(|running| (running.message, running.progress.borrow().clone()))
    }

    /// The answer that is being written in a conversation.
    pub fn get(&self, id: ConversationId) -> Option<RunningAnswer> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Adds the answer of a conversation.
    pub fn insert(&self, id: ConversationId, running: RunningAnswer) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, running);
    }

    /// Removes the answer to this message, unless another one was begun meanwhile.
    pub fn remove(&self, id: ConversationId, message: MessageId) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.get(&id).is_some_and(|running| running.message == message) {
            all.remove(&id);
        }
    }
}
