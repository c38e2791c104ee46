//! Talking to Ollama's native API. Only [`client`] touches the network.

pub mod client;
