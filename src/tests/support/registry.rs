//! Helpers for tests of the registry: importing lists and reading variants.

use super::test_app::TestApp;
use crate::support::simulator::Simulator;
use gleaner::{
    domain::registry::{RegistryImportReport, Variant, VariantFilter},
    error::AppError,
    server::services::registry::{self, ImportOptions, ImportSource},
};

/// An app whose Ollama is `sim`.
pub async fn app_with(sim: &Simulator) -> TestApp {
    let host = sim.url.parse().expect("a URL");
    TestApp::with(|config| config.ollama.host = host).await
}

/// Imports from Ollama.
pub async fn import(test: &TestApp) -> RegistryImportReport {
    registry::import(&test.app, ImportSource::Ollama, ImportOptions::default()).await.expect("imported")
}

/// Imports a document.
pub async fn import_text(test: &TestApp, text: &str) -> Result<RegistryImportReport, AppError> {
    let source = ImportSource::Document { label: "list.txt".into(), text: text.into() };
    registry::import(&test.app, source, ImportOptions::default()).await
}

/// Every variant, hidden ones too, by name.
pub async fn all_variants(test: &TestApp) -> Vec<Variant> {
    let filter = VariantFilter { show_deprecated: true, include_logical: true, ..VariantFilter::default() };
    registry::list(&test.app, &filter).await.expect("a list").variants
}

/// One variant, by either name.
pub async fn variant(test: &TestApp, name: &str) -> Variant {
    registry::load_variant(&test.app, name).await.expect(name)
}

/// The registry as a document.
pub async fn export(test: &TestApp) -> String {
    registry::export(&test.app).await.expect("a document")
}
