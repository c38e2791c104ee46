//! The client of one Ollama: one method a call, each with its own limits (ollama-api.md §5.7).
//!
//! There is no total limit on a connection: a cold load may take ten minutes before the first byte, and closing the
//! connection then would abort the load. Redirects are not followed, nothing of a browser is passed on, and the token goes to
//! the configured address only.

mod body;
mod chat;
mod pull;

pub use body::Lines;
pub use chat::{ChatAnswer, ChatPiece, ChatStream};
pub use pull::PullStream;

use super::{
    address,
    error::OllamaError,
    pull::PullError,
    seen::Seen,
    wire::{ChatOptions, ChatRequest, KeepAlive, List, Running, Show, Tag, Version},
};
use crate::server::{clock::Clock, config::OllamaConfig};
use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{error::Error as _, io, sync::Arc, time::Duration};
use tokio::sync::watch;
use url::Url;

/// How long one call may take, and how much it may bring.
#[derive(Clone, Copy, Debug)]
struct Limits {
    first_byte: Duration,
    total: Duration,
    bytes: usize,
}

const MIB: usize = 1024 * 1024;
const QUICK: Limits = Limits { first_byte: Duration::from_secs(3), total: Duration::from_secs(3), bytes: MIB };
const LIST: Limits = Limits { first_byte: Duration::from_secs(10), total: Duration::from_secs(15), bytes: 16 * MIB };
const DETAIL: Limits = Limits { first_byte: Duration::from_secs(30), total: Duration::from_secs(60), bytes: 16 * MIB };
/// Errors are read up to here, and not for longer than this.
const ERROR_BYTES: usize = 64 * 1024;
const ERROR_TIME: Duration = Duration::from_secs(5);
/// The first line of a pull is immediate; hashing 40 GB is silent for minutes.
const PULL_FIRST_BYTE: Duration = Duration::from_secs(15);
const PULL_IDLE: Duration = Duration::from_secs(15 * 60);
/// A pooled connection that the server has closed meanwhile fails at once; only then the call is made anew.
const STALE_MS: i128 = 250;

/// Whether a deleted model was still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    Now,
    /// It had gone already: the same outcome for whoever asked.
    Before,
}

/// Talks to one Ollama. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    base: Url,
    /// A client that cannot be made (no certificates on this machine) fails each call instead of the start.
    http: Result<reqwest::Client, OllamaError>,
    clock: Clock,
    first_byte: Duration,
    idle: Duration,
    seen: watch::Sender<Seen>,
}

impl Client {
    /// A client for the address and with the limits of `config`. Connects to nothing yet.
    pub fn new(config: &OllamaConfig, clock: Clock) -> Self {
        let mut base = config.host.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = build(config).map_err(|error| OllamaError::Tls(error.without_url().to_string()));
        Self(Arc::new(Inner {
            base,
            http,
            clock,
            first_byte: config.first_byte_timeout,
            idle: config.idle_timeout,
            seen: watch::Sender::default(),
        }))
    }

    /// What came of asking each model so far; can be read, and waited for.
    pub fn seen(&self) -> &watch::Sender<Seen> {
        &self.0.seen
    }

    /// The base address as shown to people; holds no secret.
    pub fn host(&self) -> String {
        self.0.base.as_str().trim_end_matches('/').to_owned()
    }

    /// The server's version; `0.0.0` and unreadable ones are passed on as they are.
    pub async fn version(&self) -> Result<String, OllamaError> {
        let answer: Version = self.get("api/version", QUICK).await?;
        answer.version.ok_or_else(|| OllamaError::BadAnswer("no version in it".into()))
    }

    /// The installed models.
    pub async fn tags(&self) -> Result<Vec<Tag>, OllamaError> {
        let list: List<Tag> = self.get("api/tags", LIST).await?;
        Ok(list.0.into_iter().filter(|tag| !tag.name.is_empty()).collect())
    }

    /// The models in memory. One that is being loaded is not among them.
    pub async fn ps(&self) -> Result<Vec<Running>, OllamaError> {
        let list: List<Running> = self.get("api/ps", LIST).await?;
        Ok(list.0)
    }

    /// What is known of a model.
    pub async fn show(&self, model: &str) -> Result<Show, OllamaError> {
        let body = serde_json::json!({ "model": model });
        let response = self.send(Method::POST, "api/show", Some(&body), DETAIL.first_byte).await?;
        self.json(response, DETAIL).await
    }

    /// Asks and waits for the whole answer, streamed or not.
    ///
    /// # Errors
    /// Anything but an answer with `done:true`.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatAnswer, OllamaError> {
        self.chat_stream(request).await?.whole().await
    }

    /// Asks and hands out the answer as it comes. Dropping the stream closes the connection, which ends the generation.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<ChatStream, OllamaError> {
        self.chat_within(request, self.0.first_byte).await
    }

    async fn chat_within(&self, request: &ChatRequest, first_byte: Duration) -> Result<ChatStream, OllamaError> {
        let response = self.send(Method::POST, "api/chat", Some(request), first_byte).await?;
        Ok(ChatStream::new(Lines::new(response, self.0.clock.clone(), self.0.idle)))
    }

    /// Brings a model into memory; answers when it is there. The options must be those of the real calls.
    pub async fn load(
        &self,
        model: &str,
        options: ChatOptions,
        keep_alive: KeepAlive,
    ) -> Result<ChatAnswer, OllamaError> {
        let patience = self.0.first_byte.max(Duration::from_secs(15 * 60));
        self.chat_within(&bare(model, options, keep_alive), patience).await?.whole().await
    }

    /// Takes a model out of memory, after the request it may be working on.
    pub async fn unload(&self, model: &str) -> Result<(), OllamaError> {
        let request = bare(model, ChatOptions::default(), KeepAlive::NOW);
        self.chat_within(&request, DETAIL.first_byte).await?.whole().await.map(drop)
    }

    /// Downloads a model. Dropping the stream cancels it; there is no other way.
    pub async fn pull(&self, model: &str) -> Result<PullStream, PullError> {
        let body = serde_json::json!({ "model": model, "stream": true });
        let response =
            self.send(Method::POST, "api/pull", Some(&body), PULL_FIRST_BYTE).await.map_err(PullError::of_call)?;
        Ok(PullStream::new(Lines::new(response, self.0.clock.clone(), PULL_IDLE)))
    }

    /// Removes a model from the disk. A loaded one must be unloaded before: afterwards its name is unknown.
    pub async fn delete(&self, model: &str) -> Result<Deleted, OllamaError> {
        let body = serde_json::json!({ "model": model });
        match self.send(Method::DELETE, "api/delete", Some(&body), DETAIL.first_byte).await {
            Ok(_) => Ok(Deleted::Now),
            Err(OllamaError::ModelMissing(_)) => Ok(Deleted::Before),
            Err(error) => Err(error),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, limits: Limits) -> Result<T, OllamaError> {
        let response =
            self.send::<()>(Method::GET, path, None, limits.first_byte).await.map_err(|error| match error {
                // These paths name no model: a 404 in JSON is another program's.
                OllamaError::ModelMissing(_) => OllamaError::NotOllama { status: 404 },
                other => other,
            })?;
        self.json(response, limits).await
    }

    async fn json<T: DeserializeOwned>(&self, response: Response, limits: Limits) -> Result<T, OllamaError> {
        if !is_json(&response) {
            return Err(OllamaError::NotOllama { status: response.status().as_u16() });
        }
        let bytes = body::read(response, &self.0.clock, limits.total, limits.bytes).await?;
        serde_json::from_slice(&bytes).map_err(|error| OllamaError::BadAnswer(error.to_string()))
    }

    /// Makes the call; the answer has status 200 and, when it has a body, claims to be JSON.
    async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
        first_byte: Duration,
    ) -> Result<Response, OllamaError> {
        let url = self.0.base.join(path).map_err(|error| OllamaError::BadRequest(error.to_string()))?;
        let body =
            body.map(serde_json::to_vec).transpose().map_err(|error| OllamaError::BadRequest(error.to_string()))?;
        let started = self.0.clock.millis();
        let mut answer = self.send_once(method.clone(), url.clone(), body.clone(), first_byte).await;
        if matches!(answer, Err(OllamaError::Broken(_))) && self.0.clock.millis() - started < STALE_MS {
            answer = self.send_once(method, url, body, first_byte).await;
        }
        let response = answer?;
        let has_body = response.headers().contains_key(CONTENT_TYPE);
        match response.status() {
            StatusCode::OK if !has_body || is_json(&response) => Ok(response),
            StatusCode::OK => Err(OllamaError::NotOllama { status: 200 }),
            _ => Err(self.refusal(response).await),
        }
    }

    async fn send_once(
        &self,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
        first_byte: Duration,
    ) -> Result<Response, OllamaError> {
        let https = url.scheme() == "https";
        let mut request = self.0.http.as_ref().map_err(Clone::clone)?.request(method, url);
        if let Some(body) = body {
            // A body of known size is sent with its length; with a chunked one Ollama would not notice when we leave.
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        tokio::select! {
            answer = request.send() => answer.map_err(|error| of_transport(error, https)),
            () = self.0.clock.sleep(first_byte) => Err(OllamaError::FirstByteTimeout),
        }
    }

    async fn refusal(&self, response: Response) -> OllamaError {
        let (status, json) = (response.status().as_u16(), is_json(&response));
        let retry_after = retry_after(response.headers());
        let bytes = body::read_some(response, &self.0.clock, ERROR_TIME, ERROR_BYTES).await;
        OllamaError::of_response(status, json, &bytes, retry_after)
    }
}

fn build(config: &OllamaConfig) -> reqwest::Result<reqwest::Client> {
    let mut headers =
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json, application/x-ndjson"))]);
    if let Some(token) = &config.bearer_token
        && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", token.0))
    {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("Gleaner/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .connect_timeout(config.connect_timeout)
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(30));
    if address::is_loopback(&config.host) {
        builder = builder.no_proxy();
    }
    if config.host.scheme() == "http" {
        // No TLS, so no certificates: saves reading the system's, and works where there are none.
        builder = builder.tls_certs_only(std::iter::empty());
    }
    builder.build()
}

fn bare(model: &str, options: ChatOptions, keep_alive: KeepAlive) -> ChatRequest {
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

fn is_json(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.to_ascii_lowercase().contains("json"))
}

/// `Retry-After` in seconds; dates are not worth a parser here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Judges a call that brought no answer, by the types in its chain of causes.
fn of_transport(error: reqwest::Error, https: bool) -> OllamaError {
    let mut kind = None;
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            kind = Some(io.kind());
        }
        cause = inner.source();
    }
    if error.is_dns() {
        return OllamaError::Dns;
    }
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => OllamaError::Refused,
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::TimedOut) => {
            OllamaError::ConnectTimeout
        }
        _ if error.is_timeout() => OllamaError::ConnectTimeout,
        _ if https && error.is_connect() => OllamaError::Tls(error.without_url().to_string()),
        _ => OllamaError::Broken(error.without_url().to_string()),
    }
}
