//! A simulated Ollama: speaks the native API over real HTTP, holds models, loads and forgets them, pulls from an imagined
//! registry, answers under a schema, and fails on command. Behind `gleaner demo` and the tests; the product never starts it.
//!
//! Faithful to what real servers were seen to do; a test replays recorded exchanges against it.

mod answer;
mod chat;
mod connection;
mod control;
mod conversation;
mod model_endpoints;
mod models;
mod port_switch;
mod prompt_context;
mod pull;
mod request_log;
mod responses;
mod routes;
mod script;
mod settings;
mod state;
mod topics;

pub use crate::server::demo::simulator::request_log::{RecordedRequest, RequestOutcome};
pub use models::{LayerSpec, ModelSpec};
pub use script::{Endpoint, ScriptedReply};
pub use settings::SimulatorSettings;

use crate::server::demo::simulator::port_switch::PortSwitch;
use serde_json::Value;
use state::SimulatorState;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// The running server; stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    /// Where it answers, without a slash at the end.
    pub url: String,
    shared: Arc<SimulatorState>,
    plug: Arc<PortSwitch>,
    control: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts with [`SimulatorSettings::default`] on a free port of loopback.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(SimulatorSettings::default()).await
    }

    /// Starts on a free port of loopback.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_with(settings: SimulatorSettings) -> io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), settings).await
    }

    /// Starts at an address of the caller's choice.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start_at(address: SocketAddr, settings: SimulatorSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(SimulatorState::new(settings));
        let plug = Arc::new(PortSwitch::new(address));
        plug.serve(listener, &shared);
        Ok(Self { url: format!("http://{address}"), shared, plug, control: None })
    }

    /// Lets tests outside of this process drive the server; see the module `control`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn enable_control(&mut self) -> io::Result<()> {
        self.control = Some(control::start(&self.shared, &self.plug).await?);
        Ok(())
    }

    /// Kills the server: the port is closed, connections break, models leave memory. What is on disk stays.
    pub async fn shut_down(&mut self) {
        self.plug.pull(&self.shared).await;
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// When somebody else took the port meanwhile.
    pub async fn restart(&mut self) -> io::Result<()> {
        self.plug.open_port(&self.shared).await
    }

    /// What the next call of this kind meets, before anything else; several queue up.
    pub fn script(&self, call: Endpoint, act: ScriptedReply) {
        self.shared.scripts().next(call, act);
    }

    /// What every call of this kind meets from now on; [`Simulator::script`] goes first. `None` ends it.
    pub fn always(&self, call: Endpoint, act: impl Into<Option<ScriptedReply>>) {
        self.shared.scripts().always(call, act.into());
    }

    /// Lets a function choose what calls of this kind meet: it gets the request's body. Scripted ones go first.
    pub fn script_with(
        &self,
        call: Endpoint,
        choice: impl Fn(&Value) -> Option<ScriptedReply> + Send + Sync + 'static,
    ) {
        self.shared.scripts().choose(call, Arc::new(choice));
    }

    /// Lets a function write the answers of chats that are not scripted: it gets the request's body.
    pub fn answer_with(&self, answer: impl Fn(&Value) -> String + Send + Sync + 'static) {
        self.shared.scripts().answer_with(Arc::new(answer));
    }

    /// Puts a model on the disk, or replaces it.
    pub fn install(&self, model: ModelSpec) {
        self.shared.state().install(model);
    }

    /// Takes a model off the disk, as if somebody else had deleted it.
    pub fn remove(&self, name: &str) {
        self.shared.state().remove(name);
    }

    /// Lets a model be pulled.
    pub fn offer(&self, model: ModelSpec) {
        self.shared.state().offer(model);
    }

    /// The short names of what is on the disk.
    pub fn installed(&self) -> Vec<String> {
        self.shared.state().installed_names()
    }

    /// The short names of what is in memory.
    pub fn loaded(&self) -> Vec<String> {
        self.shared.state().loaded_names(self.shared.now_ms())
    }

    /// How often a model was brought into memory.
    pub fn loads(&self) -> usize {
        self.shared.state().loads
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.records.all()
    }

    /// The requests of one kind so far.
    pub fn requests_of(&self, call: Endpoint) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(|r| Endpoint::of(&r.method, &r.path) == Some(call)).collect()
    }

    /// Waits until the requests so far satisfy `enough`; looks anew after every change.
    pub async fn wait_until(&self, enough: impl Fn(&[RecordedRequest]) -> bool) {
        self.shared.records.wait_until(enough).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.plug.close();
        if let Some(control) = &self.control {
            control.abort();
        }
    }
}
