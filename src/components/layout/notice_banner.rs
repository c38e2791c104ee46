//! The outcome of the last form: its notice, or its error.

use crate::components::{forms::form_outcome::FormOutcome, layout::error_page::FormError};
use crate::{api::articles::UndoMarkRead, domain::notice::Notice};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

/// At the top of every page: the notice of the form that led here, with its undo, or its error where no form shows it.
#[component]
pub fn NoticeBanner() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let count = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(0);
    let sentence = query.get("done").and_then(|code| Notice::parse(&code)).map(|notice| notice.sentence(count));
    let undo = query.get("undo").filter(|_| count > 0);
    view! {
        <div id="notice" role="status">
            {sentence
                .map(|sentence| {
                    view! {
                        <div class="notice">
                            <p>{sentence}</p>
                            {undo
                                .map(|token| {
                                    view! {
                                        <form method="post" action=UndoMarkRead::url()>
                                            <input type="hidden" name="token" value=token />
                                            <button>"Undo"</button>
                                        </form>
                                    }
                                })}
                        </div>
                    }
                })}
        </div>
        {FormOutcome::page_error().map(|error| view! { <FormError error /> })}
    }
}
