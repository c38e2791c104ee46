//! Helpers of pages with forms: loading, the error beside a form, the values typed into it.

use super::form_outcome::{FormOutcome, FormResult};
use crate::components::layout::error_page::{ErrorPage, FORM_ERROR_ID, FormError};
use crate::error::AppError;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;
use std::{future::Future, sync::Arc};

/// Renders the data, or the error page.
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

/// A form on the page being rendered: its error and its values, when it was sent just now and refused.
#[derive(Clone, Debug, Default)]
pub struct FormValidation {
    error: Option<AppError>,
    refused: Option<Arc<FormOutcome>>,
}

impl FormValidation {
    /// The form that posts to `F`.
    pub fn of<F: ServerFn>() -> Self {
        Self::at(F::PATH)
    }

    /// The form that posts to `endpoint`.
    pub fn at(endpoint: &str) -> Self {
        Self::new(FormOutcome::of_page().filter(|outcome| outcome.has_own_error && outcome.endpoint == endpoint))
    }

    fn new(outcome: Option<Arc<FormOutcome>>) -> Self {
        match outcome.as_deref().map(|outcome| &outcome.result) {
            Some(FormResult::Error(error)) => Self { error: Some(error.clone()), refused: outcome },
            _ => Self::default(),
        }
    }

    /// The same form, with the error that a test of what is typed into it came to, in place of none.
    pub fn or_refused_by_test<T>(mut self, tested: Option<&Result<T, AppError>>) -> Self {
        if let (None, Some(Err(error))) = (&self.error, tested) {
            self.error = Some(error.clone());
        }
        self
    }

    /// Whether the form was refused.
    pub const fn is_refused(&self) -> bool {
        self.error.is_some()
    }

    /// Why the form was refused.
    pub fn error(&self) -> Option<AppError> {
        self.error.clone()
    }

    /// The value of a field: what was typed into the refused form, else what is saved. A box that was not ticked is empty.
    pub fn value(&self, name: &str, saved: impl Into<String>) -> String {
        match &self.refused {
            Some(form) => form.value(name).unwrap_or_default().to_owned(),
            None => saved.into(),
        }
    }

    fn is_about(&self, field: &str) -> bool {
        self.error.as_ref().is_some_and(|error| error.field.as_deref() == Some(field))
    }

    /// The `aria-invalid` of a field.
    pub fn invalid(&self, field: &str) -> Option<&'static str> {
        self.is_about(field).then_some("true")
    }

    /// The `aria-describedby` of a field with a hint (`{field}-hint`): the error first, where it is about this field.
    pub fn aria_describedby_with_hint(&self, field: &str) -> String {
        let hint = format!("{field}-hint");
        if self.is_about(field) { format!("{FORM_ERROR_ID} {hint}") } else { hint }
    }

    /// The `aria-describedby` of a field without a hint.
    pub fn aria_describedby(&self, field: &str) -> Option<&'static str> {
        self.is_about(field).then_some(FORM_ERROR_ID)
    }
}

/// The error beside a refused form.
#[component]
pub fn FieldError(form: FormValidation) -> impl IntoView {
    form.error.map(|error| view! { <FormError error /> })
}

#[cfg(test)]
mod tests {
    use super::{FormOutcome, FormResult, FormValidation};
    use crate::error::AppError;
    use std::sync::Arc;

    #[test]
    fn a_refused_form_keeps_its_values_and_marks_the_field_of_its_error() {
        for (error, field) in [
            (AppError::invalid("“much” is no number.").field("num_ctx"), Some("num_ctx")),
            (AppError::invalid("Nothing can be saved now."), None),
        ] {
            let message = error.message.clone();
            let outcome = FormOutcome {
                endpoint: "/fn/x".into(),
                fields: vec![("num_ctx".into(), "much".into())],
                result: FormResult::Error(error),
                has_own_error: true,
            };
            let form = FormValidation::new(Some(Arc::new(outcome)));
            assert_eq!(form.error().expect("refused").message, message);
            assert_eq!(form.invalid("num_ctx").is_some(), field.is_some(), "{message}");
            let described = form.aria_describedby_with_hint("num_ctx");
            assert_eq!(described, if field.is_some() { "form-error num_ctx-hint" } else { "num_ctx-hint" });
            assert_eq!((form.value("num_ctx", "8192"), form.value("think", "true")), ("much".into(), String::new()));
        }
        assert_eq!(FormValidation::new(None).value("num_ctx", "8192"), "8192");
    }

    #[test]
    fn a_failed_test_marks_the_field_and_keeps_what_the_page_says() {
        let failed = Err::<(), _>(AppError::invalid("“foo:” is no field.").field("query"));
        for (tested, invalid) in [(None, None), (Some(&Ok(())), None), (Some(&failed), Some("true"))] {
            let form = FormValidation::new(None).or_refused_by_test(tested);
            assert_eq!(form.invalid("query"), invalid);
            assert_eq!(form.value("query", "typed"), "typed");
        }
    }
}
