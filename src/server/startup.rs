//! From settings to a running server.

use super::{
    clock::Clock,
    config::Config,
    feed,
    lifecycle::Lifecycle,
    ollama,
    state::{App, Parts},
    storage::{self, OpenError},
};

/// Opens the database and puts the shared parts together; starts no loop.
pub async fn build(config: Config, clock: Clock, lifecycle: Lifecycle) -> Result<App, OpenError> {
    let db = storage::open(&config.data_dir).await?;
    Ok(App::new(Parts {
        fetch: feed::fetch::Client,
        ollama: ollama::client::Client::new(&config.ollama, clock.clone()),
        db,
        clock,
        lifecycle,
        events: tokio::sync::broadcast::Sender::new(256),
        scoring_bell: tokio::sync::Notify::new(),
        feeds_bell: tokio::sync::Notify::new(),
        worker: tokio::sync::watch::Sender::default(),
        observed: tokio::sync::watch::Sender::default(),
        config,
    }))
}
