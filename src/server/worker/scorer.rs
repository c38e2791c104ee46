//! One scorer for each model server that has a task: each keeps the slots of its server busy and has a circuit breaker of its own.
//!
//! They share nothing but the queue in the database, from which each claims under a lease. What a server that failed had claimed
//! goes back into the queue at once, without an attempt counted, and the scorers of the others claim it.

mod activity_publisher;
mod event_loop;
mod in_flight;
mod join_task;
mod probe;
mod quarantine;
mod queue_watch;
mod stale_claims;

pub use crate::server::worker::scorer::stale_claims::release_stale_claims;

use crate::server::{models::server::ModelServer, state::App};
use event_loop::{Scorer, StopCondition};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Ends the claims of the process before this one, then scores until the soft stop; requests in flight may then finish.
pub async fn run(app: App) {
    stale_claims::release_until_stored(&app).await;
    let mut changes = app.servers.subscribe();
    let mut scorers = JoinSet::new();
    let mut started: Vec<Arc<ModelServer>> = Vec::new();
    while !app.lifecycle.soft_stop.is_cancelled() {
        let servers = with_tasks(&changes.borrow_and_update());
        // A server that changed is another value.
        started.retain(|known| servers.iter().any(|server| Arc::ptr_eq(server, known)));
        for (position, server) in servers.into_iter().enumerate() {
            if !started.iter().any(|known| Arc::ptr_eq(&server, known)) {
                started.push(server.clone());
                let scorer = Scorer::new(app.clone(), server, position == 0);
                scorers.spawn(scorer.run(StopCondition::Shutdown));
            }
        }
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => {}
            changed = changes.changed() => if changed.is_err() { break },
            Some(ended) = scorers.join_next(), if !scorers.is_empty() => {
                if let Err(panic) = ended {
                    tracing::error!(%panic, "the scorer of a server failed; it starts again when the server is changed");
                }
            }
        }
    }
    while scorers.join_next().await.is_some() {}
}

/// Works until nothing is waiting any more, or until no server can be asked: for the command line and for tests.
pub async fn drain(app: &App) {
    let mut servers = with_tasks(&app.servers.list());
    loop {
        let scorers = servers
            .iter()
            .enumerate()
            .map(|(position, server)| Scorer::new(app.clone(), server.clone(), position == 0).run(StopCondition::Idle));
        let ends = futures::future::join_all(scorers).await;
        let answers: usize = ends.iter().map(|(answers, _)| answers).sum();
        let before = servers.len();
        let mut ends = ends.into_iter();
        servers.retain(|_| ends.next().is_some_and(|(_, is_available)| is_available));
        // What one of several put back, or gave its categories, may have come after another had ended.
        let may_go_on = answers > 0 || servers.len() < before;
        if before <= 1 || servers.is_empty() || !may_go_on || app.lifecycle.soft_stop.is_cancelled() {
            return;
        }
    }
}

/// The servers that have a task and may get text.
fn with_tasks(servers: &[Arc<ModelServer>]) -> Vec<Arc<ModelServer>> {
    let is_used = |server: &&Arc<ModelServer>| {
        (server.settings.categorizes || server.settings.scores) && server.may_receive_text()
    };
    servers.iter().filter(is_used).cloned().collect()
}
