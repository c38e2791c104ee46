//! Scripted replies of the simulated server.

use gleaner::server::demo::simulator::{AnswerOverride, Endpoint, SimulatedAnswer};
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

/// A scripted reply. Positions count pieces of a chat's answer or lines of a pull.
#[derive(Clone, Debug)]
pub enum ScriptedReply {
    /// Wait, then answer as usual.
    Delay(Duration),
    /// Never answer.
    Hang,
    /// Close the connection without an answer.
    Reset,
    /// Answer with `{"error": text}`.
    Status(u16, String),
    /// Answer with these bytes.
    Raw {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type` header.
        content_type: String,
        /// The body.
        body: String,
        /// Seconds in the `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// Chat: answer with this text.
    Text(String),
    /// Chat: answer with this thinking and text.
    Think(String, String),
    /// Chat: end with `length` after this many pieces.
    Length(usize),
    /// An error line after this many pieces (an error status when not streamed).
    Fail(usize, String),
    /// Close the connection after this many pieces.
    Cut(usize),
    /// End the body without a last line after this many pieces (`done:false` when not streamed).
    Stop(usize),
    /// Send nothing more after this many pieces, with the connection open.
    Stall(usize),
    /// Pull: after this many lines of a layer, this many lines without new bytes.
    Dry(usize, usize),
}

type ScriptedAnswerWriter = Arc<dyn Fn(&Value, SimulatedAnswer) -> SimulatedAnswer + Send + Sync>;

type ReplyChooser = Arc<dyn Fn(&Value) -> Option<ScriptedReply> + Send + Sync>;

#[derive(Default)]
pub(super) struct ReplyScripts {
    next: HashMap<Endpoint, VecDeque<ScriptedReply>>,
    always: HashMap<Endpoint, ScriptedReply>,
    answer: Option<ScriptedAnswerWriter>,
    chosen: HashMap<Endpoint, ReplyChooser>,
}

impl ReplyScripts {
    pub(super) fn next(&mut self, call: Endpoint, act: ScriptedReply) {
        self.next.entry(call).or_default().push_back(act);
    }

    pub(super) fn always(&mut self, call: Endpoint, act: Option<ScriptedReply>) {
        match act {
            Some(act) => self.always.insert(call, act),
            None => self.always.remove(&call),
        };
    }

    pub(super) fn answer_like(&mut self, answer: ScriptedAnswerWriter) {
        self.answer = Some(answer);
    }

    pub(super) fn choose(&mut self, call: Endpoint, choice: ReplyChooser) {
        self.chosen.insert(call, choice);
    }

    /// What a call that has just come with this body meets.
    pub(super) fn take(&mut self, call: Endpoint, body: &Value) -> Option<ScriptedReply> {
        if let Some(act) = self.next.get_mut(&call).and_then(VecDeque::pop_front) {
            return Some(act);
        }
        let chosen = self.chosen.get(&call).and_then(|choice| choice(body));
        chosen.or_else(|| self.always.get(&call).cloned())
    }

    /// What a chat says that meets `act`.
    pub(super) fn answer_override(&self, act: Option<&ScriptedReply>) -> AnswerOverride {
        let (act, writer) = (act.cloned(), self.answer.clone());
        AnswerOverride(Arc::new(move |body, usual| match &act {
            Some(ScriptedReply::Text(content)) => {
                SimulatedAnswer { thinking: String::new(), content: content.clone(), ..usual }
            }
            Some(ScriptedReply::Think(thinking, content)) => {
                SimulatedAnswer { thinking: thinking.clone(), content: content.clone(), ..usual }
            }
            other => {
                let answer = writer.as_ref().map_or_else(|| usual.clone(), |write| write(body, usual.clone()));
                let max_pieces =
                    if let Some(ScriptedReply::Length(most)) = other { Some(*most) } else { answer.max_pieces };
                SimulatedAnswer { max_pieces, ..answer }
            }
        }))
    }
}

impl fmt::Debug for ReplyScripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyScripts").field("next", &self.next).field("always", &self.always).finish_non_exhaustive()
    }
}
