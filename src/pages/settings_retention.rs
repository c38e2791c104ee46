//! `/settings/retention`: rules that remove articles, what they would remove, and the last run.

use crate::{
    api::retention::{RetentionPageData, RunRetention, SaveRetention, load_retention},
    components::{
        article::example_articles::ExampleArticles,
        forms::{
            form::{FieldError, FormValidation, render_loaded},
            text_area::TextArea,
        },
        layout::time_element::TimeElement,
    },
    domain::{
        humanize::{format_bytes, format_count},
        retention::{
            EXAMPLE_RETENTION_RULE, FileSpace, RetentionOverview, RetentionPreview, RetentionRun, RetentionTotals,
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn SettingsRetentionPage() -> impl IntoView {
    let tried = use_query_map().read_untracked().get("rules");
    view! {
        <Title text="Retention" />
        {render_loaded(load_retention(tried), retention_view)}
    }
}

fn retention_view(data: RetentionPageData) -> impl IntoView {
    let RetentionPageData { overview, tried } = data;
    let RetentionOverview { rules, last_run, is_running, space } = overview;
    let tested = tried.as_ref().map(|(_, tested)| tested);
    let form = FormValidation::of::<SaveRetention>().or_refused_by_test(tested);
    let saved = rules.join("\n");
    let text = tried.as_ref().map_or(saved, |(typed, _)| typed.clone());
    let is_on = !rules.is_empty();
    view! {
        <header class="page-head">
            <div>
                <p><a href="/settings">"Settings"</a></p>
                <h1>"Retention"</h1>
                <p class="muted">
                    {if is_on {
                        "Articles that one of these rules finds are removed once a day, with their scores, votes and full texts."
                    } else {
                        "Every article is kept. With rules, Gleaner removes those that you no longer want."
                    }}
                </p>
            </div>
        </header>
        <form class="panel stack" method="post" action=SaveRetention::url()>
            <TextArea
                name="rules"
                label="Rules"
                hint=format!("Queries of the search, one a line. For example: {EXAMPLE_RETENTION_RULE}. An empty field keeps every article.")
                rows=5
                maxlength=5200
                text=form.value("rules", text)
                form=form.clone()
            />
            <FieldError form />
            <div class="actions">
                <button class="button" formmethod="get" formaction="/settings/retention" name="test" value="1">"Test"</button>
                <button class="button primary">"Save"</button>
            </div>
            <p class="muted">
                "A test removes nothing. What a rule removed never comes back as new, even if its feed still has it; a blocked article is found by is:blocked only."
            </p>
        </form>
        {tried
            .and_then(|(_, tested)| tested.ok())
            .map(|preview| view! { <RetentionPreviewPanel preview /> })}
        <RetentionRunPanel last_run is_running is_on space />
    }
}

#[component]
fn RetentionPreviewPanel(preview: RetentionPreview) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="tested">
            <h2 id="tested">"A run would remove"</h2>
            <p><strong>{describe_totals(preview.totals)}</strong></p>
            <ExampleArticles label="The oldest of them:" examples=preview.examples />
        </section>
    }
}

#[component]
fn RetentionRunPanel(last_run: Option<RetentionRun>, is_running: bool, is_on: bool, space: FileSpace) -> impl IntoView {
    let form = FormValidation::of::<RunRetention>();
    view! {
        <section class="panel" aria-labelledby="runs">
            <h2 id="runs">"Runs"</h2>
            {match last_run {
                None => view! { <p>"There was no run yet."</p> }.into_any(),
                Some(run) => view! { <LastRetentionRun run is_running /> }.into_any(),
            }}
            <p>{describe_space(space)}</p>
            <FieldError form />
            {(is_on && !is_running)
                .then(|| {
                    view! {
                        <form method="post" action=RunRetention::url()>
                            <div class="actions">
                                <button class="button danger">"Remove now"</button>
                            </div>
                        </form>
                    }
                })}
        </section>
    }
}

#[component]
fn LastRetentionRun(run: RetentionRun, is_running: bool) -> impl IntoView {
    let state = match (run.ended_at, is_running) {
        (Some(_), _) => "ended",
        (None, true) => "goes on",
        (None, false) => "was interrupted and goes on with the next one",
    };
    view! {
        <p>"The last run began " <TimeElement at=run.began_at /> " and " {state} ": " {describe_totals(run.removed)} " removed."</p>
        {run.problem.map(|problem| view! { <p><strong>{problem}</strong></p> })}
    }
}

fn describe_totals(totals: RetentionTotals) -> String {
    let articles = format_count(totals.articles, "article", "articles");
    if totals.articles == 0 { articles } else { format!("{articles} with {} of text", format_bytes(totals.bytes)) }
}

/// The size of the file, and what becomes of the unused part.
fn describe_space(space: FileSpace) -> String {
    let size = format!("The database takes {}", format_bytes(space.bytes));
    if space.free_bytes == 0 {
        return format!("{size}, all of it in use.");
    }
    let unused = format!("{size}, of which {} are unused", format_bytes(space.free_bytes));
    if space.is_returned {
        return format!("{unused}; the next run gives them back to the disk.");
    }
    format!(
        "{unused} and serve new articles. This file was made by an older version and does not become smaller by itself: to give the \
         space back, write a copy with `gleaner db backup`, stop Gleaner, and put it in place with `gleaner db restore`."
    )
}

#[cfg(test)]
mod tests {
    use super::{FileSpace, RetentionTotals, describe_space, describe_totals};

    #[test]
    fn the_space_of_the_file_is_told_with_what_frees_it() {
        for (free_bytes, is_returned, expected) in [
            (0, false, "all of it in use."),
            (4096, true, "gives them back to the disk."),
            (4096, false, "with `gleaner db restore`."),
        ] {
            let told = describe_space(FileSpace { bytes: 40_960, free_bytes, is_returned });
            assert!(told.ends_with(expected), "{told}");
        }
    }

    #[test]
    fn totals_are_told() {
        assert_eq!(describe_totals(RetentionTotals { articles: 0, bytes: 0 }), "0 articles");
        assert!(describe_totals(RetentionTotals { articles: 1, bytes: 2_000 }).starts_with("1 article with "));
    }
}
