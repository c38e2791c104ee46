//! Pulling, deleting, loading and unloading models, as the page about Ollama does it.

use crate::{
    domain::{library::Library, pull_preview::PullPreview},
    error::AppError,
};
use leptos::prelude::*;

/// The recommended models, which of them are installed, and the state of the pulls.
#[server(prefix = "/fn", endpoint = "ollama/library")]
pub async fn load_library() -> Result<Library, AppError> {
    use crate::server::{services::models, state::App};
    models::load_library(&expect_context::<App>()).await
}

/// Queues the pull of a model, unless it is queued or running already.
#[server(name = PullModel, prefix = "/fn", endpoint = "ollama/pull")]
pub async fn pull_model(model: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::pulls, state::App},
    };
    form_response::errors_shown_at("/settings/ollama");
    pulls::enqueue(&expect_context::<App>(), &model).await?;
    form_response::redirect_with_notice("/settings/ollama#library", Notice::PullQueued);
    Ok(())
}

/// What the registry says about a model before it is downloaded.
#[server(prefix = "/fn", endpoint = "ollama/pull/preview")]
pub async fn load_pull_preview(model: String) -> Result<PullPreview, AppError> {
    use crate::server::{services::pulls, state::App};
    pulls::preview_pull(&expect_context::<App>(), &model).await
}

/// Moves a pull that waits to the front of the queue.
#[server(name = MovePullToFront, prefix = "/fn", endpoint = "ollama/pull/first")]
pub async fn move_pull_to_front(model: String) -> Result<(), AppError> {
    use crate::server::{http::form_response, services::pulls, state::App};
    pulls::move_to_front(&expect_context::<App>(), &model).await?;
    form_response::redirect_to("/settings/ollama#library", &[]);
    Ok(())
}

/// Cancels a pull: the one named, else the one that runs.
#[server(name = CancelPullRequest, prefix = "/fn", endpoint = "ollama/pull/cancel")]
pub async fn cancel_pull(#[server(default)] model: Option<String>) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::pulls, state::App},
    };
    let named = model.as_deref().filter(|model| !model.is_empty());
    pulls::cancel(&expect_context::<App>(), named).await?;
    form_response::redirect_with_notice("/settings/ollama#library", Notice::PullCancelled);
    Ok(())
}

/// Dismisses the outcome of the last pull.
#[server(name = DismissPull, prefix = "/fn", endpoint = "ollama/pull/dismiss")]
pub async fn dismiss_pull() -> Result<(), AppError> {
    use crate::server::{http::form_response, services::pulls, state::App};
    pulls::dismiss(&expect_context::<App>()).await?;
    form_response::redirect_to("/settings/ollama#library", &[]);
    Ok(())
}

/// Deletes a model from Ollama's disk; with `force` also one that a task uses.
#[server(name = DeleteModel, prefix = "/fn", endpoint = "ollama/delete")]
pub async fn delete_model(name: String, #[server(default)] force: bool) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        error::ErrorKind,
        server::{http::form_response, services::models, state::App},
    };
    let notice = match models::delete(&expect_context::<App>(), &name, force).await {
        Ok(deleted) if deleted.fell_back.is_empty() => Notice::ModelDeleted,
        Ok(deleted) if deleted.leaves_task_without_model() => Notice::ModelDeletedDefault,
        Ok(_) => Notice::ModelDeletedInUse,
        // Already deleted, for example because the button was pressed twice.
        Err(error) if error.kind == ErrorKind::NotFound => Notice::ModelDeleted,
        Err(error) => return Err(error),
    };
    form_response::redirect_with_notice("/settings/ollama#installed", notice);
    Ok(())
}

/// Loads a model into memory.
#[server(name = LoadModel, prefix = "/fn", endpoint = "ollama/load")]
pub async fn load_model(name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::models::{self, LoadState},
            state::App,
        },
    };
    let load_state = models::load(&expect_context::<App>(), &name).await?;
    let is_ready = load_state == LoadState::Ready;
    form_response::redirect_with_notice(
        "/settings/ollama#installed",
        if is_ready { Notice::ModelLoaded } else { Notice::ModelLoading },
    );
    Ok(())
}

/// Unloads a model from memory.
#[server(name = UnloadModel, prefix = "/fn", endpoint = "ollama/unload")]
pub async fn unload_model(name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::models::{self, LoadState},
            state::App,
        },
    };
    let load_state = models::unload(&expect_context::<App>(), &name).await?;
    let is_busy = load_state == LoadState::Ready;
    form_response::redirect_with_notice(
        "/settings/ollama#installed",
        if is_busy { Notice::ModelUnloading } else { Notice::ModelUnloaded },
    );
    Ok(())
}
