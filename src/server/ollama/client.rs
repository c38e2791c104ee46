//! The client.

/// Talks to one Ollama.
#[derive(Clone, Debug)]
pub struct Client;
