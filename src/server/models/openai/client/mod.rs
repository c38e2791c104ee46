//! The client of one server with OpenAI's API. Redirects are not followed, and the token goes to the configured address only.

mod answer;

use super::{
    error::{self, from_error_object, is_format_refused},
    response_format::ResponseFormat,
    wire::{self, ServedModel},
};
use crate::{
    domain::model_name::ModelName,
    server::{
        clock::Clock,
        config::OllamaConfig,
        models::{
            ollama::{
                client::{
                    ChatAnswer, LineStream, build_http_client, classify_transport_error, parse_retry_after,
                    read_limited, read_truncated,
                },
                error::OllamaError,
                wire::ChatRequest,
            },
            resilience::retry_policy::{RetryPolicy, RetryState},
        },
    },
};
use answer::{MAX_ANSWER_BYTES, StreamedAnswer, parse_answer};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use url::Url;

const LIST_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;
const MAX_ERROR_BYTES: usize = 64 * 1024;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);
/// The body of Ollama's `GET /`.
const OLLAMA_GREETING: &str = "Ollama is running";

/// Sends requests to one server with OpenAI's API. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OpenAiClient(Arc<OpenAiClientInner>);

#[derive(Debug)]
struct OpenAiClientInner {
    /// Ends in `/v1/`.
    base: Url,
    http: Result<reqwest::Client, OllamaError>,
    clock: Clock,
    limits: OllamaConfig,
    /// What the last probe found.
    format: Mutex<Option<ResponseFormat>>,
}

impl OpenAiClient {
    /// A client for the address and with the token and limits of `config`. With `private_only`, names that resolve to an address
    /// outside of private networks are not connected to, and no proxy is used. Connects to nothing yet.
    pub fn new(config: OllamaConfig, clock: Clock, private_only: bool, format: Option<ResponseFormat>) -> Self {
        let http = build_http_client(&config, private_only);
        let base = config.host.clone();
        Self(Arc::new(OpenAiClientInner { base, http, clock, limits: config, format: Mutex::new(format) }))
    }

    /// The response format that the last probe found; `None` before.
    pub fn response_format(&self) -> Option<ResponseFormat> {
        *self.0.format.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store_response_format(&self, format: Option<ResponseFormat>) {
        *self.0.format.lock().unwrap_or_else(PoisonError::into_inner) = format;
    }

    /// The models that the server offers.
    pub async fn list_models(&self) -> Result<Vec<ServedModel>, OllamaError> {
        let body = self.get_json("models").await?;
        wire::parse_models(&body).ok_or(OllamaError::NotOllama { status: 200 })
    }

    /// The tokens of context of a model: as the list says, else as llama.cpp's `/props` says; `None` when neither does.
    pub async fn find_context_length(&self, served: &ServedModel) -> Option<i64> {
        match served.context_length {
            Some(tokens) => Some(tokens),
            None => wire::parse_props(&self.get_json("../props").await.ok()?),
        }
    }

    /// Whether the server is Ollama, which must be used by its own API: its `/v1` hides errors in the middle of an answer.
    pub async fn is_ollama(&self) -> bool {
        let Ok(response) = self.send(Method::GET, "../", None, LIST_TIMEOUT).await else { return false };
        let body = read_truncated(response, &self.0.clock, ERROR_BODY_TIMEOUT, OLLAMA_GREETING.len()).await;
        body == OLLAMA_GREETING.as_bytes()
    }

    /// Finds the response format that the server obeys by asking a test question in each, and stores it.
    ///
    /// # Errors
    /// The server fails, or obeys no format.
    pub async fn probe_response_format(&self, model: &ModelName) -> Result<ResponseFormat, OllamaError> {
        let request = wire::probe_request(model);
        for &format in ResponseFormat::ALL {
            match self.chat_once(&request, format).await {
                Ok(answer) if wire::obeys_probe(&answer.content, format) => {
                    tracing::info!(host = %self.0.base, format = format.as_str(), "found the response format of the server");
                    self.store_response_format(Some(format));
                    return Ok(format);
                }
                Ok(_) => {}
                // Some engines answer an unknown field with an internal error.
                Err(OllamaError::BadRequest(_) | OllamaError::Server(_)) if format != ResponseFormat::Plain => {}
                Err(error) => return Err(error),
            }
        }
        Err(OllamaError::BadAnswer("the server obeys no response format".to_owned()))
    }

    /// Sends a chat request and waits for the whole answer. The first one probes how to ask for JSON; one that is refused for
    /// that is sent again after another probe.
    ///
    /// # Errors
    /// Anything but an answer with an end.
    pub async fn chat(&self, request: &ChatRequest, policy: RetryPolicy) -> Result<ChatAnswer, OllamaError> {
        let kept = self.response_format();
        match self.chat_with_retries(request, policy).await {
            Err(error) if is_format_refused(&error) && kept.is_some() => {
                self.store_response_format(None);
                self.chat_with_retries(request, policy).await
            }
            other => other,
        }
    }

    async fn chat_with_retries(&self, request: &ChatRequest, policy: RetryPolicy) -> Result<ChatAnswer, OllamaError> {
        let clock = &self.0.clock;
        let budget = self.0.limits.request_budget;
        let began_ms = clock.monotonic_ms();
        let elapsed_since = |ms: i128| Duration::from_millis(u64::try_from(clock.monotonic_ms() - ms).unwrap_or(0));
        let mut retries = RetryState::new(policy, self.0.limits.retries);
        loop {
            let attempt_ms = clock.monotonic_ms();
            let left = budget.saturating_sub(elapsed_since(began_ms));
            let outcome = tokio::select! {
                outcome = self.chat_probed(request) => outcome,
                () = clock.sleep(left) => Err(OllamaError::OverBudget(budget)),
            };
            let error = match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let left = budget.saturating_sub(elapsed_since(began_ms));
            let pause = retries.next_pause(&error, elapsed_since(attempt_ms), left, rand::random());
            tracing::debug!(host = %self.0.base, cause = error.code(), %error, ?pause, "the server did not answer");
            let Some(pause) = pause else { return Err(error) };
            clock.sleep(pause).await;
        }
    }

    async fn chat_probed(&self, request: &ChatRequest) -> Result<ChatAnswer, OllamaError> {
        let format = match (&request.format, self.response_format()) {
            (None, _) => ResponseFormat::Plain,
            (Some(_), Some(format)) => format,
            (Some(_), None) => self.probe_response_format(&request.model).await?,
        };
        self.chat_once(request, format).await
    }

    async fn chat_once(&self, request: &ChatRequest, format: ResponseFormat) -> Result<ChatAnswer, OllamaError> {
        let body = wire::chat_body(request, format);
        let (clock, limits) = (&self.0.clock, &self.0.limits);
        let began_ms = clock.monotonic_ms();
        let response = self.send(Method::POST, "chat/completions", Some(&body), limits.first_byte_timeout).await?;
        if request.stream {
            let lines = LineStream::new(response, clock.clone(), limits.idle_timeout);
            return StreamedAnswer::new(clock.clone(), began_ms).collect(lines).await;
        }
        let bytes = read_limited(response, clock, limits.idle_timeout, MAX_ANSWER_BYTES).await?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|error| OllamaError::BadAnswer(error.to_string()))?;
        parse_answer(&body, clock.monotonic_ms() - began_ms)
    }

    async fn get_json(&self, path: &str) -> Result<Value, OllamaError> {
        let response = self.send(Method::GET, path, None, LIST_TIMEOUT).await?;
        let bytes = read_limited(response, &self.0.clock, LIST_TIMEOUT, MAX_LIST_BYTES).await?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|_| OllamaError::NotOllama { status: 200 })?;
        match body.get("error") {
            Some(error) if !error.is_null() => Err(from_error_object(None, &body, None)),
            _ => Ok(body),
        }
    }

    /// Sends the request and waits up to `first_byte` for the answer, which has status 200.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        first_byte: Duration,
    ) -> Result<Response, OllamaError> {
        let url = self.0.base.join(path).map_err(|error| OllamaError::BadRequest(error.to_string()))?;
        let is_https = url.scheme() == "https";
        let mut request = self.0.http.as_ref().map_err(Clone::clone)?.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = tokio::select! {
            answer = request.send() => answer.map_err(|error| classify_transport_error(error, is_https))?,
            () = self.0.clock.sleep(first_byte) => return Err(OllamaError::FirstByteTimeout),
        };
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let (status, retry_after) = (response.status().as_u16(), parse_retry_after(response.headers()));
        let bytes = read_truncated(response, &self.0.clock, ERROR_BODY_TIMEOUT, MAX_ERROR_BYTES).await;
        Err(error::from_response(status, &bytes, retry_after))
    }
}
