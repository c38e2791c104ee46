//! The OPML part of `/feeds`: the list out, a list in, and what an import did.

use crate::{
    components::forms::form::{FieldError, endpoint_error, query_param},
    domain::{feed::InvalidOutline, humanize::format_count},
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
            <FieldError error=endpoint_error(OPML_IMPORT_PATH) id="opml-error" />
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

/// What the import that led here did not take, and why.
#[component]
fn OpmlImportNotice() -> impl IntoView {
    let added: Option<i64> = query_param("added").parse().ok();
    let duplicates: i64 = query_param("duplicates").parse().unwrap_or(0);
    let count: i64 = query_param("invalid").parse().unwrap_or(0);
    let invalid: Vec<InvalidOutline> = serde_json::from_str(&query_param("report")).unwrap_or_default();
    let more = count - i64::try_from(invalid.len()).unwrap_or(count);
    let lines = invalid
        .into_iter()
        .map(|outline| view! { <li><code>{outline.url}</code> ": " {outline.reason}</li> })
        .collect_view();
    view! {
        {added
            .map(|added| {
                let feeds = format_count(added, "new feed", "new feeds");
                view! { <div class="notice" role="status"><p>{feeds} " imported. New feeds are fetched in the background."</p></div> }
            })}
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
    }
}
