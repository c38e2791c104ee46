//! Which text of an article is shown, why there is no other, and the switch between them.

use crate::{
    api::articles::{FetchFullText, ShowText},
    components::layout::time_element::TimeElement,
    domain::{
        full_text::{FullTextStatus, ShownText},
        ids::ArticleId,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Nothing for an article without a page.
#[component]
pub fn FullTextPanel(id: ArticleId, status: FullTextStatus) -> impl IntoView {
    let host = status.host();
    let FullTextStatus { url, is_waiting, tried_at, problem, has_text, is_fuller, shown } = status;
    let page = url.clone().map(|url| view! { <a href=url rel="noopener noreferrer external">{host.clone()}</a> });
    let problem = problem.map(|problem| format!(" The full text could not be fetched: {}", problem.sentence(&host)));
    let shown_text = match shown {
        Some(ShownText::Full) => view! { "Shown: the full text of " {page} "." }.into_any(),
        Some(ShownText::Feed) if !is_fuller => {
            view! { "Shown: the feed’s text. The page of " {page} " has no more text." }.into_any()
        }
        Some(ShownText::Feed) | None => "Shown: the feed’s text.".into_any(),
    };
    url.is_some().then(|| {
        view! {
            <section id="full-text" class="toolbar" aria-label="Text">
                <p class="muted">
                    {shown_text}
                    {problem}
                    {tried_at.map(|at| view! { " " <TimeElement at /> })}
                    {is_waiting.then_some(" The page is queued to be fetched.")}
                </p>
                {has_text
                    .then(|| {
                        let (name, label) = match shown {
                            Some(ShownText::Full) => ("feed", "Show the feed’s text"),
                            _ => ("full", "Show the full text"),
                        };
                        view! {
                            <form method="post" action=ShowText::url()>
                                <button class="button small" name=name value=id.to_string()>
                                    {label}
                                </button>
                            </form>
                        }
                    })}
                <form method="post" action=FetchFullText::url()>
                    <button class="button small" name="article" value=id.to_string()>
                        {if tried_at.is_some() { "Fetch again" } else { "Fetch the full text" }}
                    </button>
                </form>
            </section>
        }
    })
}
