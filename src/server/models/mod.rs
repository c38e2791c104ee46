//! What Gleaner knows of model servers: clients, retries and circuit breaking, status, pulls.

pub mod ollama;
pub mod openai;
pub mod private_network;
pub mod pull;
pub mod recommended;
pub mod resilience;
pub mod server;
pub mod status;
