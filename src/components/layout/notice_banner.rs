//! What the last form came to: its outcome, or its error.

use crate::components::layout::error_page::FormError;
use crate::{api::articles::UndoMarkRead, domain::notice::Notice, error::AppError};
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::hooks::use_query_map;

/// The error with which a form led here, unless the page shows it beside that form (see `components::form`).
fn redirect_error() -> Option<AppError> {
    let query = use_query_map().read_untracked();
    let encoded = query.get("__err").filter(|_| query.get("beside").is_none())?;
    Some(ServerFnUrlError::<AppError>::decode_err(&encoded))
}

/// At the top of every page: what the form that led here came to, with its undo, or the error.
#[component]
pub fn NoticeBanner() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let count = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(0);
    let sentence = query.get("done").and_then(|code| Notice::parse(&code)).map(|notice| notice.sentence(count));
    let undo = query.get("undo").filter(|_| count > 0);
    view! {
        <div id="said" role="status">
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
        {redirect_error().map(|error| view! { <FormError error /> })}
    }
}
