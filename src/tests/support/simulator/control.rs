//! Controlling the simulated server over HTTP, for end-to-end tests.
//!
//! The control listens on a separate port, so that it can be reached while the simulated server is down. One command per request,
//! as JSON by POST:
//!
//! - `{"do":"down"}` closes the port of the simulated Ollama and breaks its connections; `{"do":"up"}` opens it again.
//! - `{"do":"install","name":"x:1b","size":5000000}` puts a model on its disk, `{"do":"remove","name":"x:1b"}` takes it off.
//! - `{"do":"offer","name":"x:1b","size":5000000}` lets a model be pulled, and forgets what was downloaded of it.
//! - `{"do":"pace","tick_ms":60,"step":20000000}` sets the time between two lines of a pull and the bytes of each; with a step of
//!   0 lines continue without bytes.
//! - `{"do":"fail_pull","after":3,"words":"…"}` ends the next pull with an error line after this many lines.

use super::{Interception, port_switch::PortSwitch, script::ScriptedReply};
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use gleaner::server::demo::simulator::{Endpoint, ModelSpec};
use serde::Deserialize;
use std::{io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

/// A command; see the module.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum ControlCommand {
    Down,
    Up,
    Install { name: String, size: u64 },
    Remove { name: String },
    Offer { name: String, size: u64 },
    Pace { tick_ms: u64, step: u64 },
    FailPull { after: usize, words: String },
}

type ControlState = (Arc<Interception>, Arc<PortSwitch>);

/// Listens on a free port of loopback until the task is aborted; returns the address and the task.
pub(super) async fn start(shared: ControlState) -> io::Result<(String, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/", post(run_command)).with_state(shared);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::warn!(%error, "the control of the simulator has ended");
        }
    });
    Ok((url, task))
}

async fn run_command(
    State((shared, port)): State<ControlState>,
    Json(command): Json<ControlCommand>,
) -> Result<(), (StatusCode, String)> {
    let ollama = &shared.ollama;
    match command {
        ControlCommand::Down => {
            port.close_port().await;
            ollama.unload_all();
        }
        ControlCommand::Up => {
            port.open_port().await.map_err(|error| (StatusCode::CONFLICT, error.to_string()))?;
        }
        ControlCommand::Install { name, size } => {
            ollama.install(ModelSpec { modified_ms: ollama.now_ms(), ..ModelSpec::new(&name, size) });
        }
        ControlCommand::Remove { name } => ollama.remove(&name),
        ControlCommand::Offer { name, size } => {
            let model = ModelSpec::new(&name, size);
            ollama.discard_blobs(&model);
            ollama.offer(model);
        }
        ControlCommand::Pace { tick_ms, step } => ollama.set_pull_pace(Duration::from_millis(tick_ms), step),
        ControlCommand::FailPull { after, words } => {
            shared.scripts().next(Endpoint::Pull, ScriptedReply::Fail(after, words));
        }
    }
    Ok(())
}
