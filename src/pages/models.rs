//! `/models`: the registry, with the same filters as on the command line, and the command beside each action.

use crate::pages::variant_details::VariantDetails;
use crate::{
    api::registry::{BackfillVariants, ImportModels, RegistryOverview, load_registry},
    components::{
        forms::form::{query_param, render_loaded},
        layout::empty_state::EmptyState,
        models::cli_equivalent::CliEquivalent,
    },
    domain::{
        humanize::{format_bytes, format_count},
        registry::{
            Backend, ModelFormat, ModelRole, RegistryQuery, Variant, VariantFilter, VariantList, VariantSort,
            VerifyReport, VerifyResult, VerifyStatus, format,
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// Maximum variants that the page lists; filters and the command line reach the others.
const MAX_LISTED_VARIANTS: usize = 500;

/// The page.
#[component]
pub fn ModelsPage() -> impl IntoView {
    let query = RegistryQuery::from_params(query_param);
    let data = load_registry(query.filter.clone(), query.verify);
    view! {
        <Title text="Models" />
        <header class="page-head">
            <h1>"Models"</h1>
            <p class="muted">"All model variants that this installation knows, whether Ollama is running or not."</p>
        </header>
        {render_loaded(data, move |RegistryOverview { variants, verification }| {
            view! {
                <RegistryActions query=query.clone() />
                <VariantFilterForm filter=query.filter.clone() />
                {verification.clone().map(|report| view! { <VerificationNotice report /> })}
                <VariantListView listing=variants query verdicts=verification.map(rows_with_notes).unwrap_or_default() />
            }
        })}
    }
}

/// The results for the rows; without notes when nothing could be compared, because the notice above gives the reason.
fn rows_with_notes(report: VerifyReport) -> Vec<VerifyResult> {
    let has_evidence = report.evidence.is_some();
    let results = report.results.into_iter();
    results.map(|verified| VerifyResult { note: verified.note.filter(|_| has_evidence), ..verified }).collect()
}

#[component]
fn RegistryActions(query: RegistryQuery) -> impl IntoView {
    let check = RegistryQuery { verify: true, ..query };
    view! {
        <section class="panel stack" aria-label="Actions">
            <form class="actions" method="post" action=ImportModels::url()>
                <button class="button primary">"Import from Ollama"</button>
                <label class="check">
                    <input type="checkbox" name="deprecate_placeholders" value="true" />
                    <span>"deprecate placeholders of earlier versions"</span>
                </label>
                <CliEquivalent command="gleaner models import [--deprecate-placeholders]" />
            </form>
            <p class="actions">
                <a class="button" href=check.to_href()>"Verify"</a>
                <CliEquivalent command="gleaner models verify" />
            </p>
            <form class="actions" method="post" action=BackfillVariants::url()>
                <button class="button">"Backfill from files"</button>
                <CliEquivalent command="gleaner models backfill" />
            </form>
        </section>
    }
}

#[component]
fn VariantFilterForm(filter: VariantFilter) -> impl IntoView {
    let roles = select_options(ModelRole::ALL, filter.role, ModelRole::as_str);
    let backends = select_options(Backend::ALL, filter.backend, Backend::as_str);
    let formats = select_options(ModelFormat::ALL, filter.format, ModelFormat::as_str);
    let sorts = select_options(VariantSort::ALL, Some(filter.sort), VariantSort::as_str);
    let command = RegistryQuery { filter: filter.clone(), ..RegistryQuery::default() }.to_command();
    view! {
        <form class="actions items-end mt-8" method="get" action="/models" role="search" aria-label="Filter the variants">
            <label class="field"><span>"Role"</span><select name="role"><option value="">"any"</option>{roles}</select></label>
            <label class="field"><span>"Backend"</span><select name="backend"><option value="">"any"</option>{backends}</select></label>
            <label class="field"><span>"Format"</span><select name="format"><option value="">"any"</option>{formats}</select></label>
            <label class="field"><span>"Sort by"</span><select name="sort">{sorts}</select></label>
            <label class="check"><input type="checkbox" name="deprecated" value="1" checked=filter.show_deprecated /><span>"deprecated"</span></label>
            <label class="check"><input type="checkbox" name="logical" value="1" checked=filter.include_logical /><span>"logical"</span></label>
            <button class="button">"Apply filters"</button>
            <CliEquivalent command />
        </form>
    }
}

fn select_options<T: Copy + PartialEq>(
    all: &'static [T],
    chosen: Option<T>,
    word: fn(T) -> &'static str,
) -> impl IntoView {
    all.iter()
        .map(|one| view! { <option value=word(*one) selected=chosen == Some(*one)>{word(*one)}</option> })
        .collect_view()
}

#[component]
fn VerificationNotice(report: VerifyReport) -> impl IntoView {
    let class = match (report.has_failures(), &report.evidence) {
        (true, _) => "notice error mt-8",
        (false, Some(_)) => "notice mt-8",
        (false, None) => "notice warn mt-8",
    };
    let counts: Vec<String> = VerifyStatus::ALL
        .iter()
        .map(|verdict| (report.count_with_status(*verdict), verdict.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let compared = match report.evidence {
        Some(evidence) => format!("Compared with {evidence}."),
        None => "Nothing to compare with: Ollama is not responding and its files are not on this machine.".to_owned(),
    };
    view! {
        <div class=class role="status">
            <p>{if counts.is_empty() { "Nothing to verify.".to_owned() } else { format!("Verified: {}.", counts.join(", ")) }}</p>
            <p>{compared}</p>
        </div>
    }
}

#[component]
fn VariantListView(listing: VariantList, query: RegistryQuery, verdicts: Vec<VerifyResult>) -> impl IntoView {
    let footer = list_footer(&listing, &query);
    if listing.variants.is_empty() {
        return view! {
            <EmptyState title="No variants to show">
                <p>"Import models from Ollama, or change the filters."</p>
                {footer}
            </EmptyState>
        }
        .into_any();
    }
    let left_out = listing.variants.len().saturating_sub(MAX_LISTED_VARIANTS);
    let rows = listing
        .variants
        .into_iter()
        .take(MAX_LISTED_VARIANTS)
        .map(|variant| {
            let verdict = verdicts.iter().find(|verdict| verdict.name == variant.name).cloned();
            view! { <VariantRow variant query=query.clone() verdict /> }
        })
        .collect_view();
    view! {
        <ul class="lines mt-8" aria-label="Model variants">{rows}</ul>
        {(left_out > 0).then(|| view! { <p class="muted">{format!("{left_out} more are not shown; use the filters or the command line.")}</p> })}
        {footer}
    }
    .into_any()
}

/// Count, size, and what is hidden with the link that shows it.
fn list_footer(listing: &VariantList, query: &RegistryQuery) -> impl IntoView + use<> {
    let total =
        format!("{}, {}", format_count(listing.count, "variant", "variants"), format_bytes(listing.total_size_bytes));
    let with = |change: fn(&mut VariantFilter)| {
        let mut query = query.clone();
        change(&mut query.filter);
        query.to_href()
    };
    let deprecated = (listing.hidden_deprecated > 0).then(|| {
        let (count, href) = (listing.hidden_deprecated, with(|filter| filter.show_deprecated = true));
        view! { " · " {format!("{count} deprecated hidden")} " " <a class="link" href=href>"Show them"</a> }
    });
    let logical = (listing.hidden_logical > 0).then(|| {
        let (count, href) = (listing.hidden_logical, with(|filter| filter.include_logical = true));
        view! { " · " {format!("{count} logical hidden")} " " <a class="link" href=href>"Show them"</a> }
    });
    view! { <p class="muted">{total} {deprecated} {logical}</p> }
}

#[component]
fn VariantRow(variant: Variant, query: RegistryQuery, verdict: Option<VerifyResult>) -> impl IntoView {
    let id = format!("variant-{}", variant.name);
    let is_open = query.open_variant.as_deref() == Some(&*variant.name);
    let toggled = RegistryQuery { open_variant: (!is_open).then(|| variant.name.clone()), ..query };
    let href = format!("{}#{id}", toggled.to_href());
    let judged = verdict.as_ref().map(|verdict| verdict_chip(verdict.verdict));
    view! {
        <li id=id>
            <p>
                <a class="hit" href=href aria-expanded=is_open.to_string()><strong>{variant.name.clone()}</strong></a>
                " "
                {state_chip(&variant)}
                {variant.deprecated.then(|| view! { " " <span class="chip">"deprecated"</span> })}
                {judged}
            </p>
            <p class="muted">{variant_summary(&variant)} {missing_since_text(&variant)}</p>
            {verdict.and_then(|verdict| verdict.note).map(|note| view! { <p class="help">{note}</p> })}
            {is_open.then(|| view! { <VariantDetails variant /> })}
        </li>
    }
}

/// As "qwen3:8b · gguf · Q4_K_M · 5.2 GB · scoring": without unknown parts.
fn variant_summary(variant: &Variant) -> String {
    let parts = [
        Some(variant.served_model_id.clone()),
        variant.download_format.map(|format| ModelFormat::as_str(format).to_owned()),
        variant.display_quantization().map(str::to_owned),
        // Number and unit stay together where lines are short.
        variant.size_bytes.map(|bytes| format_bytes(bytes).replace(' ', "\u{a0}")),
        (!variant.roles.is_empty()).then(|| format::format_roles(variant)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn missing_since_text(variant: &Variant) -> impl IntoView + use<> {
    variant.missing_since.map(|at| view! { " · missing since " <time datetime=at.to_string()>{at.to_string()}</time> })
}

/// The state as text; the color has the same meaning.
fn state_chip(variant: &Variant) -> impl IntoView + use<> {
    let (class, word) = match (variant.missing_since, variant.is_logical()) {
        (Some(_), _) => ("chip bad", "missing"),
        (None, true) => ("chip", "logical"),
        (None, false) => ("chip good", "installed"),
    };
    view! { <span class=class>{word}</span> }
}

fn verdict_chip(verdict: VerifyStatus) -> impl IntoView + use<> {
    let (class, words) = match verdict {
        VerifyStatus::Ok => ("chip good", "verified: ok"),
        VerifyStatus::Missing => ("chip bad", "verified: missing"),
        VerifyStatus::Changed => ("chip bad", "verified: changed"),
        VerifyStatus::Unverifiable => ("chip", "not verified"),
    };
    view! { " " <span class=class>{words}</span> }
}
