//! The layout of every page: skip link, sidebar, notice, main column.

use super::icons::{Icon, MENU_ICON};
use crate::components::{
    browser::{
        connection_watch::CONNECTION_NOTICE_ID, keyboard_shortcuts::KeyboardShortcuts, live_updates::LiveUpdates,
        local_times::LocalTimes,
    },
    forms::enhanced_forms::EnhancedForms,
    layout::{
        error_page::ErrorPage, new_device_notice::NewDeviceNotice, notice_banner::NoticeBanner, sidebar::SidebarNav,
    },
};
use crate::{api::layout::load_sidebar, domain::preferences::Theme};
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_meta::Html;
use leptos_router::components::Outlet;

/// Loads the sidebar and renders the route into the main column.
#[component]
pub fn PageLayout() -> impl IntoView {
    Suspend::new(async move {
        match load_sidebar().await {
            Ok(sidebar) => {
                let keyboard = sidebar.keyboard;
                let new_device = sidebar.new_device.clone();
                // The attribute reaches <html> through a context that is looked up while rendering; after an await no owner
                // is current by itself, and the theme would now and then be lost.
                let theme = OwnedView::new(view! { <Html {..} data-theme=sidebar.theme.map(Theme::as_str) /> });
                view! {
                    {theme}
                    <a class="skip" href="#main">"Skip to content"</a>
                    <header class="bar">
                        <button type="button" popovertarget="sidebar" aria-label="Menu">
                            <Icon path=MENU_ICON />
                        </button>
                        <a class="brand" href="/">"Gleaner"</a>
                    </header>
                    <SidebarNav sidebar />
                    <main id="main" tabindex="-1">
                        <p id=CONNECTION_NOTICE_ID class="notice error" role="status" hidden></p>
                        <NoticeBanner />
                        {new_device.map(|sign_in| view! { <NewDeviceNotice sign_in /> })}
                        <Outlet />
                    </main>
                    <div id="toasts" role="status"></div>
                    <EnhancedForms />
                    <LocalTimes />
                    <LiveUpdates />
                    {keyboard.then(|| view! { <KeyboardShortcuts /> })}
                }
                .into_any()
            }
            Err(error) => view! { <main id="main"><ErrorPage error /></main> }.into_any(),
        }
    })
}
