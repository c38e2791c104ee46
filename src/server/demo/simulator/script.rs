//! What the simulated server does on command.

use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET /`.
    Root,
    /// `GET /api/version`.
    Version,
    /// `GET /api/tags`.
    Tags,
    /// `GET /api/ps`.
    Ps,
    /// `POST /api/show`.
    Show,
    /// `POST /api/chat`.
    Chat,
    /// `POST /api/pull`.
    Pull,
    /// `DELETE /api/delete`.
    Delete,
    /// `POST /api/copy`.
    Copy,
}

impl Endpoint {
    /// The kind of a request.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        Some(match (method, path) {
            ("GET" | "HEAD", "/") => Self::Root,
            ("GET" | "HEAD", "/api/version") => Self::Version,
            ("GET" | "HEAD", "/api/tags") => Self::Tags,
            ("GET", "/api/ps") => Self::Ps,
            ("POST", "/api/show") => Self::Show,
            ("POST", "/api/chat") => Self::Chat,
            ("POST", "/api/pull") => Self::Pull,
            ("DELETE", "/api/delete") => Self::Delete,
            ("POST", "/api/copy") => Self::Copy,
            _ => return None,
        })
    }
}

/// What a call meets. Positions count pieces of a chat's answer or lines of a pull.
#[derive(Clone, Debug)]
pub enum ScriptedReply {
    /// Wait so long before anything else, then go on as usual.
    Delay(Duration),
    /// Take the request and never answer.
    Hang,
    /// Break the connection without an answer.
    Reset,
    /// Answer with `{"error": text}`.
    Status(u16, String),
    /// Answer with exactly this.
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
    /// Chat: say this.
    Text(String),
    /// Chat: think this and say that.
    Think(String, String),
    /// Chat: end with `length` after so many pieces.
    Length(usize),
    /// After so many pieces: an error line (an error status when not streamed).
    Fail(usize, String),
    /// After so many pieces: the connection breaks.
    Cut(usize),
    /// After so many pieces: the body ends without a last line (`done:false` when not streamed).
    Stop(usize),
    /// After so many pieces: nothing more comes, the connection stays.
    Stall(usize),
    /// Pull: after so many lines of a layer no byte arrives for so many lines; then it goes on.
    Dry(usize, usize),
}

type ChatWriter = Arc<dyn Fn(&Value) -> String + Send + Sync>;

type ReplyChooser = Arc<dyn Fn(&Value) -> Option<ScriptedReply> + Send + Sync>;

#[derive(Default)]
pub(super) struct ReplyScripts {
    next: HashMap<Endpoint, VecDeque<ScriptedReply>>,
    always: HashMap<Endpoint, ScriptedReply>,
    answer: Option<ChatWriter>,
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

    pub(super) fn answer_with(&mut self, answer: ChatWriter) {
        self.answer = Some(answer);
    }

    pub(super) fn choose(&mut self, call: Endpoint, choice: ReplyChooser) {
        self.chosen.insert(call, choice);
    }

    /// What a call that has just come with this body meets.
    pub(super) fn take(&mut self, call: Endpoint, body: &[u8]) -> Option<ScriptedReply> {
        if let Some(act) = self.next.get_mut(&call).and_then(VecDeque::pop_front) {
            return Some(act);
        }
        let chosen =
            self.chosen.get(&call).and_then(|choice| choice(&serde_json::from_slice(body).unwrap_or_default()));
        chosen.or_else(|| self.always.get(&call).cloned())
    }

    pub(super) fn answer(&self) -> Option<ChatWriter> {
        self.answer.clone()
    }
}

impl fmt::Debug for ReplyScripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").field("next", &self.next).field("always", &self.always).finish_non_exhaustive()
    }
}
