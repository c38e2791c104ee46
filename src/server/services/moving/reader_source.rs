//! The readers to move in from.

use super::{
    freshrss::GoogleReaderSource,
    miniflux::MinifluxSource,
    source::{SourceFeed, SourcePage},
};
use crate::{
    error::AppError,
    server::{feed::fetch::ReaderCredentials, state::App},
};

/// A reader to move in from.
#[derive(Debug)]
pub enum ReaderSource {
    /// Miniflux, through its own API.
    Miniflux(MinifluxSource),
    /// FreshRSS, or another one with the Google Reader API.
    GoogleReader(GoogleReaderSource),
}

impl ReaderSource {
    /// Logs in to a Miniflux. Errors: 422 for an address that cannot be used, 503 when the reader does not answer or refuses the
    /// credentials.
    pub async fn connect_miniflux(app: &App, address: &str, credentials: ReaderCredentials) -> Result<Self, AppError> {
        Ok(Self::Miniflux(MinifluxSource::connect(app, address, credentials).await?))
    }

    /// Logs in to a FreshRSS with the password for its API. Errors as [`ReaderSource::connect_miniflux`].
    pub async fn connect_freshrss(app: &App, address: &str, user: &str, password: &str) -> Result<Self, AppError> {
        Ok(Self::GoogleReader(GoogleReaderSource::connect(app, address, user, password).await?))
    }

    /// What an import from it is called: kind, address and user, without anything secret.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Miniflux(source) => source.name(),
            Self::GoogleReader(source) => source.name(),
        }
    }

    /// Its subscriptions, in an order that stays.
    pub(super) async fn list_feeds(&self) -> Result<Vec<SourceFeed>, AppError> {
        match self {
            Self::Miniflux(source) => source.list_feeds().await,
            Self::GoogleReader(source) => source.list_feeds().await,
        }
    }

    /// The page that begins at `position`; `None`: the first.
    pub(super) async fn load_page(&self, position: Option<&str>) -> Result<SourcePage, AppError> {
        match self {
            Self::Miniflux(source) => source.load_page(position).await,
            Self::GoogleReader(source) => source.load_page(position).await,
        }
    }
}
