//! Something that did not work, as a page or beside a form.

use crate::error::{AppError, ErrorKind};
use leptos::prelude::*;
use leptos_meta::Title;

/// A whole page for an error, with ways out. The status is set by the server function that failed.
#[component]
pub fn ErrorPage(error: AppError) -> impl IntoView {
    view! {
        <Title text=error_title(error.kind) />
        <ErrorPageContent error />
    }
}

/// The same without the title of a page.
#[component]
pub fn ErrorPageContent(error: AppError) -> impl IntoView {
    view! {
        <section class="problem">
            <p class="code">{error.kind.status()}</p>
            <h1>{error_title(error.kind)}</h1>
            <p>{error.message}</p>
            {error.hint.map(|hint| view! { <p class="muted">{hint}</p> })}
            <p class="actions">
                <a class="button" href="/">"Go to the inbox"</a>
                <a href="/feeds">"All feeds"</a>
                <a href="/status">"Status"</a>
            </p>
        </section>
    }
}

/// An error beside the form it belongs to.
#[component]
pub fn FormError(error: AppError) -> impl IntoView {
    view! {
        <div class="notice error" role="alert">
            <p>{error.message}</p>
            {error.hint.map(|hint| view! { <p>{hint}</p> })}
        </div>
    }
}

/// The few words over a page that tells of an error.
pub const fn error_title(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "Not found",
        ErrorKind::Forbidden => "Not allowed",
        ErrorKind::Internal => "Something went wrong",
        ErrorKind::BadGateway | ErrorKind::Unavailable => "Temporarily unavailable",
        _ => "The request failed",
    }
}
