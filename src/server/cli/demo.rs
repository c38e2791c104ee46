//! `gleaner demo`: everything at hand, nothing outside.

use super::{Exit, serve};
use crate::server::cli::terminal;
use crate::server::{config::Config, demo::DemoEnvironment};
use std::sync::Arc;

/// Serves the demo until told to stop; its data goes with it.
pub(super) async fn run(mut config: Config) -> Exit {
    let stage = match DemoEnvironment::set(&mut config).await {
        Ok(stage) => Arc::new(stage),
        Err(error) => return terminal::fail(&format_args!("the demo cannot be set up: {error}")),
    };
    let filled = stage.clone();
    let served = serve::serve(config, serve::ServeArgs::default(), |app| {
        let (app, lifecycle) = (app.clone(), app.lifecycle.clone());
        lifecycle.spawn(async move {
            if let Err(error) = filled.fill(&app).await {
                tracing::error!(%error, "the demo could not be filled");
            }
        });
    })
    .await;
    match served {
        Ok(()) => Exit::Done,
        Err(error) => terminal::fail(&error),
    }
}
