//! Icons of sites: fetched rarely, apart from the checks of feeds. A failure does not affect the feed.

use crate::{
    domain::{feed_check::Validators, feed_url::FeedUrl, live_event::LiveEvent},
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::{
            fetch::{FetchResponse, FetchedDocument},
            icon::{COMMON_ICON_PATH, find_icons, icon_type},
            parse::charset,
        },
        state::App,
        storage::icons::{self, IconSource, StoredIcon},
        work_limit::WorkLimit,
    },
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Seconds until an icon is fetched again, whether the site had one or not.
pub const REFRESH_INTERVAL_SECONDS: i64 = 7 * 86_400;
/// Maximum pictures that are fetched from a site.
const MAX_FETCHED_ICONS: usize = 3;

/// Fetches the icon of the next feed for which it is due. `false`: none is due.
#[tracing::instrument(name = "icons.refresh_next_icon", level = "debug", skip_all)]
pub async fn refresh_next_icon(app: &App) -> Result<bool, AppError> {
    let now = app.clock.now();
    let Some(source) = icons::next_due(&app.db.read, now).await? else { return Ok(false) };
    let icon = fetch_icon(app, &source).await;
    let mut tx = app.db.write().await?;
    let is_new = icons::store(&mut tx, source.feed, icon.as_ref(), now.plus(REFRESH_INTERVAL_SECONDS)).await?;
    tx.commit().await?;
    if is_new {
        app.publish(LiveEvent::Feeds { new_articles: 0 });
    }
    Ok(true)
}

/// The icon with this hash; 404 when there is none.
pub async fn load_icon(app: &App, hash: &str) -> Result<StoredIcon, AppError> {
    icons::load(&app.db.read, hash).await?.ok_or_else(|| AppError::not_found("There is no such icon."))
}

/// The ids of all icons by their hashes, for clients that want numbers.
pub async fn load_icon_ids(app: &App) -> Result<HashMap<String, i64>, AppError> {
    Ok(icons::load_ids(&app.db.read).await?)
}

/// All icons with their ids.
pub async fn list_icons(app: &App) -> Result<Vec<(i64, StoredIcon)>, AppError> {
    Ok(icons::list(&app.db.read).await?)
}

/// The icon that the site's page names, else the one where icons usually lie.
async fn fetch_icon(app: &App, source: &IconSource) -> Option<StoredIcon> {
    let site = source.site_url.as_deref().and_then(|site| FeedUrl::parse(site).ok());
    let site = site.or_else(|| source.url.join("/").ok())?;
    let (site, mut candidates) = match fetch(app, &site).await {
        Some(FetchedDocument { url: page, content_type, bytes, .. }) => {
            let base = page.clone();
            let icons = app
                .parse_pool
                .run(ParseKind::Page, move |_| find_icons(&charset::decode(&bytes, content_type.as_deref()), &base));
            (page, icons.await.unwrap_or_default())
        }
        None => (site, Vec::new()),
    };
    candidates.truncate(MAX_FETCHED_ICONS - 1);
    candidates.extend(site.join(COMMON_ICON_PATH).ok().filter(|common| !candidates.contains(common)));
    for url in candidates {
        let Some(FetchedDocument { bytes, .. }) = fetch(app, &url).await else { continue };
        if let Some(mime_type) = icon_type(&bytes) {
            let icon = move |_: &WorkLimit| {
                let hash = hex::encode(Sha256::digest(&bytes));
                StoredIcon { hash, mime_type: mime_type.to_owned(), data: bytes }
            };
            return app.parse_pool.run(ParseKind::Body, icon).await.ok();
        }
    }
    None
}

async fn fetch(app: &App, url: &FeedUrl) -> Option<FetchedDocument> {
    match app.feed_client.get(url, &Validators::default(), app.clock.now()).await {
        Ok(FetchResponse::Document(_, document)) => Some(document),
        Ok(FetchResponse::Unchanged(_)) => None,
        Err(error) => {
            tracing::debug!(%error, %url, "an icon could not be fetched");
            None
        }
    }
}
