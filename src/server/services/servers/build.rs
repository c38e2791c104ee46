//! Making servers of what is stored.

use super::form::{TOKEN_PURPOSE, parse_address};
use crate::{
    domain::model_server::{MAIN_SERVER, ServerKind, ServerSettings},
    error::AppError,
    server::{
        config::{OllamaConfig, Secret},
        models::{
            ollama::client::OllamaClient,
            openai::{client::OpenAiClient, response_format::ResponseFormat},
            private_network::is_private_host,
            resilience::priority_queue::PriorityQueue,
            server::{ModelServer, ServerClient},
        },
        secrets::{self, InstanceKey},
        services::instance_key,
        state::App,
        storage::servers::{self as rows, StoredServer},
    },
};
use std::sync::Arc;

/// The Ollama of the settings as a server.
pub fn main_server(config: &OllamaConfig, ollama: &OllamaClient, queue: &PriorityQueue) -> ModelServer {
    let settings = ServerSettings {
        id: MAIN_SERVER,
        name: "Ollama".to_owned(),
        kind: ServerKind::Ollama,
        address: ollama.host(),
        model: String::new(),
        slots: i64::try_from(config.concurrency).unwrap_or(1).max(1),
        categorizes: true,
        scores: true,
        has_consent: false,
        has_token: config.bearer_token.is_some() || config.basic_auth.is_some(),
    };
    ModelServer::new(settings, &config.host, ServerClient::Ollama(ollama.clone()), queue.clone())
}

/// Puts what is stored into use: other processes change it too. A server whose settings did not change stays as it is, with its
/// requests and figures. Keeps what scoring found out about response formats.
#[tracing::instrument(name = "servers.refresh", level = "debug", skip_all)]
pub async fn refresh(app: &App) -> Result<(), AppError> {
    let stored = rows::list(&app.db.read).await?;
    let current = app.servers.list();
    let mut servers = Vec::with_capacity(stored.len());
    for row in &stored {
        let known = current.iter().find(|server| server.settings.id == row.id);
        let key = match &row.sealed_token {
            Some(_) => instance_key::find(&app.db.read).await?,
            None => None,
        };
        let built = match build(app, row, key.as_ref()) {
            Ok(built) => built,
            Err(error) => {
                tracing::error!(server = row.name, %error, "the server cannot be used as it is stored");
                continue;
            }
        };
        match known.filter(|known| known.settings == built.settings && known.same_token(&built)) {
            Some(known) => servers.push(known.clone()),
            None => servers.push(Arc::new(built)),
        }
    }
    let is_same =
        servers.len() == current.len() && servers.iter().zip(&current).all(|(new, old)| Arc::ptr_eq(new, old));
    if !is_same {
        app.servers.replace(servers);
    }
    keep_response_formats(app, &stored).await
}

async fn keep_response_formats(app: &App, stored: &[StoredServer]) -> Result<(), AppError> {
    let found = app.servers.list().into_iter().filter_map(|server| {
        let format = server.openai()?.response_format()?.as_str();
        let row = stored.iter().find(|row| row.id == server.settings.id)?;
        (row.response_format.as_deref() != Some(format)).then_some((row.id, format))
    });
    for (id, format) in found.collect::<Vec<_>>() {
        let mut tx = app.db.write().await?;
        rows::set_response_format(&mut tx, id, format).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The server of a row; `key` unseals its token.
///
/// # Errors
/// The row holds an address or a kind that only another version knows.
pub(super) fn build(app: &App, row: &StoredServer, key: Option<&InstanceKey>) -> Result<ModelServer, AppError> {
    let main = main_server(&app.config.ollama, &app.ollama, &app.priority_queue);
    let Some(address) = &row.address else {
        let mut settings = main.settings.clone();
        (settings.name, settings.categorizes, settings.scores) = (row.name.clone(), row.categorizes, row.scores);
        let client = ServerClient::Ollama(app.ollama.clone());
        return Ok(ModelServer::new(settings, &app.config.ollama.host, client, app.priority_queue.clone()));
    };
    let kind = ServerKind::parse(&row.kind).ok_or_else(AppError::internal)?;
    let url = parse_address(kind, address)?;
    let token = row.sealed_token.as_ref().and_then(|sealed| secrets::unseal(key?, TOKEN_PURPOSE, sealed));
    let settings = ServerSettings {
        id: row.id,
        name: row.name.clone(),
        kind,
        address: address.clone(),
        model: row.model.clone().unwrap_or_default(),
        slots: row.slots.unwrap_or(1),
        categorizes: row.categorizes,
        scores: row.scores,
        has_consent: row.consented_at.is_some(),
        has_token: row.sealed_token.is_some(),
    };
    let config = OllamaConfig {
        host: url.clone(),
        bearer_token: token.map(Secret),
        basic_auth: None,
        ..app.config.ollama.clone()
    };
    let private_only = is_private_host(&url) && !settings.has_consent;
    let client = match kind {
        ServerKind::Ollama => ServerClient::Ollama(OllamaClient::with_reach(&config, app.clock.clone(), private_only)),
        ServerKind::OpenAi => {
            let format = row.response_format.as_deref().and_then(ResponseFormat::parse);
            ServerClient::OpenAi(OpenAiClient::new(config, app.clock.clone(), private_only, format))
        }
    };
    let queue = PriorityQueue::new(usize::try_from(settings.slots).unwrap_or(1));
    let server = ModelServer::new(settings, &url, client, queue);
    Ok(server.with_sealed_token(row.sealed_token.clone()))
}
