//! Versions of models: the check for updates, the lock, and earlier versions that are kept.

use crate::{
    api::model_versions::{
        CheckModelUpdates, LockModels, PullModelAgain, RemoveEarlierModel, SyncModels, UseEarlierModel,
    },
    components::{layout::time_element::TimeElement, models::cli_equivalent::CliEquivalent},
    domain::{
        model_name::ModelName,
        model_versions::{KeptVersion, LockDifference, LockDifferenceKind, ModelUpdate, ModelVersions, UpdateState},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The check for updates and the lock, with what differs from it.
#[component]
pub fn ModelVersionsPanel(versions: ModelVersions, is_connected: bool) -> impl IntoView {
    let checked = versions.checked_at();
    let is_missing = versions.differences.iter().any(|found| found.kind == LockDifferenceKind::Missing);
    let available = versions.updates.iter().filter(|found| found.state == UpdateState::Available).count();
    let unknown: Vec<ModelUpdate> =
        versions.updates.iter().filter(|found| found.state == UpdateState::Unknown).cloned().collect();
    view! {
        <section class="panel stack" id="versions" aria-labelledby="versions-title">
            <h2 id="versions-title">"Versions"</h2>
            <p>
                {match checked {
                    Some(at) => {
                        let words = match available {
                            0 => "No update of an installed model is known. Last checked: ".to_owned(),
                            1 => "An update of one installed model is available. Last checked: ".to_owned(),
                            count => format!("Updates of {count} installed models are available. Last checked: "),
                        };
                        view! { {words} <TimeElement at /> "." }.into_any()
                    }
                    None => "The installed models have not been compared with their registries yet.".into_any(),
                }}
            </p>
            {(!unknown.is_empty()).then(|| view! { <UncheckedModels unknown /> })}
            {if versions.may_look_up {
                view! {
                    <form method="post" action=CheckModelUpdates::url() class="actions">
                        <button class="button" disabled=!is_connected>"Check for updates"</button>
                        <CliEquivalent command="gleaner models outdated" />
                    </form>
                }
                    .into_any()
            } else {
                view! { <p class="muted">"Asking registries is switched off (" <code>"ollama.manifest_lookup"</code> ")."</p> }.into_any()
            }}
            <p>
                {match &versions.lock {
                    Some(lock) => {
                        let count = lock.models.len();
                        view! { {format!("Versions locked for {count} tasks: ")} <TimeElement at=lock.locked_at /> "." }.into_any()
                    }
                    None => "No versions are locked.".into_any(),
                }}
            </p>
            {versions.lock_problem.clone().map(|problem| view! { <p class="notice warn">{problem}</p> })}
            {versions.differences.into_iter().map(|difference| view! { <LockDifferenceNotice difference /> }).collect_view()}
            <form method="post" action=LockModels::url() class="actions">
                <button class="button" disabled=!is_connected>"Lock the versions in use"</button>
                <CliEquivalent command="gleaner models lock" />
            </form>
            {is_missing
                .then(|| {
                    view! {
                        <form method="post" action=SyncModels::url() class="actions">
                            <button class="button" disabled=!is_connected>"Pull missing locked models"</button>
                            <CliEquivalent command="gleaner models sync" />
                        </form>
                    }
                })}
        </section>
    }
}

/// The models whose registry could not tell.
#[component]
fn UncheckedModels(unknown: Vec<ModelUpdate>) -> impl IntoView {
    let rows = unknown.into_iter().map(|found| {
        let problem = found.problem.unwrap_or_default();
        view! { <li><strong>{found.model.to_string()}</strong> " " <span class="muted">{problem}</span></li> }
    });
    view! {
        <details>
            <summary>"Not known"</summary>
            <ul class="lines">{rows.collect_view()}</ul>
        </details>
    }
}

/// A difference from the lock, with what to do about it.
#[component]
pub fn LockDifferenceNotice(difference: LockDifference) -> impl IntoView {
    view! { <p class="notice warn">{difference.message()} " " {difference.remedy()}</p> }
}

/// What is known of the version of an installed model: an update, a difference from the lock, and whether it is a kept version.
#[component]
pub fn ModelVersionView(name: ModelName, versions: ModelVersions) -> impl IntoView {
    let update = versions.update_of(&name).cloned();
    let change = versions.change_of(&name).cloned();
    let kept = versions.kept_as(&name).cloned();
    let earlier: Vec<KeptVersion> = versions.kept.into_iter().filter(|kept| kept.model == name).collect();
    view! {
        {update.map(|update| view! { <UpdateRow update /> })}
        {change.map(|difference| view! { <LockDifferenceNotice difference /> })}
        {earlier
            .into_iter()
            .map(|kept| {
                let words = format!("An earlier version is kept as {}.", kept.copy);
                view! { <p class="muted">{words}</p> }
            })
            .collect_view()}
        {kept.map(|kept| view! { <KeptVersionRow kept /> })}
    }
}

#[component]
fn UpdateRow(update: ModelUpdate) -> impl IntoView {
    let name = update.model.to_string();
    view! {
        <form method="post" action=PullModelAgain::url() class="actions" data-quiet>
            <span class="chip">"Update available"</span>
            <span class="muted">"Checked " <TimeElement at=update.checked_at /></span>
            <input type="hidden" name="model" value=name.clone() />
            <button class="button small" aria-label=format!("Pull {name} again")>"Pull again"</button>
        </form>
    }
}

/// A kept version: of which model, since when, and what can be done with it.
#[component]
fn KeptVersionRow(kept: KeptVersion) -> impl IntoView {
    let KeptVersion { copy, model, kept_at, .. } = kept;
    let copy = copy.to_string();
    view! {
        <p class="muted">{format!("The earlier version of {model}, kept ")} <TimeElement at=kept_at /> "."</p>
        <div class="actions">
            <form method="post" action=UseEarlierModel::url()>
                <input type="hidden" name="copy" value=copy.clone() />
                <button class="button small" aria-label=format!("Use {copy} again")>"Use the earlier version again"</button>
            </form>
            <form method="post" action=RemoveEarlierModel::url()>
                <input type="hidden" name="copy" value=copy.clone() />
                <button class="button small" aria-label=format!("Remove {copy}")>"Remove the earlier version"</button>
            </form>
        </div>
    }
}
