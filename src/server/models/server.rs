//! One model server of either kind, as the scorer uses it.

use super::{
    ollama::{
        client::{ChatAnswer, OllamaClient},
        error::OllamaError,
        error_message,
        wire::{ChatRequest, InstalledModel},
    },
    openai::{self, client::OpenAiClient, wire::ServedModel},
    private_network::is_private_host,
    resilience::{priority_queue::PriorityQueue, retry_policy::RetryPolicy},
};
use crate::{
    domain::{
        model_name::ModelName,
        model_server::{MAIN_SERVER, ServerSettings, ServerStatus},
    },
    error::{AppError, ErrorKind},
};
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The client of one kind of server.
#[derive(Clone, Debug)]
pub enum ServerClient {
    /// Ollama's native API.
    Ollama(OllamaClient),
    /// OpenAI's API.
    OpenAi(OpenAiClient),
}

/// One server as it is set up; a change of its settings makes another value.
#[derive(Debug)]
pub struct ModelServer {
    /// How it is set up.
    pub settings: ServerSettings,
    /// Its requests in flight.
    pub queue: PriorityQueue,
    /// Cancelled when its settings changed or it was removed.
    pub retired: CancellationToken,
    client: ServerClient,
    is_private: bool,
    /// The sealed token as stored, to find out whether it changed.
    sealed_token: Option<Vec<u8>>,
    figures: ServerFigures,
    /// What the server offered when it was asked first.
    target: Mutex<Option<ChatTarget>>,
}

/// The model that a chat request names at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatTarget {
    /// The name of the model there.
    pub model: ModelName,
    /// Tokens of its context, when the server tells.
    pub context_length: Option<i64>,
}

#[derive(Debug, Default)]
struct ServerFigures {
    in_flight: AtomicI64,
    answers: AtomicI64,
    failures: AtomicI64,
    last: Mutex<LastOutcome>,
}

#[derive(Debug, Default)]
struct LastOutcome {
    error: Option<OllamaError>,
    tokens_per_second: Option<f64>,
}

impl ModelServer {
    /// A server at an address.
    pub fn new(settings: ServerSettings, address: &Url, client: ServerClient, queue: PriorityQueue) -> Self {
        Self {
            settings,
            queue,
            retired: CancellationToken::new(),
            client,
            is_private: is_private_host(address),
            sealed_token: None,
            figures: ServerFigures::default(),
            target: Mutex::default(),
        }
    }

    /// The same with the token as it is stored.
    pub fn with_sealed_token(self, sealed_token: Option<Vec<u8>>) -> Self {
        Self { sealed_token, ..self }
    }

    /// Whether both have the same token, or none.
    pub fn same_token(&self, other: &Self) -> bool {
        self.sealed_token == other.sealed_token
    }

    /// Requests that may be in flight; at least one.
    pub fn slots(&self) -> usize {
        usize::try_from(self.settings.slots).unwrap_or(1).max(1)
    }

    /// Whether the text of articles may be sent there: the address is within private networks, or the owner agreed. The owner
    /// chose the address of the main server in the settings.
    pub const fn may_receive_text(&self) -> bool {
        self.is_private || self.settings.has_consent || self.settings.id.0 == MAIN_SERVER.0
    }

    /// What to ask for in place of `wanted`, the model that the owner chose.
    ///
    /// # Errors
    /// The server cannot be asked, or offers no such model.
    pub async fn find_target(&self, wanted: &ModelName) -> Result<ChatTarget, OllamaError> {
        let named = ModelName::from(self.settings.model.as_str());
        let ServerClient::OpenAi(client) = &self.client else {
            let model = if self.settings.model.is_empty() { wanted.clone() } else { named };
            return Ok(ChatTarget { model, context_length: None });
        };
        if let Some(target) = self.lock_target().clone() {
            return Ok(target);
        }
        let offered = client.list_models().await?;
        let served = choose_model(&offered, &named)?;
        let target = ChatTarget { model: served.id.clone(), context_length: client.find_context_length(served).await };
        *self.lock_target() = Some(target.clone());
        Ok(target)
    }

    /// Sends a chat request and waits for the whole answer. The only way by which text of articles gets to a server that is not
    /// the main one.
    ///
    /// # Errors
    /// The server failed, or may not receive text.
    pub async fn chat(&self, request: &ChatRequest, policy: RetryPolicy) -> Result<ChatAnswer, OllamaError> {
        if !self.may_receive_text() {
            return Err(OllamaError::Forbidden("you have not agreed to send text to this address".to_owned()));
        }
        self.figures.in_flight.fetch_add(1, Ordering::Relaxed);
        let counted = CountedRequest(&self.figures.in_flight);
        let outcome = match &self.client {
            ServerClient::Ollama(client) => client.chat_with_policy(request, policy).await,
            ServerClient::OpenAi(client) => client.chat(request, policy).await,
        };
        drop(counted);
        self.record(&outcome);
        outcome
    }

    /// Checks that the server answers; sends no text of articles or readers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), OllamaError> {
        let outcome = match &self.client {
            ServerClient::Ollama(client) => client.version().await.map(drop),
            ServerClient::OpenAi(client) => client.list_models().await.map(drop),
        };
        self.lock_last().error = outcome.as_ref().err().cloned();
        outcome
    }

    /// The client for OpenAI's API, when it is of that kind.
    pub const fn openai(&self) -> Option<&OpenAiClient> {
        match &self.client {
            ServerClient::OpenAi(client) => Some(client),
            ServerClient::Ollama(_) => None,
        }
    }

    /// The names of the models that it offers.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn list_model_names(&self) -> Result<Vec<ModelName>, OllamaError> {
        Ok(match &self.client {
            ServerClient::Ollama(client) => {
                client.list_installed().await?.into_iter().map(|installed| installed.name).collect()
            }
            ServerClient::OpenAi(client) => client.list_models().await?.into_iter().map(|served| served.id).collect(),
        })
    }

    /// Message and hint of an error of this server.
    pub fn message_and_hint(&self, error: &OllamaError) -> (String, String) {
        match &self.client {
            ServerClient::Ollama(client) => error_message::message_and_hint(error, &client.host()),
            ServerClient::OpenAi(_) => openai::error_message::message_and_hint(error, &self.settings.name),
        }
    }

    /// An error of this server as the answer to a form or a request.
    pub fn to_app_error(&self, error: &OllamaError) -> AppError {
        let (message, hint) = self.message_and_hint(error);
        AppError::new(ErrorKind::Unavailable, message).hint(hint)
    }

    /// What is known of it now.
    pub fn status(&self) -> ServerStatus {
        let last = self.lock_last();
        let refused = (!self.may_receive_text())
            .then(|| "It is outside of private networks, and you have not agreed to send text there.".to_owned());
        ServerStatus {
            settings: self.settings.clone(),
            is_private: self.is_private,
            problem: refused.or_else(|| {
                let (message, hint) = self.message_and_hint(last.error.as_ref()?);
                Some(format!("{message} {hint}"))
            }),
            in_flight: self.figures.in_flight.load(Ordering::Relaxed),
            answers: self.figures.answers.load(Ordering::Relaxed),
            failures: self.figures.failures.load(Ordering::Relaxed),
            tokens_per_second: last.tokens_per_second,
            response_format: self
                .openai()
                .and_then(OpenAiClient::response_format)
                .map(|format| format.as_str().to_owned()),
        }
    }

    /// The models on its disk with their digests; `None` when its API tells none, or when it cannot be asked.
    pub async fn list_installed(&self) -> Option<Vec<InstalledModel>> {
        match &self.client {
            ServerClient::Ollama(client) => client.list_installed().await.ok(),
            ServerClient::OpenAi(_) => None,
        }
    }

    fn record(&self, outcome: &Result<ChatAnswer, OllamaError>) {
        let mut last = self.lock_last();
        match outcome {
            Ok(answer) => {
                self.figures.answers.fetch_add(1, Ordering::Relaxed);
                last.error = None;
                last.tokens_per_second = answer.metrics.tokens_per_second().or(last.tokens_per_second);
            }
            Err(error) => {
                self.figures.failures.fetch_add(1, Ordering::Relaxed);
                last.error = Some(error.clone());
                if matches!(error, OllamaError::ModelMissing(_)) {
                    *self.lock_target() = None;
                }
            }
        }
    }

    fn lock_last(&self) -> MutexGuard<'_, LastOutcome> {
        self.figures.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_target(&self) -> MutexGuard<'_, Option<ChatTarget>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one request in flight until it is dropped.
struct CountedRequest<'a>(&'a AtomicI64);

impl Drop for CountedRequest<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The model called `named`; without a name the only one.
fn choose_model<'a>(offered: &'a [ServedModel], named: &ModelName) -> Result<&'a ServedModel, OllamaError> {
    let found = match (named.as_str(), offered) {
        ("", [only]) => Some(only),
        ("", _) => None,
        _ => offered.iter().find(|served| served.id == *named),
    };
    found.ok_or_else(|| OllamaError::ModelMissing(format!("{} models are offered, not “{named}”", offered.len())))
}
