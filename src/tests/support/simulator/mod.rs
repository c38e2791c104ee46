//! The simulated Ollama of the product with additions for tests: scripted failures, recorded requests, stopping and starting, and
//! commands over HTTP.

mod connection;
mod control;
mod faults;
mod interception;
pub mod port_switch;
mod request_log;
mod script;
mod small_model;

pub use gleaner::server::demo::simulator::{Endpoint, ModelSpec, SimulatorSettings};
pub use request_log::{RecordedRequest, RequestOutcome};
pub use script::ScriptedReply;
pub use small_model::SmallModel;

use gleaner::server::demo::simulator::{SimulatedAnswer, SimulatorState, router};
use interception::{Interception, intercept};
use port_switch::PortSwitch;
use serde_json::Value;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running simulator; stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    /// Where it answers, without a slash at the end.
    pub url: String,
    shared: Arc<Interception>,
    port: Arc<PortSwitch>,
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
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let ollama = Arc::new(SimulatorState::new(settings));
        let shared = Arc::new(Interception::new(ollama.clone()));
        let layer = axum::middleware::from_fn_with_state(shared.clone(), intercept);
        let port = Arc::new(PortSwitch::new(address, router(ollama).layer(layer)));
        port.serve(listener);
        Ok(Self { url: format!("http://{address}"), shared, port, control: None })
    }

    /// Lets tests outside of this process drive the server: the address that takes the commands of the module `control`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn enable_control(&mut self) -> io::Result<String> {
        let (url, task) = control::start((self.shared.clone(), self.port.clone())).await?;
        self.control = Some(task);
        Ok(url)
    }

    /// Kills the server: the port is closed, connections break, models leave memory. What is on disk stays.
    pub async fn shut_down(&mut self) {
        self.port.close_port().await;
        self.shared.ollama.unload_all();
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// When somebody else took the port meanwhile.
    pub async fn restart(&mut self) -> io::Result<()> {
        self.port.open_port().await
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
        self.answer_like(move |body, usual| SimulatedAnswer { content: answer(body), ..usual });
    }

    /// Lets a function change the answers of chats that are not scripted: it gets the request's body and the usual answer.
    pub fn answer_like(&self, answer: impl Fn(&Value, SimulatedAnswer) -> SimulatedAnswer + Send + Sync + 'static) {
        self.shared.scripts().answer_like(Arc::new(answer));
    }

    /// Puts a model on the disk, or replaces it.
    pub fn install(&self, model: ModelSpec) {
        self.shared.ollama.install(model);
    }

    /// Takes a model off the disk, as if somebody else had deleted it.
    pub fn remove(&self, name: &str) {
        self.shared.ollama.remove(name);
    }

    /// Lets a model be pulled.
    pub fn offer(&self, model: ModelSpec) {
        self.shared.ollama.offer(model);
    }

    /// The short names of what is on the disk.
    pub fn installed(&self) -> Vec<String> {
        self.shared.ollama.installed()
    }

    /// The short names of what is in memory.
    pub fn loaded(&self) -> Vec<String> {
        self.shared.ollama.loaded()
    }

    /// How often a model was brought into memory.
    pub fn loads(&self) -> usize {
        self.shared.ollama.loads()
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
        self.port.close();
        if let Some(control) = &self.control {
            control.abort();
        }
    }
}
