//! The HTML shell and the route table.

use crate::{
    components::{
        browser::{hydration::Hydration, site_address::DocumentBasePath},
        layout::{assets::AssetUrls, page_layout::PageLayout, raw_text::escape_raw_text},
    },
    error::AppError,
    pages::{
        article::ArticlePage, categories::CategoriesPage, category::CategoryPage, chat::ChatPage,
        conversation::ConversationPage, conversation_delete::ConversationDeletePage, feed::FeedPage,
        feed_new::FeedNewPage, feed_remove::FeedRemovePage, feeds::FeedsPage, inbox::InboxPage,
        interests::InterestsPage, keyboard_shortcuts::KeyboardShortcutsPage, login::LoginPage, login::SetupPage,
        login_code::LoginCodePage, model_delete::ModelDeletePage, model_new::ModelNewPage, models::ModelsPage,
        not_found::NotFoundPage, rule_edit::RuleEditPage, rules::RulesPage, saved_searches::SavedSearchesPage,
        search::SearchPage, settings::SettingsPage, settings_access::SettingsAccessPage,
        settings_clients::SettingsClientsPage, settings_model_options::SettingsModelOptionsPage,
        settings_ollama::SettingsOllamaPage, settings_retention::SettingsRetentionPage,
        settings_servers::SettingsServersPage, status::StatusPage,
    },
};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// The document around every page. [`AssetUrls`] come from context.
pub fn shell() -> impl IntoView {
    let base = use_context::<DocumentBasePath>().map(|base| base.0);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-base=base>
            <head>
                <DocumentHead />
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
fn DocumentHead() -> impl IntoView {
    let AssetUrls { css, .. } = use_context().unwrap_or_default();
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href=css />
        <link rel="icon" href="/favicon.svg" />
        <link rel="manifest" href="/manifest.webmanifest" />
    }
}

/// The routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        // Titles come from feeds too, and leptos_meta writes them as they are.
        <Title formatter=|title: String| {
            if title.is_empty() { "Gleaner".to_owned() } else { format!("{} · Gleaner", escape_raw_text(&title)) }
        } />
        <Router>
            <Routes fallback=NotFoundPage>
                // Outside of the layout, whose sidebar is for the owner only.
                <Route path=path!("login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("login/code") view=LoginCodePage ssr=SsrMode::Async />
                <Route path=path!("setup") view=SetupPage ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=PageLayout ssr=SsrMode::Async>
                    <Route path=path!("") view=InboxPage />
                    <Route path=path!("articles/:id") view=ArticlePage />
                    <Route path=path!("feeds") view=FeedsPage />
                    <Route path=path!("feeds/new") view=FeedNewPage />
                    <Route path=path!("feeds/:id") view=FeedPage />
                    <Route path=path!("feeds/:id/remove") view=FeedRemovePage />
                    <Route path=path!("categories") view=CategoriesPage />
                    <Route path=path!("categories/:id") view=CategoryPage />
                    <Route path=path!("chat") view=ChatPage />
                    <Route path=path!("chat/:id") view=ConversationPage />
                    <Route path=path!("chat/:id/delete") view=ConversationDeletePage />
                    <Route path=path!("interests") view=InterestsPage />
                    <Route path=path!("search") view=SearchPage />
                    <Route path=path!("searches") view=SavedSearchesPage />
                    <Route path=path!("rules") view=RulesPage />
                    <Route path=path!("rules/edit") view=RuleEditPage />
                    <Route path=path!("settings") view=SettingsPage />
                    <Route path=path!("settings/access") view=SettingsAccessPage />
                    <Route path=path!("settings/clients") view=SettingsClientsPage />
                    <Route path=path!("settings/servers") view=SettingsServersPage />
                    <Route path=path!("settings/retention") view=SettingsRetentionPage />
                    <Route path=path!("settings/ollama") view=SettingsOllamaPage />
                    <Route path=path!("settings/ollama/delete") view=ModelDeletePage />
                    <Route path=path!("settings/ollama/new") view=ModelNewPage />
                    <Route path=path!("settings/ollama/options") view=SettingsModelOptionsPage />
                    <Route path=path!("models") view=ModelsPage />
                    <Route path=path!("status") view=StatusPage />
                    <Route path=path!("keys") view=KeyboardShortcutsPage />
                    <Route path=path!("*any") view=NotFoundPage />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// A whole document for an error outside of pages, such as a request that the guard refuses. Needs no script, database or context.
pub fn render_error_document(error: &AppError, assets: &AssetUrls) -> String {
    let error = error.clone();
    let css = assets.css.clone();
    let title = format!("{} · Gleaner", crate::components::layout::error_page::error_title(error.kind));
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
                    <crate::components::layout::error_page::ErrorPageContent error />
                </main>
            </body>
        </html>
    };
    document.to_html()
}
