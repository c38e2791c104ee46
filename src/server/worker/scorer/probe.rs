//! A look at the queue, and before it, when the model was down, whether it is there again.

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

/// Why there was no look at the queue.
pub enum ClaimError {
    Outage(Outage),
    Internal(AppError),
}

/// Claims up to `limit` articles. `probing`: how the end of the outage at hand is noticed, if there is one; `in_doubt`: an
/// article may have brought the model down, so something harmless is asked first.
pub async fn probe_and_claim(
    app: &App,
    server: &ModelServer,
    at: &StepProgress,
    limit: usize,
    probing: Option<ProbeKind>,
    in_doubt: bool,
) -> Result<ClaimOutcome, ClaimError> {
    // An answer that cannot be stored is not asked for.
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
            // The loop ends, whatever it is told.
            Err(ModelCallError::Stopped) => Ok(ClaimOutcome::Deferred),
        };
    }
    claim::claim(app, &server.settings, at, limit).await.map_err(ClaimError::Internal)
}

/// A fault of ours keeps every article waiting, as an outage does.
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
