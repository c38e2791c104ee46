//! An error as a page, or as a notice within one.

use crate::{
    components::layout::inline_code::InlineCode,
    error::{AppError, ErrorKind, ErrorLink},
};
use leptos::prelude::*;
use leptos_meta::Title;
use std::{fmt, sync::Arc};

/// Sets the HTTP status of the page being rendered; provided as context by the server.
#[derive(Clone)]
pub struct PageStatus(Arc<dyn Fn(u16) + Send + Sync>);

impl PageStatus {
    /// Wraps what sets the status.
    pub fn new(set: impl Fn(u16) + Send + Sync + 'static) -> Self {
        Self(Arc::new(set))
    }
}

impl fmt::Debug for PageStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageStatus")
    }
}

/// A whole page for an error, with the status of the error.
#[component]
pub fn ErrorPage(error: AppError) -> impl IntoView {
    if let Some(PageStatus(set)) = use_context() {
        set(error.kind.status());
    }
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
            {error.hint.map(|text| view! { <p class="muted"><InlineCode text /></p> })}
            <p class="actions">
                {error.link.map(|link| view! { <ErrorLinkButton link=*link /> })}
                <a class="button" href="/">"Go to the inbox"</a>
                <a href="/feeds">"All feeds"</a>
                <a href="/status">"Status"</a>
            </p>
        </section>
    }
}

#[component]
fn ErrorLinkButton(link: ErrorLink) -> impl IntoView {
    view! { <a class="button" href=link.href.into_owned()>{link.label.into_owned()}</a> }
}

/// The id of the element with the error of a form; redirects after a refused form lead to it.
pub const FORM_ERROR_ID: &str = "form-error";

/// An error as a notice: at the top of a page, or beside the form it belongs to.
#[component]
pub fn FormError(error: AppError) -> impl IntoView {
    view! {
        <div class="notice error" id=FORM_ERROR_ID role="alert">
            <p>{error.message}</p>
            {error.hint.map(|text| view! { <p><InlineCode text /></p> })}
            {error.link.map(|link| view! { <p><a href=link.href.into_owned()>{link.label.into_owned()}</a></p> })}
        </div>
    }
}

/// The title of an error page.
pub const fn error_title(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "Not found",
        ErrorKind::Unauthorized => "Not logged in",
        ErrorKind::Forbidden => "Not allowed",
        ErrorKind::NotWritable => "Nothing was saved",
        ErrorKind::Internal => "Something went wrong",
        ErrorKind::BadGateway | ErrorKind::Unavailable => "Temporarily unavailable",
        _ => "The request failed",
    }
}
