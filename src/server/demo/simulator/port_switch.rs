//! Whether the simulated server is there at all: its port, and the way to close and open it.

use super::{connection::Disconnector, routes, state::SimulatorState};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};

#[derive(Debug)]
pub(super) struct PortSwitch {
    address: SocketAddr,
    current: Mutex<(Disconnector, Option<JoinHandle<()>>)>,
}

impl PortSwitch {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, current: Mutex::default() }
    }

    fn current(&self) -> MutexGuard<'_, (Disconnector, Option<JoinHandle<()>>)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn serve(&self, listener: TcpListener, shared: &Arc<SimulatorState>) {
        let gate = Disconnector::default();
        let (own, app) = (gate.clone(), routes::service(shared.clone()));
        let task = tokio::spawn(async move {
            let served = axum::serve(own.listener(listener), app);
            tokio::select! {
                _ = served => {}
                () = own.closed() => {}
            }
        });
        *self.current() = (gate, Some(task));
    }

    /// Breaks every connection.
    pub(super) fn close(&self) {
        self.current().0.close();
    }

    /// Closes the port, breaks every connection, forgets what is in memory.
    pub(super) async fn pull(&self, shared: &SimulatorState) {
        self.close();
        let task = self.current().1.take();
        if let Some(task) = task {
            // The task ends by itself once the gate is closed; a panic in it would have been seen by a client.
            let _ = task.await;
        }
        shared.unload_all();
    }

    /// Opens the port again.
    pub(super) async fn open_port(&self, shared: &Arc<SimulatorState>) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.serve(listener, shared);
        Ok(())
    }
}
