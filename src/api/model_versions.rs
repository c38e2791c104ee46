//! Versions of models: the check for updates, the lock, earlier versions, copies and models of one's own.

use crate::{domain::model_versions::ModelVersions, error::AppError};
use leptos::prelude::*;

/// The part of the page about Ollama with the versions.
pub const VERSIONS_SECTION: &str = "/settings/ollama#versions";
/// The part of that page with the installed models.
pub const INSTALLED_SECTION: &str = "/settings/ollama#installed";
/// The page with the forms that copy and create models.
pub const MODEL_NEW_PAGE: &str = "/settings/ollama/new";

/// What is known of versions.
#[server(prefix = "/fn", endpoint = "ollama/versions")]
pub async fn load_model_versions() -> Result<ModelVersions, AppError> {
    use crate::server::{services::model_versions, state::App};
    model_versions::load_versions(&expect_context::<App>()).await
}

/// Asks the registries of the installed models for updates.
#[server(name = CheckModelUpdates, prefix = "/fn", endpoint = "ollama/versions/check")]
pub async fn check_model_updates() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::model_versions::{self, UpdateCheckState},
            state::App,
        },
    };
    match model_versions::start_update_check(&expect_context::<App>()).await? {
        UpdateCheckState::Done(0) => form_response::redirect_with_notice(VERSIONS_SECTION, Notice::NoUpdates),
        UpdateCheckState::Done(count) => {
            form_response::redirect_with_count(VERSIONS_SECTION, Notice::UpdatesAvailable, count);
        }
        UpdateCheckState::Running => {
            form_response::redirect_with_notice(VERSIONS_SECTION, Notice::UpdatesBeingChecked);
        }
    }
    Ok(())
}

/// Writes the versions of the models in use into the lock file.
#[server(name = LockModels, prefix = "/fn", endpoint = "ollama/versions/lock")]
pub async fn lock_models() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::model_versions, state::App},
    };
    model_versions::write_lock(&expect_context::<App>()).await?;
    form_response::redirect_with_notice(VERSIONS_SECTION, Notice::ModelsLocked);
    Ok(())
}

/// Pulls the locked models that are missing.
#[server(name = SyncModels, prefix = "/fn", endpoint = "ollama/versions/sync")]
pub async fn sync_models() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::model_versions, state::App},
    };
    let report = model_versions::sync(&expect_context::<App>()).await?;
    if let Some(refused) = report.refused.into_iter().next() {
        return Err(refused.error);
    }
    match report.queued.len() {
        0 => form_response::redirect_with_notice(VERSIONS_SECTION, Notice::ModelsComplete),
        count => form_response::redirect_with_count(
            VERSIONS_SECTION,
            Notice::ModelsSynced,
            i64::try_from(count).unwrap_or(i64::MAX),
        ),
    }
    Ok(())
}

/// Pulls an installed model again; the version of a model in use is kept under another name.
#[server(name = PullModelAgain, prefix = "/fn", endpoint = "ollama/versions/pull-again")]
pub async fn pull_model_again(model: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::model_versions, state::App},
    };
    model_versions::pull_again(&expect_context::<App>(), &model).await?;
    form_response::redirect_with_notice("/settings/ollama#library", Notice::PullQueued);
    Ok(())
}

/// Puts an earlier version back in place of the installed one.
#[server(name = UseEarlierModel, prefix = "/fn", endpoint = "ollama/versions/use-earlier")]
pub async fn use_earlier_model(copy: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::model_versions, state::App},
    };
    model_versions::use_earlier(&expect_context::<App>(), &copy).await?;
    form_response::redirect_with_notice(INSTALLED_SECTION, Notice::EarlierModelUsed);
    Ok(())
}

/// Removes an earlier version: the installed one is accepted.
#[server(name = RemoveEarlierModel, prefix = "/fn", endpoint = "ollama/versions/remove-earlier")]
pub async fn remove_earlier_model(copy: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        error::ErrorKind,
        server::{http::form_response, services::model_versions, state::App},
    };
    match model_versions::remove_earlier(&expect_context::<App>(), &copy).await {
        // Already removed: the button was pressed twice.
        Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
        _ => form_response::redirect_with_notice(INSTALLED_SECTION, Notice::EarlierModelRemoved),
    }
    Ok(())
}

/// Gives a model a second name.
#[server(name = CopyModel, prefix = "/fn", endpoint = "ollama/copy")]
pub async fn copy_model(source: String, destination: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::models, state::App},
    };
    form_response::errors_shown_at(MODEL_NEW_PAGE);
    models::copy(&expect_context::<App>(), &source, &destination).await?;
    form_response::redirect_with_notice(INSTALLED_SECTION, Notice::ModelCopied);
    Ok(())
}
