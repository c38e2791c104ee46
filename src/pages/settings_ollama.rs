//! `/settings/ollama`: connection, models, downloads, prompts. Each panel is usable while another fails.

use crate::{
    api::{
        models::{CheckOllama, OllamaOverview, load_ollama_overview},
        pulls::{load_library, load_pull_preview},
        scoring::{load_prompts, load_rescore_preview, load_scoring_status},
    },
    components::{
        forms::{
            form::{query_param, render_loaded},
            form_outcome::FormOutcome,
        },
        models::{
            health_badge::HealthBadge,
            installed_models::InstalledModels,
            model_library::ModelLibrary,
            model_options::GeneralOptionsPanel,
            model_selector::ModelSelector,
            model_versions::ModelVersionsPanel,
            prompt_viewer::PromptViewer,
            pull_preview::{LOOKUP_PARAM, PastPulls, PullPreviewPanel},
            rescore_panel::RescorePanel,
        },
    },
    domain::{library::Library, readiness::OllamaStatus},
    error::AppError,
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn SettingsOllamaPage() -> impl IntoView {
    let typed = query_param(LOOKUP_PARAM);
    let data = async move {
        let overview = load_ollama_overview().await?;
        let preview = match typed.trim() {
            "" => None,
            typed => Some(load_pull_preview(typed.to_owned()).await),
        };
        Ok((
            overview,
            (typed, preview),
            load_library().await,
            load_rescore_preview().await,
            load_scoring_status().await.ok(),
            load_prompts().await,
        ))
    };
    view! {
        <Title text="Ollama" />
        {render_loaded(data, |(overview, (typed, preview), library, rescore_preview, queue, prompts)| {
            let OllamaOverview { ollama_status, installed, config, memory_profiles, past_pulls, versions, now } = overview;
            let is_connected = installed.is_ok();
            let chosen = config.clone();
            view! {
                <header class="page-head">
                    <div>
                        <p><a href="/settings">"Settings"</a></p>
                        <h1>"Ollama"</h1>
                    </div>
                </header>
                <ConnectionPanel status=ollama_status />
                <ModelSelector installed=installed.clone() config footprints=memory_profiles queue=queue.clone() />
                <GeneralOptionsPanel config=chosen />
                {match rescore_preview {
                    Ok(preview) => view! { <RescorePanel preview queue /> }.into_any(),
                    Err(error) => view! { <FailedPanel title="Re-evaluate unread articles" error /> }.into_any(),
                }}
                {match library {
                    Ok(library) => {
                        view! {
                            <LibraryPanel library>
                                <PullPreviewPanel typed preview />
                                <PastPulls past=past_pulls />
                            </LibraryPanel>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <FailedPanel title="Model library" error /> }.into_any(),
                }}
                <ModelVersionsPanel versions=versions.clone() is_connected />
                <InstalledModels installed versions now />
                <PromptViewer prompts />
            }
        })}
    }
}

#[component]
fn ConnectionPanel(status: OllamaStatus) -> impl IntoView {
    view! {
        <section class="panel stack" id="connection" aria-labelledby="connection-title" data-poll>
            <h2 id="connection-title">"Connection"</h2>
            <HealthBadge status />
            <form method="post" action=CheckOllama::url()>
                <button class="button">"Check now"</button>
            </form>
        </section>
    }
}

#[component]
fn LibraryPanel(library: Library, children: Children) -> impl IntoView {
    let is_pulling = library.pulls.is_active();
    view! {
        <section class="panel" id="library" aria-labelledby="library-title">
            <h2 id="library-title">"Model library"</h2>
            {is_pulling.then(|| view! { <PullAutoRefresh /> })}
            <ModelLibrary library />
            {children()}
        </section>
    }
}

/// Reloads the page without JavaScript so that the progress bar moves. Two addresses alternate, because browsers do not reload for
/// an address that differs by its fragment alone. It stops on request, and after a form was refused, whose text would be lost.
#[component]
fn PullAutoRefresh() -> impl IntoView {
    let turn = if query_param("watch") == "1" { 2 } else { 1 };
    let is_stopped = query_param("watch") == "off" || FormOutcome::of_page().is_some();
    view! {
        <noscript>
            {if is_stopped {
                view! { <p><a href="/settings/ollama?watch=1#library">"Refresh automatically"</a></p> }.into_any()
            } else {
                view! {
                    <meta http-equiv="refresh" content=format!("3; url=?watch={turn}#library") />
                    <p><a href="/settings/ollama?watch=off#library">"Stop refreshing automatically"</a></p>
                }
                    .into_any()
            }}
        </noscript>
    }
}

/// A panel that could not be loaded; the others are shown.
#[component]
fn FailedPanel(title: &'static str, error: AppError) -> impl IntoView {
    view! {
        <section class="panel" aria-label=title>
            <h2>{title}</h2>
            <p>{error.message}</p>
        </section>
    }
}
