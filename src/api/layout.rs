//! What every page has around it: the sidebar and the theme.

use crate::{domain::sidebar::Sidebar, error::AppError};
use leptos::prelude::*;

/// The sidebar of the page being rendered.
#[server(prefix = "/fn", endpoint = "frame")]
pub async fn load_sidebar() -> Result<Sidebar, AppError> {
    use crate::server::{http::access::current::current_caller, services::sidebar, state::App};
    let (_, caller) = current_caller()?;
    sidebar::load_sidebar(&expect_context::<App>(), &caller).await
}

/// Fixes the theme to `light` or `dark`; any other word follows the system.
#[server(name = SetTheme, prefix = "/fn", endpoint = "theme")]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    use crate::{
        domain::preferences::Theme,
        server::{http::form_response, services::preferences, state::App},
    };
    preferences::change(&expect_context::<App>(), |saved| saved.theme = Theme::parse(&theme)).await?;
    form_response::redirect_back("", &[]);
    Ok(())
}
