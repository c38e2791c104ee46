//! Asking a model, and bringing it into memory or out of it.

use super::{DETAIL_LIMITS, LineStream, OllamaClient};
use crate::server::models::ollama::client::{
    chat_stream::{ChatAnswer, ChatChunk, ChatReader, ChatStream},
    retry::{OllamaCall, to_millis},
    tracked_call::TrackedCall,
};
use crate::{
    domain::model_name::{ModelName, same_model},
    server::models::{
        ollama::{
            error::OllamaError,
            metrics::AnswerMetrics,
            wire::{ChatOptions, ChatRequest, KeepAlive},
        },
        resilience::retry_policy::RetryPolicy,
    },
};
use reqwest::Method;
use std::time::Duration;

const CHAT_PATH: &str = "api/chat";
/// A load that somebody asked for is waited for at least so long before it is looked whether it is still under way.
const LOAD_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

impl OllamaClient {
    /// Asks and waits for the whole answer, streamed or not, through every failure that passes.
    ///
    /// # Errors
    /// Anything but an answer with `done:true`.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatAnswer, OllamaError> {
        self.chat_with_policy(request, RetryPolicy::Full).await
    }

    /// As [`Client::chat`], tried again as `patience` says.
    pub async fn chat_with_policy(
        &self,
        request: &ChatRequest,
        patience: RetryPolicy,
    ) -> Result<ChatAnswer, OllamaError> {
        let flight = TrackedCall::begin(self, &request.model, request.keep_alive.as_ref());
        let call = self.chat_call(patience, &flight);
        let (answer, trial) = self.with_retries(call, || self.chat_once(request, self.0.first_byte, call.tracked_call)).await?;
        flight.record_answer(&answer.metrics);
        trial.log_answer(&answer.metrics);
        Ok(answer)
    }

    /// Asks and hands out the answer as it comes. Tried again as long as nothing of it has come; dropping the stream closes the
    /// connection, which ends the generation.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<ChatStream, OllamaError> {
        let deadline_ms = self.0.clock.millis() + to_millis(self.0.budget);
        let flight = TrackedCall::begin(self, &request.model, request.keep_alive.as_ref());
        let call = self.chat_call(RetryPolicy::Full, &flight);
        let attempt = || self.start_stream_once(request, call.tracked_call, deadline_ms);
        let ((reading, first), trial) = self.with_retries(call, attempt).await?;
        Ok(ChatStream::new(reading, first, flight, trial))
    }

    /// Brings a model into memory; answers when it is there. Options and `keep_alive` must be those of the real requests.
    pub async fn load(
        &self,
        model: &str,
        options: ChatOptions,
        keep_alive: KeepAlive,
    ) -> Result<ChatAnswer, OllamaError> {
        let flight = TrackedCall::begin(self, model, Some(&keep_alive));
        let request = empty_request(model, options, keep_alive);
        let first_byte = self.0.first_byte.max(LOAD_FIRST_BYTE_TIMEOUT);
        let call = self.chat_call(RetryPolicy::Full, &flight);
        let (answer, trial) = self.with_retries(call, || self.chat_once(&request, first_byte, call.tracked_call)).await?;
        flight.record_load(trial.elapsed());
        trial.log_answer(&answer.metrics);
        Ok(answer)
    }

    /// Takes a model out of memory, after the request it may be working on.
    pub async fn unload(&self, model: &str) -> Result<(), OllamaError> {
        let request = empty_request(model, ChatOptions::default(), KeepAlive::UNLOAD_NOW);
        let call =
            OllamaCall { path: CHAT_PATH, retry_policy: RetryPolicy::None, budget: DETAIL_LIMITS.total, tracked_call: None };
        let (_, trial) = self.with_retries(call, || self.chat_once(&request, DETAIL_LIMITS.first_byte, None)).await?;
        trial.log_answer(&AnswerMetrics::default());
        Ok(())
    }

    fn chat_call<'a>(&self, patience: RetryPolicy, flight: &'a TrackedCall) -> OllamaCall<'a> {
        OllamaCall { path: CHAT_PATH, retry_policy: patience, budget: self.0.budget, tracked_call: Some(flight) }
    }

    async fn chat_once(
        &self,
        request: &ChatRequest,
        first_byte: Duration,
        flight: Option<&TrackedCall>,
    ) -> Result<ChatAnswer, OllamaError> {
        self.open_reader(request, first_byte, flight).await?.collect().await
    }

    /// An answer that has begun, with its first piece.
    async fn start_stream_once(
        &self,
        request: &ChatRequest,
        flight: Option<&TrackedCall>,
        deadline_ms: i128,
    ) -> Result<(ChatReader, Option<ChatChunk>), OllamaError> {
        let mut reading = self.open_reader(request, self.0.first_byte, flight).await?.with_deadline(deadline_ms, self.0.budget);
        let first = reading.next().await?;
        Ok((reading, first))
    }

    async fn open_reader(
        &self,
        request: &ChatRequest,
        first_byte: Duration,
        flight: Option<&TrackedCall>,
    ) -> Result<ChatReader, OllamaError> {
        // The wait for the first byte is kept here; at the latest the budget ends it, so what `send` waits is longer.
        let sending = self.send(Method::POST, CHAT_PATH, Some(request), self.0.budget.saturating_mul(2));
        tokio::pin!(sending);
        let response = loop {
            tokio::select! {
                response = &mut sending => break response?,
                () = self.0.clock.sleep(first_byte) => {
                    // To leave while the model is being loaded would only end the load.
                    if flight.is_none() || !self.is_being_loaded(&request.model).await {
                        return Err(OllamaError::FirstByteTimeout);
                    }
                }
            }
        };
        Ok(ChatReader::new(LineStream::new(response, self.0.clock.clone(), self.0.idle), flight.cloned()))
    }

    /// Whether a model that does not answer is being loaded, or waits for its turn to be: then it is not in memory. One in the
    /// cloud is in nobody's memory here.
    async fn is_being_loaded(&self, model: &str) -> bool {
        let is_cloud = ModelName::parse(model).is_ok_and(|name| name.is_cloud());
        !is_cloud && self.list_running().await.is_ok_and(|running| !running.iter().any(|row| same_model(&row.name, model)))
    }
}

fn empty_request(model: &str, options: ChatOptions, keep_alive: KeepAlive) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: Vec::new(),
        stream: true,
        format: None,
        think: None,
        truncate: None,
        keep_alive: Some(keep_alive),
        options,
    }
}
