//! The model servers of this process.

use crate::server::models::server::ModelServer;
use std::sync::Arc;
use tokio::sync::watch;

/// How often the queue changed, and how often a change may have ended an outage, such as a wakeup after a pull.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueChanges {
    /// Changes of any kind.
    pub changes: u64,
    /// Wakeups among them.
    pub wakeups: u64,
}

/// The servers as they are set up now, the main one first, with notices of changes.
#[derive(Clone, Debug)]
pub struct ModelServers {
    current: watch::Sender<Vec<Arc<ModelServer>>>,
    queue_changes: watch::Sender<QueueChanges>,
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
        self.queue_changes.send_modify(|counts| counts.changes += 1);
    }

    /// Tells the scorers of all servers what woke one of them. How many wakeups there have been.
    pub fn announce_wakeup(&self) -> u64 {
        self.queue_changes.send_modify(|counts| {
            counts.changes += 1;
            counts.wakeups += 1;
        });
        self.queue_changes.borrow().wakeups
    }

    /// How many wakeups there have been.
    pub fn wakeups(&self) -> u64 {
        self.queue_changes.borrow().wakeups
    }

    /// What was announced.
    pub fn subscribe_to_queue(&self) -> watch::Receiver<QueueChanges> {
        self.queue_changes.subscribe()
    }
}
