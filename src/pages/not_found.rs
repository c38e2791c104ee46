//! The page for addresses that do not exist: 404.

use crate::{components::layout::error_page::ErrorPage, error::AppError};
use leptos::prelude::*;

/// Shows the error with its status.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let error = AppError::not_found("There is no page at this address.").hint("It may have moved, or the link is old.");
    view! { <ErrorPage error /> }
}
