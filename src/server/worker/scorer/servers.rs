//! One scorer for each model server that has a task: each keeps the slots of its server busy and has a circuit breaker of its own.
//!
//! They share nothing but the queue in the database, from which each claims under a lease. What a server that failed had claimed
//! goes back into the queue at once, without an attempt counted, and the scorers of the others claim it.

use super::{Scorer, StopCondition, stale_claims};
use crate::server::{models::server::ModelServer, state::App};
use std::{collections::HashSet, sync::Arc};
use tokio::task::JoinSet;

/// Ends the claims of the process before this one, then scores until the soft stop; what is out then may finish.
pub async fn run(app: App) {
    stale_claims::release_until_stored(&app).await;
    let mut changes = app.servers.subscribe();
    let mut scorers = JoinSet::new();
    let mut started: HashSet<usize> = HashSet::new();
    while !app.lifecycle.soft_stop.is_cancelled() {
        let servers = with_tasks(&changes.borrow_and_update());
        started.retain(|known| servers.iter().any(|server| address_of(server) == *known));
        for (position, server) in servers.into_iter().enumerate() {
            if started.insert(address_of(&server)) {
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
    loop {
        let servers = with_tasks(&app.servers.list());
        let is_alone = servers.len() <= 1;
        let scorers = servers
            .into_iter()
            .enumerate()
            .map(|(position, server)| Scorer::new(app.clone(), server, position == 0).run(StopCondition::Idle));
        let finished: usize = futures::future::join_all(scorers).await.into_iter().sum();
        // What one of several put back, or gave its categories, may have come after another had ended.
        if is_alone || finished == 0 || app.lifecycle.soft_stop.is_cancelled() {
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

/// Tells values apart; a server that changed is another value.
fn address_of(server: &Arc<ModelServer>) -> usize {
    Arc::as_ptr(server).addr()
}
