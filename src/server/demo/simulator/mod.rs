//! A simulated Ollama: the native API over HTTP with models on disk and in memory, pulls from a simulated registry, and answers
//! that follow schemas. It serves `gleaner demo`; the tests add scripts and a request log in front of its [`router`].
//!
//! A test compares it with recorded exchanges of real servers.

mod answer;
mod answer_override;
mod chat;
mod conversation;
mod endpoint;
mod model_endpoints;
mod models;
mod prompt_context;
mod pull;
mod responses;
mod routes;
mod settings;
mod state;
mod topics;

pub use answer_override::{AnswerOverride, SimulatedAnswer};
pub use endpoint::Endpoint;
pub use models::{LayerSpec, ModelSpec};
pub use routes::router;
pub use settings::SimulatorSettings;
pub use state::SimulatorState;

use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running simulated server; stops when dropped.
#[derive(Debug)]
pub struct SimulatedOllama {
    /// Its address, without a slash at the end.
    pub url: String,
    task: JoinHandle<()>,
}

impl SimulatedOllama {
    /// Starts on a free port of loopback.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(settings: SimulatorSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = router(Arc::new(SimulatorState::new(settings)));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the simulated Ollama stopped");
            }
        });
        Ok(Self { url, task })
    }
}

impl Drop for SimulatedOllama {
    fn drop(&mut self) {
        self.task.abort();
    }
}
