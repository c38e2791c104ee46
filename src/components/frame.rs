//! The frame of every page: skip link, rail, outcome, main column.

use super::{
    icons::{Icon, MENU},
    keyboard::Keyboard,
    live::Live,
    local_times::LocalTimes,
    notice::Said,
    problem::Problem,
    quiet_forms::QuietForms,
    rail::RailNav,
};
use crate::{api::frame::load_frame, domain::preferences::Theme};
use leptos::prelude::*;
use leptos_meta::Html;
use leptos_router::components::Outlet;

/// Loads what the frame shows and lets the route fill its main column.
#[component]
pub fn Frame() -> impl IntoView {
    Suspend::new(async move {
        match load_frame().await {
            Ok(rail) => {
                let keyboard = rail.keyboard;
                view! {
                    <Html {..} data-theme=rail.theme.map(Theme::as_str) />
                    <a class="skip" href="#main">"Skip to content"</a>
                    <header class="bar">
                        <button type="button" popovertarget="rail" aria-label="Menu">
                            <Icon path=MENU />
                        </button>
                        <a class="brand" href="/">"Gleaner"</a>
                    </header>
                    <RailNav rail />
                    <main id="main" tabindex="-1">
                        <Said />
                        <Outlet />
                    </main>
                    <div id="toasts" role="status"></div>
                    <QuietForms />
                    <LocalTimes />
                    <Live />
                    {keyboard.then(|| view! { <Keyboard /> })}
                }
                .into_any()
            }
            Err(error) => view! { <main id="main"><Problem error /></main> }.into_any(),
        }
    })
}
