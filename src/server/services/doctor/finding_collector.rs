//! The results of an examination while it goes on.

use crate::domain::diagnostics::{DiagnosticReport, DiagnosticResult};

/// Collects the results and passes each on as soon as it is there.
pub(super) struct FindingCollector<F> {
    pub(super) checkup: DiagnosticReport,
    pub(super) told: F,
}

impl<F: FnMut(&DiagnosticResult)> FindingCollector<F> {
    pub(super) fn add(&mut self, finding: DiagnosticResult) {
        (self.told)(&finding);
        self.checkup.results.push(finding);
    }
}
