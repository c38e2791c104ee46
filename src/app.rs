//! The HTML shell and the whole route table: the site map on one screen.

use crate::{
    components::{assets::AssetNames, frame::Frame, hydration::Hydration, raw_text::raw_text},
    error::AppError,
    pages::{
        article::ArticlePage, categories::CategoriesPage, category::CategoryPage, chat::ChatPage,
        chat_delete::ChatDeletePage, chat_open::ChatOpenPage, feed::FeedPage, feed_new::FeedNewPage,
        feed_remove::FeedRemovePage, feeds::FeedsPage, inbox::InboxPage, interests::InterestsPage, keys::KeysPage,
        model_delete::ModelDeletePage, models::ModelsPage, nowhere::NowherePage, settings::SettingsPage,
        settings_ollama::SettingsOllamaPage, status::StatusPage,
    },
};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// The document around every page. [`AssetNames`] come from context.
pub fn shell() -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <Head />
                <Hydration />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
fn Head() -> impl IntoView {
    let AssetNames { css, .. } = use_context().unwrap_or_default();
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href=css />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="manifest" href="/manifest.webmanifest" />
    }
}

/// The site map.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        // Titles come from feeds too, and leptos_meta writes them as they are.
        <Title formatter=|title: String| {
            if title.is_empty() { "Gleaner".to_owned() } else { format!("{} · Gleaner", raw_text(&title)) }
        } />
        <Router>
            <Routes fallback=NowherePage>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=InboxPage />
                    <Route path=path!("articles/:id") view=ArticlePage />
                    <Route path=path!("feeds") view=FeedsPage />
                    <Route path=path!("feeds/new") view=FeedNewPage />
                    <Route path=path!("feeds/:id") view=FeedPage />
                    <Route path=path!("feeds/:id/remove") view=FeedRemovePage />
                    <Route path=path!("categories") view=CategoriesPage />
                    <Route path=path!("categories/:id") view=CategoryPage />
                    <Route path=path!("chat") view=ChatPage />
                    <Route path=path!("chat/:id") view=ChatOpenPage />
                    <Route path=path!("chat/:id/delete") view=ChatDeletePage />
                    <Route path=path!("interests") view=InterestsPage />
                    <Route path=path!("settings") view=SettingsPage />
                    <Route path=path!("settings/ollama") view=SettingsOllamaPage />
                    <Route path=path!("settings/ollama/delete") view=ModelDeletePage />
                    <Route path=path!("models") view=ModelsPage />
                    <Route path=path!("status") view=StatusPage />
                    <Route path=path!("keys") view=KeysPage />
                    <Route path=path!("*any") view=NowherePage />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// A whole document for an error met before any page is chosen, such as a request that the guard refuses. Needs no script,
/// no database and no context.
pub fn error_document(error: &AppError, assets: &AssetNames) -> String {
    let error = error.clone();
    let css = assets.css.clone();
    let title = format!("{} · Gleaner", crate::components::problem::headline(error.kind));
    let document = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{title}</title>
                <link rel="stylesheet" href=css />
            </head>
            <body>
                <main id="main" class="alone">
                    <crate::components::problem::ProblemText error />
                </main>
            </body>
        </html>
    };
    document.to_html()
}
