//! The model servers of this process.

use crate::server::models::server::ModelServer;
use std::sync::Arc;
use tokio::sync::watch;

/// The servers as they are set up now, the main one first, with notices of changes.
#[derive(Clone, Debug)]
pub struct ModelServers {
    current: watch::Sender<Vec<Arc<ModelServer>>>,
    queue_changes: watch::Sender<u64>,
}

impl ModelServers {
    /// With these servers.
    pub fn new(servers: Vec<Arc<ModelServer>>) -> Self {
        Self { current: watch::Sender::new(servers), queue_changes: watch::Sender::default() }
    }

    /// The servers.
    pub fn list(&self) -> Vec<Arc<ModelServer>> {
        self.current.borrow().clone()
    }

    /// Changes of the list.
    pub fn subscribe(&self) -> watch::Receiver<Vec<Arc<ModelServer>>> {
        self.current.subscribe()
    }

    /// Puts other servers in place of those before; those that are no longer among them are retired.
    pub fn replace(&self, servers: Vec<Arc<ModelServer>>) {
        let before = self.current.send_replace(servers);
        let kept = self.list();
        for server in before {
            if !kept.iter().any(|other| Arc::ptr_eq(other, &server)) {
                server.retired.cancel();
            }
        }
    }

    /// Tells the scorers of all servers that the queue may hold other articles than before.
    pub fn announce_queue_change(&self) {
        self.queue_changes.send_modify(|generation| *generation = generation.wrapping_add(1));
    }

    /// Announcements of [`Self::announce_queue_change`].
    pub fn subscribe_to_queue(&self) -> watch::Receiver<u64> {
        self.queue_changes.subscribe()
    }
}
