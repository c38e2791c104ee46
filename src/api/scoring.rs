//! The queue and its worker.

use crate::{
    domain::scoring::{Prompts, RescorePreview, ScoringStatus},
    error::AppError,
};
use leptos::prelude::*;

/// The queue and the worker at this moment.
#[server(prefix = "/fn", endpoint = "scoring/status")]
pub async fn load_scoring_status() -> Result<ScoringStatus, AppError> {
    use crate::server::{services::scoring, state::App};
    scoring::load_status(&expect_context::<App>()).await
}

/// What "re-evaluate unread articles" would queue, and which mode is recommended.
#[server(prefix = "/fn", endpoint = "scoring/rescore-preview")]
pub async fn load_rescore_preview() -> Result<RescorePreview, AppError> {
    use crate::server::{services::scoring, state::App};
    scoring::preview_rescore(&expect_context::<App>()).await
}

/// Exactly what is sent to the model, with placeholders for the article.
#[server(prefix = "/fn", endpoint = "scoring/prompts")]
pub async fn load_prompts() -> Result<Prompts, AppError> {
    use crate::server::{services::scoring, state::App};
    scoring::preview_prompts(&expect_context::<App>()).await
}

/// Pauses the worker after the current article (`true`), or resumes it; the state survives a restart.
#[server(name = SetPaused, prefix = "/fn", endpoint = "scoring/pause")]
pub async fn set_paused(paused: bool) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::scoring, state::App},
    };
    scoring::set_paused(&expect_context::<App>(), paused).await?;
    form_response::redirect_with_notice("/status", if paused { Notice::ScoringPaused } else { Notice::ScoringResumed });
    Ok(())
}

/// Puts every failed article back into the queue.
#[server(name = RetryFailed, prefix = "/fn", endpoint = "scoring/retry-failed")]
pub async fn retry_failed() -> Result<(), AppError> {
    use crate::{
        domain::{notice::Notice, scoring::RescoreScope},
        server::{http::form_response, services::scoring, state::App},
    };
    let report = scoring::rescore(&expect_context::<App>(), RescoreScope::Failed, None, false).await?;
    form_response::redirect_with_count("/status", Notice::ArticlesQueued, report.rescore_queued);
    Ok(())
}

/// Queues all unread articles that have a score to be scored again.
#[server(name = RescoreUnread, prefix = "/fn", endpoint = "scoring/reevaluate")]
pub async fn rescore_unread() -> Result<(), AppError> {
    use crate::{
        domain::{notice::Notice, scoring::RescoreScope},
        server::{http::form_response, services::scoring, state::App},
    };
    let report = scoring::rescore(&expect_context::<App>(), RescoreScope::Unread, None, false).await?;
    let count = report.rescore_queued.to_string();
    form_response::redirect_back("again", &[("done", Notice::ArticlesQueued.code()), ("n", &count)]);
    Ok(())
}

/// Cancels the queued re-evaluation of one article, or of all.
#[server(name = CancelRescore, prefix = "/fn", endpoint = "scoring/cancel-rescore")]
pub async fn cancel_rescore(article: Option<i64>) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::scoring, state::App},
    };
    let count = scoring::cancel_rescore(&expect_context::<App>(), article.map(Into::into)).await?.to_string();
    let fragment = if article.is_some() { "main" } else { "again" };
    form_response::redirect_back(fragment, &[("done", Notice::RescoreCancelled.code()), ("n", &count)]);
    Ok(())
}
