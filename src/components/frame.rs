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
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_meta::Html;
use leptos_router::components::Outlet;

/// Loads what the frame shows and lets the route fill its main column.
#[component]
pub fn Frame() -> impl IntoView {
    Suspend::new(async move {
        match load_frame().await {
            Ok(rail) => {
                let keyboard = rail.keyboard;
                // The attribute reaches <html> through a context that is looked up while rendering; after an await no owner
                // is current by itself, and the theme would now and then be lost.
                let theme = OwnedView::new(view! { <Html {..} data-theme=rail.theme.map(Theme::as_str) /> });
                view! {
                    {theme}
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
