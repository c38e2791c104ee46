//! What the last form came to: its outcome, or its error.

use super::problem::FormError;
use crate::{api::articles::UndoMarkRead, domain::notice::Notice, error::AppError};
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::hooks::use_query_map;

/// The error with which the form of server function `F` led here, for the page to show beside that form.
pub fn form_error<F: ServerFn>() -> Option<AppError> {
    error_of(Some(F::PATH))
}

fn error_of(path: Option<&str>) -> Option<AppError> {
    let query = use_query_map().read_untracked();
    let encoded = query.get("__err")?;
    let from = query.get("__path").unwrap_or_default();
    path.is_none_or(|path| path == from).then(|| ServerFnUrlError::<AppError>::decode_err(&encoded))
}

/// At the top of every page: what the form that led here came to, with its undo, or the error.
#[component]
pub fn Said() -> impl IntoView {
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
        {error_of(None).map(|error| view! { <FormError error /> })}
    }
}
