//! Any address that leads nowhere: 404, with ways out.

use crate::{api::frame::nowhere, components::problem::Problem};
use leptos::prelude::*;

/// Says so and sets the status.
#[component]
pub fn NowherePage() -> impl IntoView {
    Suspend::new(async move { nowhere().await.err().map(|error| view! { <Problem error /> }) })
}
