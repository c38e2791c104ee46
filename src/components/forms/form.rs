//! What pages with forms have in common: loading, the error beside a form, what was typed before it.

use crate::components::layout::error_page::ErrorPage;
use crate::error::AppError;
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::hooks::use_query_map;
use std::future::Future;

/// Shows what `data` brings, or the page of its error.
pub fn render_loaded<T, F, V>(data: F, show: impl FnOnce(T) -> V + Send + 'static) -> impl IntoView
where
    T: Send + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
    V: IntoView + 'static,
{
    Suspend::new(async move {
        match data.await {
            Ok(data) => show(data).into_any(),
            Err(error) => view! { <ErrorPage error /> }.into_any(),
        }
    })
}

/// A parameter of the page's address; empty when it is missing.
pub fn query_param(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// The error that the form of `F` came back with, when it is to stand beside the form (see `server::http::reply`).
pub fn form_error<F: ServerFn>() -> Option<AppError> {
    endpoint_error(F::PATH)
}

/// As [`form_error`], for a form that posts to a plain address.
pub fn endpoint_error(endpoint: &str) -> Option<AppError> {
    let is_here = query_param("beside") == "form" && query_param("__path") == endpoint;
    is_here.then(|| ServerFnUrlError::<AppError>::decode_err(&query_param("__err")))
}

/// The error beside a form of several fields, and which of them it is about.
#[derive(Clone, Debug, Default)]
pub struct FormValidation {
    /// Calls the field by its label.
    pub error: Option<AppError>,
    /// The `name` of the field; nothing when it is about all of them.
    pub field: Option<&'static str>,
}

impl FormValidation {
    /// Out of an error whose message begins with the name of a field, as programs know it ("num_ctx: …"). `labels`: names, and what
    /// stands on the form.
    pub fn new(error: Option<AppError>, labels: &[(&'static str, &str)]) -> Self {
        let Some(mut error) = error else { return Self::default() };
        let named = error.message.split_once(": ").and_then(|(name, reason)| {
            let (field, label) = labels.iter().find(|(field, _)| *field == name)?;
            Some((*field, format!("{label}: {reason}")))
        });
        let field = named.map(|(field, message)| {
            error.message = message;
            field
        });
        Self { error: Some(error), field }
    }

    /// The `aria-invalid` of a field.
    pub fn invalid(&self, field: &str) -> Option<&'static str> {
        (self.field == Some(field)).then_some("true")
    }

    /// The `aria-describedby` of a field with a hint: the error first, where it is about this field.
    pub fn aria_describedby_with_hint(&self, field: &str, error_id: &str) -> String {
        let hint = format!("{field}-hint");
        if self.field == Some(field) { format!("{error_id} {hint}") } else { hint }
    }

    /// The `aria-describedby` of a field without one.
    pub fn aria_describedby(&self, field: &str, error_id: &'static str) -> Option<&'static str> {
        (self.field == Some(field)).then_some(error_id)
    }
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

#[cfg(test)]
mod tests {
    use super::FormValidation;
    use crate::error::AppError;

    #[test]
    fn a_refusal_names_its_field_as_the_form_does() {
        for (message, told, field) in [
            ("num_ctx: “much” is no number.", "Context length (tokens): “much” is no number.", Some("num_ctx")),
            ("other: is wrong.", "other: is wrong.", None),
            ("All is wrong.", "All is wrong.", None),
        ] {
            let refusal =
                FormValidation::new(Some(AppError::invalid(message)), &[("num_ctx", "Context length (tokens)")]);
            assert_eq!(refusal.error.as_ref().map(|error| error.message.as_str()), Some(told));
            assert_eq!((refusal.field, refusal.invalid("num_ctx").is_some()), (field, field.is_some()));
            let described = refusal.aria_describedby_with_hint("num_ctx", "wrong");
            assert_eq!(described, if field.is_some() { "wrong num_ctx-hint" } else { "num_ctx-hint" });
        }
        assert!(FormValidation::new(None, &[]).error.is_none());
    }
}
