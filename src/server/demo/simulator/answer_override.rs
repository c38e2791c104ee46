//! Where another answer than the simulated model's own is put in.

use serde_json::Value;
use std::{fmt, sync::Arc};

/// What a model says to one chat.
#[derive(Clone, Debug)]
pub struct SimulatedAnswer {
    /// What it thinks before.
    pub thinking: String,
    /// What it says.
    pub content: String,
    /// After so many pieces of both it ends with `length`.
    pub max_pieces: Option<usize>,
}

type AnswerWriter = dyn Fn(&Value, SimulatedAnswer) -> SimulatedAnswer + Send + Sync;

/// An extension of a chat request: a function that gets the request's body and the answer of the simulated model, and gives back
/// what is said.
#[derive(Clone)]
pub struct AnswerOverride(pub Arc<AnswerWriter>);

impl fmt::Debug for AnswerOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerOverride")
    }
}
