//! Import and export of subscriptions as OPML.

use super::{articles::shorten, folders, list_feeds};
use crate::{
    domain::{
        feed::{InvalidOutline, OpmlImportReport},
        feed_error::FeedErrorKind,
        feed_url::FeedUrl,
        ids::FolderId,
        time::Timestamp,
    },
    error::{AppError, ErrorKind},
    server::{
        blocking::ParseKind,
        feed::opml::{self, LeftOutOutline, OpmlDocument, Outline},
        state::App,
        storage::{self, feeds::NewFeed},
    },
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Characters of an address that is reported as invalid.
const MAX_SHOWN_URL_CHARS: usize = 200;

/// Subscriptions stored in one transaction, so that no other write waits long.
const SUBSCRIPTIONS_PER_TRANSACTION: usize = 200;

/// Subscribes to every feed of an OPML document, leniently, in short transactions; they are fetched in the background. When the
/// caller goes away, a list that was read is stored all the same. 422 when the document is no list of subscriptions; 503 when the
/// process stopped meanwhile: importing the list again adds the rest.
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
    let storing = {
        let app = app.clone();
        async move { store_list(&app, list).await }
    };
    app.lifecycle.finish(storing).await.unwrap_or_else(|| Err(interrupted()))
}

fn interrupted() -> AppError {
    AppError::new(ErrorKind::Unavailable, "Gleaner stopped while the list was imported.")
        .hint("Import it again: what was added already stays, and the rest is added.")
}

async fn store_list(app: &App, list: OpmlDocument) -> Result<OpmlImportReport, AppError> {
    let mut report = OpmlImportReport::default();
    for LeftOutOutline { name, reason } in list.left_out {
        let url = if name.is_empty() { "(no name)".to_owned() } else { name };
        report.invalid.push(InvalidOutline { url, reason: reason.to_owned() });
    }
    for outlines in list.outlines.chunks(SUBSCRIPTIONS_PER_TRANSACTION) {
        if app.lifecycle.soft_stop.is_cancelled() {
            return Err(interrupted());
        }
        let mut tx = app.db.write().await?;
        store_outlines(&mut tx, outlines, app.clock.now(), &mut report).await?;
        tx.commit().await?;
        app.feeds_wakeup.notify_one();
    }
    Ok(report)
}

/// Subscribes to the feeds of outlines; adds the outcome of each to `report`.
async fn store_outlines(
    tx: &mut SqliteConnection,
    outlines: &[Outline],
    now: Timestamp,
    report: &mut OpmlImportReport,
) -> sqlx::Result<()> {
    // Known within one transaction only: a folder may be removed in between.
    let mut known_folders = HashMap::new();
    for outline in outlines {
        let url = match FeedUrl::parse(&outline.url) {
            Ok(url) => url,
            Err(reason) => {
                let url = shorten(&outline.url, MAX_SHOWN_URL_CHARS);
                report.invalid.push(InvalidOutline { url, reason: reason.to_string() });
                continue;
            }
        };
        let folder = find_or_create_folder(tx, &mut known_folders, outline, now).await?;
        // Cleared at the first fetch when it equals the publisher's title.
        let custom_title = Some(outline.title.as_str()).filter(|t| !t.is_empty());
        let site_url = outline.site_url.as_deref().filter(|s| s.starts_with("http://") || s.starts_with("https://"));
        let feed = NewFeed { url: &url, site_url, title: "", custom_title, folder };
        match storage::feeds::insert(tx, &feed, now).await? {
            Some(_) => report.added += 1,
            None => report.duplicates += 1,
        }
    }
    Ok(())
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
