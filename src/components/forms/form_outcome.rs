//! The outcome of the form that led to the page being rendered.

use crate::{
    domain::access::device::DeviceSecrets,
    domain::feed::{FeedCandidate, OpmlImportReport},
    domain::model_server::ServerTest,
    domain::model_test::ModelTest,
    error::AppError,
};
use leptos::prelude::use_context;
use std::sync::Arc;

/// A form that was sent a short while ago. The server keeps it in memory and provides it as context to the page whose address
/// names it, so that its content is never part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormOutcome {
    /// The address that the form was posted to.
    pub endpoint: String,
    /// Names and values of the fields as they were sent.
    pub fields: Vec<(String, String)>,
    pub result: FormResult,
    /// Whether the page shows an error beside the form; otherwise the notice at the top of the page shows it.
    pub has_own_error: bool,
}

/// The result of a form for which there is no [`Notice`](crate::domain::notice::Notice).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormResult {
    Error(AppError),
    /// A site offers several feeds.
    Candidates(Vec<FeedCandidate>),
    OpmlImported(OpmlImportReport),
    /// A device was added; shown once.
    DeviceAdded(DeviceSecrets),
    /// Recovery codes of the second factor were made; shown once.
    RecoveryCodes(Vec<String>),
    /// A model server was tested.
    ServerTested(ServerTest),
    /// A model was tested.
    ModelTested(ModelTest),
}

impl FormOutcome {
    /// The outcome that the address of the page being rendered names.
    pub fn of_page() -> Option<Arc<Self>> {
        use_context::<Arc<Self>>()
    }

    /// The error, when the notice at the top of the page is to show it.
    pub fn page_error() -> Option<AppError> {
        match &*Self::of_page()? {
            Self { result: FormResult::Error(error), has_own_error: false, .. } => Some(error.clone()),
            _ => None,
        }
    }

    /// The value sent for a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}
