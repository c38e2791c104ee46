//! Clients of engines with OpenAI's API: vLLM, SGLang, llama.cpp, LM Studio and others (docs/spec/model-servers.md "Differences").
//! Only [`client`] touches the network; the rest is pure.
//!
//! Requests and answers have the types of the Ollama client, so that callers do not ask which kind a server is.

pub mod address;
pub mod client;
pub mod error;
pub mod error_message;
pub mod event_lines;
pub mod response_format;
pub mod wire;
