//! Feeds of saved searches for others: switching them on and off, their addresses, and what they answer (docs/spec/query.md,
//! Outgoing feeds).

mod document;

use super::{devices::reader_address::site_address, instance_key, saved_searches::no_such_search};
use crate::{
    domain::{
        ids::SavedSearchId,
        outgoing_feed::{OutgoingFeed, OutgoingFormat},
    },
    error::AppError,
    server::{
        feed::write::{write_atom, write_json_feed, write_rss},
        secrets::{self, InstanceKey},
        state::App,
        storage::{outgoing_feeds as rows, saved_searches},
    },
};

/// Keeps sealed secrets of outgoing feeds apart from others.
const SECRET_PURPOSE: &str = "outgoing feed";

/// Where a request was sent to, for addresses when `access.public_url` is not set.
#[derive(Clone, Copy, Debug)]
pub struct RequestedSite<'a> {
    /// The Host header.
    pub host: &'a str,
    /// Whether it came over TLS.
    pub is_secure: bool,
}

/// The outgoing feeds of all saved searches that have one.
#[tracing::instrument(name = "outgoing_feeds.list", level = "debug", skip_all)]
pub async fn list(app: &App, site: RequestedSite<'_>) -> Result<Vec<OutgoingFeed>, AppError> {
    select(app, None, site).await
}

/// The outgoing feed of a saved search. 404 when there is no such search, or its feed is off.
#[tracing::instrument(name = "outgoing_feeds.load", level = "debug", skip_all, fields(%id))]
pub async fn load(app: &App, id: SavedSearchId, site: RequestedSite<'_>) -> Result<OutgoingFeed, AppError> {
    if let Some(feed) = select(app, Some(id), site).await?.pop() {
        return Ok(feed);
    }
    if saved_searches::select(&app.db.read, Some(id)).await?.is_empty() {
        return Err(no_such_search());
    }
    Err(AppError::not_found("This saved search has no outgoing feed.").hint("Create its address first."))
}

/// Gives a saved search an outgoing feed with a new secret; an earlier address of it ends. 404.
#[tracing::instrument(name = "outgoing_feeds.renew", level = "debug", skip_all, fields(%id))]
pub async fn renew(app: &App, id: SavedSearchId, site: RequestedSite<'_>) -> Result<OutgoingFeed, AppError> {
    let secret = hex::encode(secrets::random_key());
    let mut db = app.db.write().await?;
    let key = instance_key::load_or_make(&mut db).await?;
    let sealed = secrets::seal(&key, SECRET_PURPOSE, &secret).ok_or_else(AppError::internal)?;
    if !rows::store(&mut db, id, &secrets::sha256(&secret), &sealed, app.clock.now()).await? {
        return Err(no_such_search());
    }
    db.commit().await?;
    Ok(outgoing_feed(app, id, &secret, site))
}

/// Switches the outgoing feed of a saved search off: its address ends. 404 when it is off.
#[tracing::instrument(name = "outgoing_feeds.switch_off", level = "debug", skip_all, fields(%id))]
pub async fn switch_off(app: &App, id: SavedSearchId) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if !rows::delete(&mut db, id).await? {
        return Err(AppError::not_found("This saved search has no outgoing feed."));
    }
    Ok(db.commit().await?)
}

/// The document at an address. 404 for a secret that is wrong or was renewed.
#[tracing::instrument(name = "outgoing_feeds.render", level = "debug", skip_all)]
pub async fn render(
    app: &App,
    secret: &str,
    format: OutgoingFormat,
    site: RequestedSite<'_>,
) -> Result<String, AppError> {
    let found = rows::find_search(&app.db.read, &secrets::sha256(secret)).await?;
    let (search, created_at) = found.ok_or_else(|| AppError::not_found("There is no feed at this address."))?;
    let key = load_key(app).await?;
    let self_url = outgoing_feed(app, search.id, secret, site).address_in(format);
    let home = site_address(&app.config.access, site.host, site.is_secure);
    match format {
        OutgoingFormat::Opml => document::render_opml(app, &search).await,
        format => {
            let feed = document::load(app, &search, created_at, (&key, &home, self_url)).await?;
            Ok(match format {
                OutgoingFormat::Json => write_json_feed(&feed),
                OutgoingFormat::Rss => write_rss(&feed),
                OutgoingFormat::Atom | OutgoingFormat::Opml => write_atom(&feed),
            })
        }
    }
}

async fn select(
    app: &App,
    only: Option<SavedSearchId>,
    site: RequestedSite<'_>,
) -> Result<Vec<OutgoingFeed>, AppError> {
    let stored = rows::select(&app.db.read, only).await?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let key = load_key(app).await?;
    // A secret that another key sealed cannot be shown; renewing it helps.
    let shown = stored.into_iter().filter_map(|(search, sealed)| {
        let secret = secrets::unseal(&key, SECRET_PURPOSE, &sealed)?;
        Some(outgoing_feed(app, search, &secret, site))
    });
    Ok(shown.collect())
}

/// The key of the instance, which was made with the first secret.
async fn load_key(app: &App) -> Result<InstanceKey, AppError> {
    instance_key::find(&app.db.read).await?.ok_or_else(AppError::internal)
}

fn outgoing_feed(app: &App, search: SavedSearchId, secret: &str, site: RequestedSite<'_>) -> OutgoingFeed {
    let root = site_address(&app.config.access, site.host, site.is_secure);
    OutgoingFeed { search, address: format!("{root}out/{secret}") }
}
