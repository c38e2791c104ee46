//! Retention: rules that remove articles.

use crate::{
    domain::retention::{RetentionOverview, RetentionPreview},
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of retention shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RetentionPageData {
    /// The rules that are saved, and what came of them.
    pub overview: RetentionOverview,
    /// The rules that were tried, one a line, with what they would remove or why they cannot be used; `None`: none were.
    pub tried: Option<(String, Result<RetentionPreview, AppError>)>,
}

/// The rules, and what those in `tried`, one a line, would remove.
#[server(prefix = "/fn", endpoint = "retention/all")]
pub async fn load_retention(tried: Option<String>) -> Result<RetentionPageData, AppError> {
    use crate::server::{services::retention, state::App};
    let app = expect_context::<App>();
    let tried = match tried {
        None => None,
        Some(typed) => {
            let rules: Vec<String> = typed.lines().map(str::to_owned).collect();
            let preview = retention::preview(&app, Some(&rules)).await;
            Some((typed, preview))
        }
    };
    Ok(RetentionPageData { overview: retention::load(&app).await?, tried })
}

/// Saves rules, one a line; none switches retention off. With `test`, which browsers send that do not know `formaction`, the page tests
/// them and nothing is saved.
#[server(name = SaveRetention, prefix = "/fn", endpoint = "retention/save")]
pub async fn save_retention(#[server(default)] rules: String, #[server(default)] test: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::retention, state::App},
    };
    form_response::errors_shown_at("/settings/retention");
    if !test.is_empty() {
        form_response::redirect_to("/settings/retention", &[("rules", rules.as_str())]);
        return Ok(());
    }
    let rules: Vec<String> = rules.lines().map(str::to_owned).collect();
    let saved = retention::save(&expect_context::<App>(), &rules).await?;
    let notice = if saved.rules.is_empty() { Notice::RetentionOff } else { Notice::RetentionSaved };
    form_response::redirect_with_notice("/settings/retention", notice);
    Ok(())
}

/// Begins a run, which goes on in the background.
#[server(name = RunRetention, prefix = "/fn", endpoint = "retention/run")]
pub async fn run_retention() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::retention, state::App},
    };
    form_response::errors_shown_at("/settings/retention");
    retention::begin_run(&expect_context::<App>()).await?;
    form_response::redirect_with_notice("/settings/retention", Notice::RetentionRunning);
    Ok(())
}
