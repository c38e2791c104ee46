//! The client of one Ollama: one method for each call of its API, each with its own limits (ollama-api.md §5.7).
//!
//! There is no total limit on a connection: a cold load may take ten minutes before the first byte, and closing the
//! connection then would abort the load. Redirects are not followed, and the token goes to the configured address only.
//! Every request goes through `OllamaClient::with_retries`.

mod attempt;
mod body;
mod chat_stream;
mod connection;
mod connection_breaker;
mod deadline;
mod model_calls;
mod private_resolver;
mod pull_stream;
mod retry;
mod tracked_call;
mod transport;

pub use crate::server::models::ollama::client::chat_stream::{ChatAnswer, ChatChunk, ChatStream};
pub use crate::server::models::ollama::client::pull_stream::PullStream;
pub use body::LineStream;
pub(in crate::server::models) use body::{read_limited, read_truncated};
pub use connection::OllamaClient;
pub(in crate::server::models) use transport::{build_http_client, classify_transport_error, parse_retry_after};

use super::{
    error::OllamaError,
    metrics::AnswerMetrics,
    wire::{InstalledModel, OllamaModelList, RunningModel, ShowResponse, VersionResponse},
};
use crate::domain::model_name::ModelName;
use crate::server::models::ollama::client::connection::OllamaClientInner;
use crate::server::models::ollama::client::connection_breaker::ConnectionBreaker;
use crate::server::models::ollama::client::retry::OllamaCall;
use crate::server::models::{
    pull::pull_line::PullError,
    resilience::retry_policy::RetryPolicy,
    status::{event::StatusEvent, model_status::ModelStatus},
};
use crate::server::{clock::Clock, config::OllamaConfig};
use reqwest::{Method, Response};
use serde::{Serialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};
use transport::{VERSION_PATH, is_json};
use url::Url;

/// Limits of time and size of one request.
#[derive(Clone, Copy, Debug)]
struct CallLimits {
    first_byte: Duration,
    total: Duration,
    max_bytes: usize,
}

const MIB: usize = 1024 * 1024;
/// Limits of the version request. The total is longer, so that a server that hangs always fails with the first-byte timeout.
const VERSION_LIMITS: CallLimits =
    CallLimits { first_byte: Duration::from_secs(3), total: Duration::from_secs(5), max_bytes: MIB };
const LIST_LIMITS: CallLimits =
    CallLimits { first_byte: Duration::from_secs(10), total: Duration::from_secs(15), max_bytes: 16 * MIB };
const DETAIL_LIMITS: CallLimits =
    CallLimits { first_byte: Duration::from_secs(30), total: Duration::from_secs(60), max_bytes: 16 * MIB };
/// The first line of a pull is immediate; hashing 40 GB is silent for minutes.
const PULL_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(15);
const PULL_IDLE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Whether a deleted model was still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It was there and is deleted.
    Deleted,
    /// It had gone already: the same outcome for the caller.
    AlreadyGone,
}

impl OllamaClient {
    /// A client for the address and with the limits of `config`. Connects to nothing yet.
    pub fn new(config: &OllamaConfig, clock: Clock) -> Self {
        Self::with_reach(config, clock, false)
    }

    /// As [`OllamaClient::new`]; with `private_only`, names that resolve to an address outside of private networks are not connected
    /// to, and no proxy is used.
    pub fn with_reach(config: &OllamaConfig, clock: Clock, private_only: bool) -> Self {
        let mut base = config.host.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let status = ModelStatus::new(shown_host(&base), clock.clone());
        Self(Arc::new(OllamaClientInner {
            base,
            http: build_http_client(config, private_only),
            clock,
            first_byte: config.first_byte_timeout,
            idle: config.idle_timeout,
            budget: config.request_budget,
            retries: config.retries,
            breaker: ConnectionBreaker::default(),
            status,
        }))
    }

    /// What is known of this server; every request updates it.
    pub fn status(&self) -> &ModelStatus {
        &self.0.status
    }

    /// The base address as shown to people; holds no secret.
    pub fn host(&self) -> String {
        shown_host(&self.0.base)
    }

    /// The server's version; `0.0.0` and unreadable ones are passed on as they are. Sent even while the connection breaker is
    /// open: its success closes the breaker.
    pub async fn version(&self) -> Result<String, OllamaError> {
        let answer: VersionResponse = self.get_json(VERSION_PATH, VERSION_LIMITS).await?;
        answer.version.ok_or_else(|| OllamaError::BadAnswer("it has no field `version`".into()))
    }

    /// The installed models.
    pub async fn list_installed(&self) -> Result<Vec<InstalledModel>, OllamaError> {
        let list: OllamaModelList<InstalledModel> = self.get_json("api/tags", LIST_LIMITS).await?;
        Ok(list.0.into_iter().filter(|model| !model.name.is_empty()).collect())
    }

    /// The models in memory. One that is being loaded is not among them.
    pub async fn list_running(&self) -> Result<Vec<RunningModel>, OllamaError> {
        let list: OllamaModelList<RunningModel> = self.get_json("api/ps", LIST_LIMITS).await?;
        Ok(list.0)
    }

    /// What is known of a model.
    pub async fn show(&self, model: &ModelName) -> Result<ShowResponse, OllamaError> {
        self.fetch_json(Method::POST, "api/show", Some(&serde_json::json!({ "model": model })), DETAIL_LIMITS).await
    }

    /// Downloads a model. Dropping the stream cancels it; there is no other way.
    pub async fn pull(&self, model: &ModelName) -> Result<PullStream, PullError> {
        let body = serde_json::json!({ "model": model, "stream": true });
        let budget = PULL_FIRST_BYTE_TIMEOUT.saturating_mul(2);
        let call = OllamaCall { path: "api/pull", retry_policy: RetryPolicy::None, budget, tracked_call: None };
        let opened =
            self.with_retries(call, || self.send(Method::POST, call.path, Some(&body), PULL_FIRST_BYTE_TIMEOUT)).await;
        let (response, attempt) = opened.map_err(PullError::from_call_error)?;
        attempt.log_answer(&AnswerMetrics::default());
        Ok(PullStream::new(LineStream::new(response, self.0.clock.clone(), PULL_IDLE_TIMEOUT)))
    }

    /// Removes a model from the disk. A loaded one must be unloaded before: afterwards its name is unknown.
    pub async fn delete(&self, model: &ModelName) -> Result<DeleteOutcome, OllamaError> {
        let body = serde_json::json!({ "model": model });
        let call = OllamaCall {
            path: "api/delete",
            retry_policy: RetryPolicy::None,
            budget: DETAIL_LIMITS.total,
            tracked_call: None,
        };
        match self
            .with_retries(call, || self.send(Method::DELETE, call.path, Some(&body), DETAIL_LIMITS.first_byte))
            .await
        {
            Ok((_, attempt)) => {
                attempt.log_answer(&AnswerMetrics::default());
                self.0.status.apply(StatusEvent::Deleted(model));
                Ok(DeleteOutcome::Deleted)
            }
            Err(OllamaError::ModelMissing(_)) => {
                self.0.status.apply(StatusEvent::Deleted(model));
                Ok(DeleteOutcome::AlreadyGone)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a model another name; an existing model of that name is replaced.
    pub async fn copy(&self, source: &ModelName, destination: &ModelName) -> Result<(), OllamaError> {
        let body = serde_json::json!({ "source": source, "destination": destination });
        let call = OllamaCall {
            path: "api/copy",
            retry_policy: RetryPolicy::None,
            budget: DETAIL_LIMITS.total,
            tracked_call: None,
        };
        let sent = || self.send(Method::POST, call.path, Some(&body), DETAIL_LIMITS.first_byte);
        let (_, attempt) = self.with_retries(call, sent).await?;
        attempt.log_answer(&AnswerMetrics::default());
        Ok(())
    }

    async fn get_json<T: DeserializeOwned>(&self, path: &'static str, limits: CallLimits) -> Result<T, OllamaError> {
        self.fetch_json::<(), T>(Method::GET, path, None, limits).await.map_err(|error| match error {
            // These paths name no model, so a 404 in JSON comes from another program.
            OllamaError::ModelMissing(_) => OllamaError::NotOllama { status: 404 },
            other => other,
        })
    }

    async fn fetch_json<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &'static str,
        body: Option<&B>,
        limits: CallLimits,
    ) -> Result<T, OllamaError> {
        let call = OllamaCall { path, retry_policy: RetryPolicy::None, budget: limits.total, tracked_call: None };
        let (answer, attempt) =
            self.with_retries(call, || self.fetch_json_once(method.clone(), path, body, limits)).await?;
        attempt.log_answer(&AnswerMetrics::default());
        Ok(answer)
    }

    async fn fetch_json_once<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &'static str,
        body: Option<&B>,
        limits: CallLimits,
    ) -> Result<T, OllamaError> {
        let response = self.send(method, path, body, limits.first_byte).await?;
        self.parse_json(response, limits).await
    }

    async fn parse_json<T: DeserializeOwned>(&self, response: Response, limits: CallLimits) -> Result<T, OllamaError> {
        if !is_json(&response) {
            return Err(OllamaError::NotOllama { status: response.status().as_u16() });
        }
        let bytes = body::read_limited(response, &self.0.clock, limits.total, limits.max_bytes).await?;
        serde_json::from_slice(&bytes).map_err(|error| OllamaError::BadAnswer(error.to_string()))
    }
}

/// The address as shown to people; holds no secret.
fn shown_host(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}
