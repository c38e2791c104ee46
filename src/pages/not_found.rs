//! Any address that leads nowhere: 404, with ways out.

use crate::{api::layout::not_found, components::layout::error_page::ErrorPage};
use leptos::prelude::*;

/// Says so and sets the status.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    Suspend::new(async move { not_found().await.err().map(|error| view! { <ErrorPage error /> }) })
}
