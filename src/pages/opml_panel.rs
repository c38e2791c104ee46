//! The OPML part of `/feeds`: export, import, and the report of an import.

use crate::{
    components::forms::{
        form::{FieldError, FormValidation},
        form_outcome::{FormOutcome, FormResult},
    },
    domain::{feed::OpmlImportReport, humanize::format_count},
};
use leptos::prelude::*;

/// Where the import form posts to; `server::http::opml`.
pub const OPML_IMPORT_PATH: &str = "/opml/import";

/// Export, import, and the report of the last import.
#[component]
pub fn OpmlPanel(has_feeds: bool) -> impl IntoView {
    view! {
        <section class="panel" id="import" aria-labelledby="opml-title">
            <h2 id="opml-title">"Import and export (OPML)"</h2>
            <p class="muted">"OPML is the usual file format for lists of feeds. Folders and custom titles are included."</p>
            <FieldError form=FormValidation::at(OPML_IMPORT_PATH) />
            <OpmlImportNotice />
            <form class="one-line" method="post" action=OPML_IMPORT_PATH enctype="multipart/form-data">
                <label class="field">
                    <span>"OPML file"</span>
                    <input type="file" name="file" required accept=".opml,.xml,text/xml,application/xml,text/x-opml" />
                </label>
                <button class="button">"Import"</button>
            </form>
            {has_feeds
                .then(|| {
                    view! {
                        <p>
                            <a class="button" href="/opml/export" download="gleaner.opml" rel="external">"Export all feeds"</a>
                        </p>
                    }
                })}
        </section>
    }
}

/// Maximum refused entries listed in the report of an import.
const MAX_REPORTED_OUTLINES: usize = 12;

/// The report of the import that led here.
#[component]
fn OpmlImportNotice() -> impl IntoView {
    let outcome = FormOutcome::of_page()?;
    let FormResult::OpmlImported(OpmlImportReport { added, duplicates, invalid }) = outcome.result.clone() else {
        return None;
    };
    let count = invalid.len();
    let more = count.saturating_sub(MAX_REPORTED_OUTLINES);
    let lines = invalid
        .into_iter()
        .take(MAX_REPORTED_OUTLINES)
        .map(|outline| view! { <li><code>{outline.url}</code> ": " {outline.reason}</li> })
        .collect_view();
    let feeds = format_count(added, "new feed", "new feeds");
    let report = view! {
        <div class="notice" role="status"><p>{feeds} " imported. New feeds are fetched in the background."</p></div>
        {(duplicates > 0)
            .then(|| view! { <p>{format_count(duplicates, "feed", "feeds")} " in the file already existed and were left unchanged."</p> })}
        {(count > 0)
            .then(|| {
                view! {
                    <details open>
                        <summary>{count} " entries of the file could not be imported"</summary>
                        <ul>{lines} {(more > 0).then(|| view! { <li>"… and " {more} " more"</li> })}</ul>
                    </details>
                }
            })}
    };
    Some(report)
}
