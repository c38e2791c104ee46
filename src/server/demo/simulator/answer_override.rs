//! Replacing the answers of the simulated model.

use serde_json::Value;
use std::{fmt, sync::Arc};

/// The answer to a chat request.
#[derive(Clone, Debug)]
pub struct SimulatedAnswer {
    /// The thinking before the answer.
    pub thinking: String,
    /// The text.
    pub content: String,
    /// After this many pieces of both it ends with `length`.
    pub max_pieces: Option<usize>,
}

type AnswerWriter = dyn Fn(&Value, SimulatedAnswer) -> SimulatedAnswer + Send + Sync;

/// An extension of a chat request: a function from the body of the request and the answer of the simulated model to the answer
/// that is sent.
#[derive(Clone)]
pub struct AnswerOverride(pub Arc<AnswerWriter>);

impl fmt::Debug for AnswerOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerOverride")
    }
}
