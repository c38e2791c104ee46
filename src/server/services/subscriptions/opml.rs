//! Moving whole lists of subscriptions in and out.

use super::{articles::shorten, folders, list_feeds};
use crate::{
    domain::{
        feed::{InvalidOutline, OpmlImportReport},
        feed_error::FeedErrorKind,
        feed_url::FeedUrl,
        ids::FolderId,
        time::Timestamp,
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::opml::{self, LeftOutOutline, Outline},
        state::App,
        storage::{self, feeds::NewFeed},
    },
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Characters of an address that is reported as invalid.
const MAX_SHOWN_URL_CHARS: usize = 200;

/// Subscribes to every feed of an OPML document, leniently, in one transaction; they are fetched in the background.
/// 422 when the document is no list of subscriptions.
#[tracing::instrument(name = "subscriptions.opml.import_opml", level = "debug", skip_all)]
pub async fn import_opml(app: &App, document: &[u8]) -> Result<OpmlImportReport, AppError> {
    let document = document.to_vec();
    let list = app.parse_pool.run(ParseKind::Opml, move |limit| opml::parse_within(&document, limit)).await?.map_err(
        |problem| {
            let hint = match problem.kind {
                FeedErrorKind::TooLarge => "Split the list into several files.",
                _ => "Export the list again from the other reader, as OPML.",
            };
            AppError::invalid(problem.message).hint(hint)
        },
    )?;
    let mut report = OpmlImportReport::default();
    let mut known_folders = HashMap::new();
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    for LeftOutOutline { name, reason } in list.left_out {
        let url = if name.is_empty() { "(no name)".to_owned() } else { name };
        report.invalid.push(InvalidOutline { url, reason: reason.to_owned() });
    }
    for outline in list.outlines {
        let url = match FeedUrl::parse(&outline.url) {
            Ok(url) => url,
            Err(reason) => {
                let url = shorten(&outline.url, MAX_SHOWN_URL_CHARS);
                report.invalid.push(InvalidOutline { url, reason: reason.to_string() });
                continue;
            }
        };
        let folder = find_or_create_folder(&mut tx, &mut known_folders, &outline, now).await?;
        // Replaced by nothing at the first fetch, when it turns out to be the publisher's own.
        let custom_title = Some(outline.title.as_str()).filter(|t| !t.is_empty());
        let site_url = outline.site_url.as_deref().filter(|s| s.starts_with("http://") || s.starts_with("https://"));
        let feed = NewFeed { url: &url, site_url, title: "", custom_title, folder };
        match storage::feeds::insert(&mut tx, &feed, now).await? {
            Some(_) => report.added += 1,
            None => report.duplicates += 1,
        }
    }
    tx.commit().await?;
    app.feeds_wakeup.notify_one();
    Ok(report)
}

async fn find_or_create_folder(
    tx: &mut SqliteConnection,
    known: &mut HashMap<String, FolderId>,
    outline: &Outline,
    now: Timestamp,
) -> sqlx::Result<Option<FolderId>> {
    let Some(name) = &outline.folder else { return Ok(None) };
    if let Some(id) = known.get(name) {
        return Ok(Some(*id));
    }
    let id = match storage::folders::find_id(tx, name).await? {
        Some(id) => Some(id),
        None => storage::folders::insert(tx, name, now).await?,
    };
    known.extend(id.map(|id| (name.clone(), id)));
    Ok(id)
}

/// All subscriptions as an OPML 2.0 document.
#[tracing::instrument(name = "subscriptions.opml.export_opml", level = "debug", skip_all)]
pub async fn export_opml(app: &App) -> Result<String, AppError> {
    let names: HashMap<FolderId, String> =
        folders::list_folders(app).await?.into_iter().map(|f| (f.id, f.name)).collect();
    let outlines: Vec<Outline> = list_feeds(app)
        .await?
        .into_iter()
        .map(|feed| Outline {
            title: feed.display_title().to_owned(),
            folder: feed.folder_id.and_then(|id| names.get(&id).cloned()),
            url: feed.url.to_string(),
            site_url: feed.site_url,
        })
        .collect();
    Ok(opml::write("Gleaner subscriptions", &outlines))
}
