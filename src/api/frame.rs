//! What surrounds every page.

use crate::{domain::rail::Rail, error::AppError};
use leptos::prelude::*;

/// The frame of the page being rendered.
#[server(prefix = "/fn", endpoint = "frame")]
pub async fn load_frame() -> Result<Rail, AppError> {
    use crate::server::{http::reply, services::rail, state::App};
    rail::rail(&expect_context::<App>()).await.map_err(reply::failed)
}

/// Answers for an address that leads nowhere: always 404.
#[server(prefix = "/fn", endpoint = "nowhere")]
pub async fn nowhere() -> Result<(), AppError> {
    use crate::server::http::reply;
    Err(reply::failed(
        AppError::not_found("There is no page at this address.").hint("It may have moved, or the link is old."),
    ))
}

/// Fixes the theme to `light` or `dark`; any other word follows the system.
#[server(name = SetTheme, prefix = "/fn", endpoint = "theme")]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    use crate::{
        domain::preferences::{Preferences, Theme},
        server::{http::reply, services::preferences, state::App},
    };
    let app = expect_context::<App>();
    let saved = preferences::get(&app).await.map_err(reply::failed)?;
    let wanted = Preferences { theme: Theme::parse(&theme), ..saved };
    preferences::save(&app, wanted).await.map_err(reply::failed)?;
    reply::back("", &[]);
    Ok(())
}
