//! Claiming articles; after an outage, only when a probe shows that the model can be used again.

use crate::{
    domain::scoring::ScoringStep,
    error::{AppError, ErrorKind},
    server::{
        models::{
            resilience::circuit_breaker::{Outage, ProbeKind},
            server::ModelServer,
        },
        services::scoring::{
            canary,
            claim::{self, ClaimOutcome, StepProgress},
            model_call::{self, ModelCallError},
        },
        state::App,
    },
};

/// Why nothing could be claimed.
pub enum ClaimError {
    Outage(Outage),
    Internal(AppError),
}

/// Claims up to `limit` articles. `probing`: the kind of probe during an outage; `in_doubt`: an article may have crashed the model,
/// so the canary is sent first.
pub async fn probe_and_claim(
    app: &App,
    server: &ModelServer,
    at: &StepProgress,
    limit: usize,
    probing: Option<ProbeKind>,
    in_doubt: bool,
) -> Result<ClaimOutcome, ClaimError> {
    // Nothing is sent while its answer could not be stored.
    if let Some(obstacle) = app.db.obstacle() {
        return Err(ClaimError::Internal(obstacle.into()));
    }
    if probing == Some(ProbeKind::Ping) {
        model_call::probe_server(server).await.map_err(ClaimError::Outage)?;
    }
    if in_doubt {
        let step = at.current.map_or(ScoringStep::Categorize, |run| run.step);
        return match canary::run_canary(app, server, step).await {
            Err(ModelCallError::Outage(outage)) => Err(ClaimError::Outage(outage)),
            Ok(()) | Err(ModelCallError::InvalidAnswer(_)) => Ok(ClaimOutcome::CanaryPassed),
            // The loop ends in any case.
            Err(ModelCallError::Stopped) => Ok(ClaimOutcome::Deferred),
        };
    }
    claim::claim(app, &server.settings, at, limit).await.map_err(ClaimError::Internal)
}

/// An internal error makes every article wait, as an outage does.
pub fn internal_outage(error: &AppError) -> Outage {
    Outage {
        reason: if error.kind == ErrorKind::NotWritable { "not_writable" } else { "internal" }.into(),
        message: match &error.hint {
            Some(hint) => format!("{} {hint}", error.message),
            None => error.message.clone(),
        },
        probe_kind: ProbeKind::Request,
        retry_after: None,
        counts_for_quarantine: false,
    }
}
