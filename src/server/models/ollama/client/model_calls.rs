//! Requests to a model: chat, load, unload.

use super::{DETAIL_LIMITS, LineStream, OllamaClient};
use crate::server::models::ollama::client::{
    chat_stream::{ChatAnswer, ChatChunk, ChatReader, ChatStream},
    deadline::to_millis,
    retry::OllamaCall,
    tracked_call::TrackedCall,
};
use crate::{
    domain::model_name::ModelName,
    server::models::{
        ollama::{
            error::OllamaError,
            metrics::AnswerMetrics,
            wire::{ChatOptions, ChatRequest, KeepAlive},
        },
        resilience::retry_policy::RetryPolicy,
        status::event::StatusEvent,
    },
};
use reqwest::Method;
use std::time::Duration;

const CHAT_PATH: &str = "api/chat";
/// A requested load is waited for at least this long before it is checked whether it is still under way.
const LOAD_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

impl OllamaClient {
    /// Sends a chat request and waits for the whole answer, with all retries.
    ///
    /// # Errors
    /// Anything but an answer with `done:true`.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatAnswer, OllamaError> {
        self.chat_with_policy(request, RetryPolicy::Full).await
    }

    /// As [`OllamaClient::chat`], with another retry policy.
    pub async fn chat_with_policy(
        &self,
        request: &ChatRequest,
        retry_policy: RetryPolicy,
    ) -> Result<ChatAnswer, OllamaError> {
        let tracked_call = TrackedCall::begin(self, &request.model, request.keep_alive.as_ref());
        let call = self.chat_call(retry_policy, &tracked_call);
        let (answer, attempt) =
            self.with_retries(call, || self.chat_once(request, self.0.first_byte, call.tracked_call)).await?;
        tracked_call.record_answer(&answer.metrics);
        attempt.log_answer(&answer.metrics);
        Ok(answer)
    }

    /// Sends a chat request and returns the answer as a stream. Retried until the first chunk; dropping the stream closes the
    /// connection, which ends the generation.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<ChatStream, OllamaError> {
        let deadline_ms = self.0.clock.monotonic_ms() + to_millis(self.0.budget);
        let tracked_call = TrackedCall::begin(self, &request.model, request.keep_alive.as_ref());
        let call = self.chat_call(RetryPolicy::Full, &tracked_call);
        let attempt = || self.start_stream_once(request, call.tracked_call, deadline_ms);
        let ((reader, first), call_attempt) = self.with_retries(call, attempt).await?;
        Ok(ChatStream::new(reader, first, tracked_call, call_attempt))
    }

    /// Loads a model into memory. Options and `keep_alive` must be those of the real requests; a `keep_alive` of 0, which would
    /// unload it, is left to the server's default.
    pub async fn load(
        &self,
        model: &ModelName,
        options: ChatOptions,
        keep_alive: KeepAlive,
    ) -> Result<ChatAnswer, OllamaError> {
        let keep_alive = Some(keep_alive).filter(|keep_alive| keep_alive.duration() != Some(Duration::ZERO));
        let tracked_call = TrackedCall::begin(self, model, keep_alive.as_ref());
        let request = empty_request(model, options, keep_alive);
        let first_byte = self.0.first_byte.max(LOAD_FIRST_BYTE_TIMEOUT);
        let call = self.chat_call(RetryPolicy::Full, &tracked_call);
        let (answer, attempt) =
            self.with_retries(call, || self.chat_once(&request, first_byte, call.tracked_call)).await?;
        tracked_call.record_load(attempt.elapsed());
        attempt.log_answer(&answer.metrics);
        Ok(answer)
    }

    /// Takes a model out of memory, after the request it may be working on.
    pub async fn unload(&self, model: &ModelName) -> Result<(), OllamaError> {
        let request = empty_request(model, ChatOptions::default(), Some(KeepAlive::UNLOAD_NOW));
        let call = OllamaCall {
            path: CHAT_PATH,
            retry_policy: RetryPolicy::None,
            budget: DETAIL_LIMITS.total,
            tracked_call: None,
        };
        let (_, attempt) = self.with_retries(call, || self.chat_once(&request, DETAIL_LIMITS.first_byte, None)).await?;
        self.0.status.apply(StatusEvent::Unloaded(model));
        attempt.log_answer(&AnswerMetrics::default());
        Ok(())
    }

    fn chat_call<'a>(&self, retry_policy: RetryPolicy, tracked_call: &'a TrackedCall) -> OllamaCall<'a> {
        OllamaCall { path: CHAT_PATH, retry_policy, budget: self.0.budget, tracked_call: Some(tracked_call) }
    }

    async fn chat_once(
        &self,
        request: &ChatRequest,
        first_byte: Duration,
        tracked_call: Option<&TrackedCall>,
    ) -> Result<ChatAnswer, OllamaError> {
        self.open_reader(request, first_byte, tracked_call).await?.collect().await
    }

    /// A started answer with its first chunk.
    async fn start_stream_once(
        &self,
        request: &ChatRequest,
        tracked_call: Option<&TrackedCall>,
        deadline_ms: i128,
    ) -> Result<(ChatReader, Option<ChatChunk>), OllamaError> {
        let mut reader =
            self.open_reader(request, self.0.first_byte, tracked_call).await?.with_deadline(deadline_ms, self.0.budget);
        let first = reader.next().await?;
        Ok((reader, first))
    }

    async fn open_reader(
        &self,
        request: &ChatRequest,
        first_byte: Duration,
        tracked_call: Option<&TrackedCall>,
    ) -> Result<ChatReader, OllamaError> {
        // The timeout for the first byte is kept here and the budget ends it at the latest, so that of `send` is longer.
        let sending = self.send(Method::POST, CHAT_PATH, Some(request), self.0.budget.saturating_mul(2));
        tokio::pin!(sending);
        let response = loop {
            tokio::select! {
                response = &mut sending => break response?,
                () = self.0.clock.sleep(first_byte) => {
                    // Closing the connection while the model is being loaded would abort the load.
                    if tracked_call.is_none() || !self.is_being_loaded(&request.model).await {
                        return Err(OllamaError::FirstByteTimeout);
                    }
                }
            }
        };
        Ok(ChatReader::new(LineStream::new(response, self.0.clock.clone(), self.0.idle), tracked_call.cloned()))
    }

    /// Whether a model that does not answer is being loaded or waits for that: then it is not in memory. A cloud model
    /// is never in the memory of this server.
    async fn is_being_loaded(&self, model: &ModelName) -> bool {
        !model.is_cloud() && self.list_running().await.is_ok_and(|running| running.iter().all(|row| row.name != *model))
    }
}

fn empty_request(model: &ModelName, options: ChatOptions, keep_alive: Option<KeepAlive>) -> ChatRequest {
    ChatRequest {
        model: model.clone(),
        messages: Vec::new(),
        stream: true,
        format: None,
        think: None,
        truncate: None,
        keep_alive,
        options,
    }
}
