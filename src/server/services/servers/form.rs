//! What a server is set up with, as typed, and its check.

use crate::{
    domain::{
        ids::ServerId,
        model_server::{MAX_SERVER_NAME_CHARS, MAX_SERVER_SLOTS, ServerKind},
        plain_text,
        time::Timestamp,
    },
    error::AppError,
    server::{
        models::{ollama, openai, private_network::is_private_host},
        secrets,
        services::instance_key,
        storage::servers::StoredServer,
    },
};
use sqlx::SqliteConnection;
use url::Url;

/// For what the key is that seals tokens.
pub(super) const TOKEN_PURPOSE: &str = "token of a model server";

/// A server as typed.
#[derive(Clone, Debug, Default)]
pub struct ServerForm {
    /// What the owner calls it.
    pub name: String,
    /// Word of [`ServerKind`]; not read when a server is changed.
    pub kind: String,
    /// Where it is; not read for the main server.
    pub address: String,
    /// `None`: as before; empty: none.
    pub token: Option<String>,
    /// The model to ask for; empty: the chosen one, or the only one that it offers.
    pub model: String,
    /// Requests in flight, as a number; not read for the main server.
    pub slots: String,
    /// Whether it chooses categories.
    pub categorizes: bool,
    /// Whether it scores.
    pub scores: bool,
    /// Whether the owner agrees that text goes to an address outside of private networks.
    pub consent: bool,
}

/// Reads the address of a server of a kind.
pub(super) fn parse_address(kind: ServerKind, text: &str) -> Result<Url, AppError> {
    let parsed = match kind {
        ServerKind::Ollama if text.trim().is_empty() => Err(ollama::address::OllamaAddressError::Unreadable),
        ServerKind::Ollama => ollama::address::parse(text),
        ServerKind::OpenAi => openai::address::parse(text),
    };
    parsed.map_err(|error| {
        match error {
            ollama::address::OllamaAddressError::Credentials => {
                AppError::invalid("Leave user name and password out of the address.").hint("A key goes into the token.")
            }
            ollama::address::OllamaAddressError::Scheme => AppError::invalid(format!("The address is wrong: {error}.")),
            ollama::address::OllamaAddressError::Unreadable => {
                AppError::invalid("This is no address.").hint("Write it like http://10.0.0.5:8000 or gpu:11434.")
            }
        }
        .field("address")
    })
}

pub(super) fn name_taken(name: &str) -> AppError {
    AppError::conflict(format!("There is a server called {name} already.")).hint("Choose another name.").field("name")
}

impl ServerForm {
    /// The row to store: a new one, or `before` changed. The token is sealed with the key of the instance, made when there is none.
    pub(super) async fn to_stored(
        &self,
        db: &mut SqliteConnection,
        before: Option<&StoredServer>,
        now: Timestamp,
    ) -> Result<StoredServer, AppError> {
        let name = plain_text::clean_line(&self.name);
        if name.is_empty() || name.chars().count() > MAX_SERVER_NAME_CHARS {
            return Err(AppError::invalid(format!("A name has 1 to {MAX_SERVER_NAME_CHARS} characters.")).field("name"));
        }
        let model = Some(self.model.trim().to_owned()).filter(|model| !model.is_empty());
        let (categorizes, scores) = (self.categorizes, self.scores);
        if let Some(main) = before.filter(|row| row.address.is_none()) {
            return Ok(StoredServer { name, categorizes, scores, ..main.clone() });
        }
        let kind = before.map_or(self.kind.as_str(), |row| row.kind.as_str());
        let kind = ServerKind::parse(kind).ok_or_else(|| {
            AppError::invalid(format!("“{kind}” is no kind.")).hint("ollama or openai.").field("kind")
        })?;
        let url = parse_address(kind, &self.address)?;
        let slots =
            self.slots.trim().parse().ok().filter(|slots| (1..=MAX_SERVER_SLOTS).contains(slots)).ok_or_else(|| {
                AppError::invalid(format!("Requests in flight: a number from 1 to {MAX_SERVER_SLOTS}.")).field("slots")
            })?;
        let is_private = is_private_host(&url);
        if !is_private && !self.consent {
            return Err(AppError::invalid("This address is outside of private networks.")
                .hint("Text of your articles and your interests would be sent there: agree to that, or choose another address.")
                .field("consent"));
        }
        let address = url.to_string();
        let same_address = before.filter(|row| row.address.as_deref() == Some(address.as_str()));
        let sealed_token = match &self.token {
            // A token goes only where it was meant for.
            None => same_address.and_then(|row| row.sealed_token.clone()),
            Some(token) if token.trim().is_empty() => None,
            Some(token) => Some(seal_token(db, token.trim()).await?),
        };
        let consented_at = (!is_private).then(|| same_address.and_then(|row| row.consented_at).unwrap_or(now));
        let same_model = same_address.filter(|row| row.model == model);
        Ok(StoredServer {
            id: before.map_or(ServerId(0), |row| row.id),
            name,
            kind: kind.as_str().to_owned(),
            address: Some(address),
            sealed_token,
            model,
            slots: Some(slots),
            categorizes,
            scores,
            consented_at,
            response_format: same_model.and_then(|row| row.response_format.clone()),
        })
    }
}

async fn seal_token(db: &mut SqliteConnection, token: &str) -> Result<Vec<u8>, AppError> {
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(AppError::invalid("A token has letters, digits and signs of ASCII only.").field("token"));
    }
    let key = instance_key::load_or_make(db).await?;
    secrets::seal(&key, TOKEN_PURPOSE, token).ok_or_else(AppError::internal)
}
