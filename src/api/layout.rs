//! What surrounds every page.

use crate::{domain::sidebar::Sidebar, error::AppError};
use leptos::prelude::*;

/// The frame of the page being rendered.
#[server(prefix = "/fn", endpoint = "frame")]
pub async fn load_sidebar() -> Result<Sidebar, AppError> {
    use crate::server::{http::form_response, services::sidebar, state::App};
    sidebar::load_sidebar(&expect_context::<App>()).await.map_err(form_response::with_error_status)
}

/// Answers for an address that leads nowhere: always 404.
#[server(prefix = "/fn", endpoint = "nowhere")]
pub async fn not_found() -> Result<(), AppError> {
    use crate::server::http::form_response;
    Err(form_response::with_error_status(
        AppError::not_found("This page does not exist.").hint("It may have moved, or the link may be outdated."),
    ))
}

/// Fixes the theme to `light` or `dark`; any other word follows the system.
#[server(name = SetTheme, prefix = "/fn", endpoint = "theme")]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    use crate::{
        domain::preferences::{Preferences, Theme},
        server::{http::form_response, services::preferences, state::App},
    };
    let app = expect_context::<App>();
    let saved = preferences::get(&app).await.map_err(form_response::with_error_status)?;
    let wanted = Preferences { theme: Theme::parse(&theme), ..saved };
    preferences::save(&app, wanted).await.map_err(form_response::with_error_status)?;
    form_response::redirect_back("", &[]);
    Ok(())
}
