//! What the row of a pull's job holds.

use crate::domain::model_name::ModelName;
use crate::{
    domain::pull::{PullProgress, PullRetry},
    server::storage::jobs::Job,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The kind of these jobs.
pub(super) const PULL_JOB_KIND: &str = "pull";

/// The request of a job.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PullJobRequest {
    pub model: ModelName,
}

/// The progress of a job, and what else survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PullJobProgress {
    pub progress: PullProgress,
    pub retry: Option<PullRetry>,
    pub dismissed: bool,
}

impl PullJobRequest {
    pub(super) fn of(job: &Job) -> Self {
        parse_json_or_default(&job.request)
    }

    pub(super) fn to_json(&self) -> String {
        render_json(self)
    }
}

impl PullJobProgress {
    pub(super) fn of(job: &Job) -> Self {
        parse_json_or_default(&job.progress)
    }

    pub(super) fn to_json(&self) -> String {
        render_json(self)
    }
}

/// Fields that another version wrote or lacks fall back to their defaults.
fn parse_json_or_default<T: DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}

pub(super) fn render_json(value: &impl Serialize) -> String {
    serde_json::to_value(value).unwrap_or_default().to_string()
}
