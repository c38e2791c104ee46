//! What pages with forms have in common: loading, the error beside a form, what was typed before it.

use super::problem::Problem;
use crate::error::AppError;
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::hooks::use_query_map;
use std::future::Future;

/// Shows what `data` brings, or the page of its error.
pub fn loaded<T, F, V>(data: F, show: impl FnOnce(T) -> V + Send + 'static) -> impl IntoView
where
    T: Send + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
    V: IntoView + 'static,
{
    Suspend::new(async move {
        match data.await {
            Ok(data) => show(data).into_any(),
            Err(error) => view! { <Problem error /> }.into_any(),
        }
    })
}

/// A parameter of the page's address; empty when it is missing.
pub fn param(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// The error that the form of `F` came back with, when it is to stand beside the form (see `server::http::reply`).
pub fn form_error<F: ServerFn>() -> Option<AppError> {
    error_of(F::PATH)
}

/// As [`form_error`], for a form that posts to a plain address.
pub fn error_of(endpoint: &str) -> Option<AppError> {
    let is_here = param("beside") == "form" && param("__path") == endpoint;
    is_here.then(|| ServerFnUrlError::<AppError>::decode_err(&param("__err")))
}

/// An error as text beside the form it belongs to; its field points at `id` with `aria-describedby`.
#[component]
pub fn FieldError(error: Option<AppError>, #[prop(into)] id: String) -> impl IntoView {
    error.map(|error| {
        view! {
            <div class="notice error" id=id role="alert">
                <p>{error.message}</p>
                {error.hint.map(|hint| view! { <p>{hint}</p> })}
            </div>
        }
    })
}
