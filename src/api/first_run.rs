//! The checklist of a first visit, and the feeds that it offers.

use crate::error::AppError;
use leptos::prelude::*;

/// Dismisses the checklist for good.
#[server(name = EndFirstRun, prefix = "/fn", endpoint = "first-run/end")]
pub async fn end_first_run() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::first_run, state::App},
    };
    first_run::end(&expect_context::<App>()).await?;
    form_response::redirect_with_notice("/", Notice::FirstRunEnded);
    Ok(())
}

/// Subscribes to all feeds of a starter pack; the report is that of an import.
#[server(name = AddStarterPack, prefix = "/fn", endpoint = "feeds/add-pack")]
pub async fn add_starter_pack(name: String) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        server::{http::form_response, services::subscriptions, state::App},
    };
    form_response::errors_shown_at("/feeds/new");
    let report = subscriptions::add_starter_pack(&expect_context::<App>(), &name).await?;
    let result = FormResult::OpmlImported(report);
    form_response::redirect_with_result::<AddStarterPack>("/feeds#import", &[], result);
    Ok(())
}
