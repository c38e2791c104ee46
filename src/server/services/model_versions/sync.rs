//! Pulling what the lock names and Ollama does not have.

use super::lock::compare_with_servers;
use crate::{
    domain::{
        model_name::ModelName,
        model_versions::{LockDifference, LockDifferenceKind},
    },
    error::AppError,
    server::{
        services::pulls::{self, QueuedPull},
        state::App,
    },
};

/// What was done about the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReport {
    /// The pulls that were queued.
    pub queued: Vec<QueuedPull>,
    /// Models that cannot be pulled.
    pub refused: Vec<SyncRefusal>,
    /// What differs, the models that are being pulled included.
    pub differences: Vec<LockDifference>,
}

/// A locked model whose pull was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRefusal {
    /// Name of the model.
    pub model: ModelName,
    /// Why.
    pub error: AppError,
}

/// Queues the pulls of locked models that the main server lacks, and says what differs. 409 when there is no lock.
#[tracing::instrument(name = "model_versions.sync", level = "debug", skip_all)]
pub async fn sync(app: &App) -> Result<SyncReport, AppError> {
    let mut report =
        SyncReport { queued: Vec::new(), refused: Vec::new(), differences: compare_with_servers(app).await? };
    for difference in &report.differences {
        let model = &difference.locked.model;
        let is_known = report.queued.iter().any(|queued| queued.model == *model)
            || report.refused.iter().any(|refused| refused.model == *model);
        if difference.kind != LockDifferenceKind::Missing || !difference.is_main || is_known {
            continue;
        }
        match pulls::enqueue(app, model.as_str()).await {
            Ok(queued) => report.queued.push(queued),
            Err(error) => report.refused.push(SyncRefusal { model: model.clone(), error }),
        }
    }
    Ok(report)
}
