//! Opening and closing the port of a simulated server.

use super::connection::{Disconnector, PeerConnection};
use axum::Router;
use std::{
    io,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A port and its router.
#[derive(Debug)]
pub struct PortSwitch {
    address: SocketAddr,
    router: Router,
    current: Mutex<(Disconnector, Option<JoinHandle<()>>)>,
}

impl PortSwitch {
    /// For a router that answers at an address.
    pub fn new(address: SocketAddr, router: Router) -> Self {
        Self { address, router, current: Mutex::default() }
    }

    fn current(&self) -> MutexGuard<'_, (Disconnector, Option<JoinHandle<()>>)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers from now on.
    pub fn serve(&self, listener: TcpListener) {
        let connections = Disconnector::default();
        let own = connections.clone();
        let app = self.router.clone().into_make_service_with_connect_info::<PeerConnection>();
        let task = tokio::spawn(async move {
            let served = axum::serve(own.listener(listener), app);
            tokio::select! {
                _ = served => {}
                () = own.closed() => {}
            }
        });
        *self.current() = (connections, Some(task));
    }

    /// Breaks every connection.
    pub fn close(&self) {
        self.current().0.close();
    }

    /// Closes the port and breaks every connection.
    pub async fn close_port(&self) {
        self.close();
        let task = self.current().1.take();
        if let Some(task) = task {
            // The task ends by itself once its connections are broken; a panic in it would have been seen by a client.
            let _ = task.await;
        }
    }

    /// Opens the port again.
    pub async fn open_port(&self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.serve(listener);
        Ok(())
    }
}
