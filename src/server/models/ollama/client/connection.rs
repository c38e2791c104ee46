//! The client's handle on one Ollama: the parts that its calls share.

use crate::server::{
    clock::Clock,
    models::{
        ollama::{client::connection_breaker::ConnectionBreaker, error::OllamaError},
        status::model_status::ModelStatus,
    },
};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Talks to one Ollama. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OllamaClient(pub(super) Arc<OllamaClientInner>);

/// What all clones share.
#[derive(Debug)]
pub(super) struct OllamaClientInner {
    /// The base address; its path ends with a slash.
    pub base: Url,
    /// A client that cannot be made (no certificates on this machine) fails each call instead of the start.
    pub http: Result<reqwest::Client, OllamaError>,
    /// Time as the rest of the program reads it.
    pub clock: Clock,
    /// The longest wait for the first byte of an answer to a question.
    pub first_byte: Duration,
    /// The longest wait between two pieces of an answer.
    pub idle: Duration,
    /// The longest time of a request with its retries.
    pub budget: Duration,
    /// Attempts after the first one.
    pub retries: u32,
    /// Lets requests fail at once while no connection is made.
    pub breaker: ConnectionBreaker,
    /// What is known of this server.
    pub status: ModelStatus,
}
