//! `gleaner demo`: sample feeds and a simulated Ollama, without any network.

use super::{Exit, serve};
use crate::server::cli::terminal;
use crate::server::{config::Config, demo::DemoEnvironment};
use std::sync::Arc;

/// Serves the demo until a signal; its data is deleted afterwards.
pub(super) async fn run(mut config: Config) -> Exit {
    let environment = match DemoEnvironment::set(&mut config).await {
        Ok(environment) => Arc::new(environment),
        Err(error) => return terminal::fail(&format_args!("the demo cannot be set up: {error}")),
    };
    let demo_data = environment.clone();
    let result = serve::serve(config, serve::ServeArgs::default(), |app| {
        let (app, lifecycle) = (app.clone(), app.lifecycle.clone());
        lifecycle.spawn(async move {
            if let Err(error) = demo_data.fill(&app).await {
                tracing::error!(%error, "the demo could not be filled");
            }
        });
    })
    .await;
    match result {
        Ok(()) => Exit::Done,
        Err(error) => terminal::fail(&error),
    }
}
