//! The results of the doctor's checks while they run.

use crate::domain::diagnostics::{DiagnosticReport, DiagnosticResult};

/// Collects the results and passes each to a callback at once.
pub(super) struct FindingCollector<F> {
    pub(super) collected: DiagnosticReport,
    pub(super) on_result: F,
}

impl<F: FnMut(&DiagnosticResult)> FindingCollector<F> {
    pub(super) fn add(&mut self, finding: DiagnosticResult) {
        (self.on_result)(&finding);
        self.collected.results.push(finding);
    }
}
