//! Offering and adding well-known feeds by topic.

use super::{import_opml, list_feeds};
use crate::{
    domain::{
        feed::OpmlImportReport,
        feed_url::FeedUrl,
        starter_pack::{StarterFeed, StarterPackOffer},
    },
    error::AppError,
    server::{
        feed::{opml, starter_packs::STARTER_PACKS},
        state::App,
    },
};
use std::collections::HashSet;

/// All lists, with what the reader has of each.
#[tracing::instrument(name = "subscriptions.list_starter_packs", level = "debug", skip_all)]
pub async fn list_starter_packs(app: &App) -> Result<Vec<StarterPackOffer>, AppError> {
    let known: HashSet<String> = list_feeds(app).await?.into_iter().map(|feed| feed.url.to_string()).collect();
    let offers = STARTER_PACKS.iter().map(|pack| {
        let outlines = opml::parse(pack.document.as_bytes()).map(|list| list.outlines).unwrap_or_default();
        let title = outlines.iter().find_map(|outline| outline.folder.clone()).unwrap_or_default();
        let feeds = outlines.into_iter().map(|outline| {
            let url = FeedUrl::parse(&outline.url).map_or(outline.url, |url| url.to_string());
            StarterFeed { title: outline.title, is_subscribed: known.contains(&url), url }
        });
        StarterPackOffer { name: pack.name.to_owned(), title, feeds: feeds.collect() }
    });
    Ok(offers.collect())
}

/// Subscribes to all feeds of a list, as an import of its file does. 404 when there is no such list.
#[tracing::instrument(name = "subscriptions.add_starter_pack", level = "debug", skip_all, fields(%name))]
pub async fn add_starter_pack(app: &App, name: &str) -> Result<OpmlImportReport, AppError> {
    let Some(pack) = STARTER_PACKS.iter().find(|pack| pack.name == name) else {
        let names = STARTER_PACKS.map(|pack| pack.name).join(", ");
        return Err(AppError::not_found(format!("There is no starter pack “{name}”."))
            .hint(format!("There are: {names}."))
            .field("name"));
    };
    import_opml(app, pack.document.as_bytes()).await
}
