//! Moving a Gleaner: all of its data to an archive, and from one into an empty folder. Nothing secret is among it.

use super::archive_file::{ARCHIVE_FORMAT, ArchiveManifest, ArchiveReader, ArchiveWriter};
use crate::{
    domain::{
        archive::{ArchiveReport, ArchiveSection},
        feed_url::FeedUrl,
    },
    error::{AppError, ErrorKind},
    server::{
        html::sanitize::sanitize,
        services::{search_index, subscriptions},
        state::App,
        storage::{
            archive as rows,
            imports::{self, ImportRow},
        },
    },
};
use serde_json::Value;
use std::path::Path;
use tokio::sync::mpsc;
use url::Url;

/// Objects read, and written, at once; small enough for a short transaction.
const SLICE_ROWS: i64 = 50;
/// How an import of an archive is called among the imports.
const ARCHIVE_SOURCE: &str = "gleaner";

/// Writes all data to a new file. Errors: 409 when it is there already, 503 when it cannot be written.
#[tracing::instrument(name = "moving.export", level = "debug", skip_all)]
pub async fn export(app: &App, file: &Path) -> Result<ArchiveReport, AppError> {
    let manifest = ArchiveManifest {
        format: ARCHIVE_FORMAT,
        gleaner: env!("CARGO_PKG_VERSION").to_owned(),
        exported_at: app.clock.now().to_string(),
    };
    let opml = subscriptions::export_opml(app).await?;
    let mut archive = ArchiveWriter::create(file, &manifest)?;
    archive.write_opml(&opml)?;
    // One snapshot, whatever is written meanwhile.
    let mut db = app.db.read.begin().await?;
    archive.write_settings(&rows::dump_settings(&mut db).await?)?;
    let mut report = ArchiveReport::default();
    for section in ArchiveSection::ALL.iter().copied() {
        archive.begin_section(section)?;
        let mut after = i64::MIN;
        loop {
            let lines = rows::dump_lines(&mut db, section, after, SLICE_ROWS).await?;
            let Some((last, _)) = lines.last() else { break };
            after = *last;
            report.add(section, i64::try_from(lines.len()).unwrap_or(i64::MAX));
            for (_, json) in &lines {
                archive.write_line(json)?;
            }
        }
    }
    archive.finish()?;
    Ok(report)
}

/// Stores the data of an archive, under the same ids, and indexes it for the search. Goes on with an archive whose import was interrupted.
///
/// # Errors
/// 422 for a file that is no archive, 409 when there is data already, 503 when this process stops.
#[tracing::instrument(name = "moving.import_archive", level = "debug", skip_all)]
pub async fn import_archive(
    app: &App,
    file: &Path,
    mut progress: impl FnMut(&ArchiveReport),
) -> Result<ArchiveReport, AppError> {
    let mut archive = ArchiveReader::open(file)?;
    let settings = archive.read_settings()?;
    begin(app, &archive.manifest.exported_at).await?;
    let mut report = ArchiveReport::default();
    for section in ArchiveSection::ALL.iter().copied() {
        // Reading and unpacking block; the slices come one at a time.
        let (send, mut slices) = mpsc::channel(1);
        let reading = tokio::task::spawn_blocking(move || {
            let rows = usize::try_from(SLICE_ROWS).unwrap_or(1);
            let read = archive.read_section(section, rows, |slice| Ok(send.blocking_send(slice).is_ok()));
            (archive, read)
        });
        while let Some(slice) = slices.recv().await {
            if app.lifecycle.soft_stop.is_cancelled() {
                return Err(AppError::new(ErrorKind::Unavailable, "Gleaner stopped during the import.")
                    .hint("Import the same file again: it goes on where it stopped."));
            }
            let slice = clean_slice(section, slice)?;
            let count = i64::try_from(slice.len()).unwrap_or(i64::MAX);
            let json = serde_json::to_string(&slice).map_err(|_| AppError::internal())?;
            let mut tx = app.db.write().await?;
            rows::restore_lines(&mut tx, section, &json).await?;
            tx.commit().await?;
            report.add(section, count);
            progress(&report);
        }
        let (returned, read) = reading.await.map_err(|_| AppError::internal())?;
        read?;
        archive = returned;
    }
    let mut tx = app.db.write().await?;
    rows::restore_settings(&mut tx, &settings).await?;
    rows::finish(&mut tx).await?;
    imports::delete(&mut tx, ARCHIVE_SOURCE).await?;
    tx.commit().await?;
    search_index::index_pending(app).await?;
    app.feeds_wakeup.notify_one();
    Ok(report)
}

/// Makes sure that nothing is there, or what is there is of the same archive.
async fn begin(app: &App, exported_at: &str) -> Result<(), AppError> {
    let begun = imports::find(&app.db.read, ARCHIVE_SOURCE).await?.and_then(|row| row.position);
    if begun.as_deref() == Some(exported_at) {
        return Ok(());
    }
    if begun.is_some() || !rows::is_empty(&app.db.read).await? {
        return Err(AppError::conflict("There is data already, and an archive is imported into an empty folder only.")
            .hint("Name another folder with --data-dir."));
    }
    let mut tx = app.db.write().await?;
    rows::clear_defaults(&mut tx).await?;
    let row = ImportRow { feeds_done: 0, position: Some(exported_at.to_owned()), report: String::new() };
    imports::save(&mut tx, ARCHIVE_SOURCE, &row).await?;
    Ok(tx.commit().await?)
}

/// An archive is foreign: HTML is sanitized anew, and addresses that lead elsewhere than to the web are left out.
fn clean_slice(section: ArchiveSection, mut slice: Vec<Value>) -> Result<Vec<Value>, AppError> {
    for object in &mut slice {
        if !object.is_object() {
            return Err(
                AppError::invalid("A line of the archive is no object.").hint("The file may be damaged; export again.")
            );
        }
        match section {
            ArchiveSection::Articles => clean_article(object),
            ArchiveSection::Feeds => clean_feed(object)?,
            _ => {}
        }
    }
    Ok(slice)
}

fn clean_feed(feed: &mut Value) -> Result<(), AppError> {
    let url = feed["url"].as_str().unwrap_or_default();
    FeedUrl::parse(url).map_err(|error| AppError::invalid(format!("A feed of the archive cannot be used: {error}")))?;
    clean_address(&mut feed["site_url"]);
    Ok(())
}

fn clean_article(article: &mut Value) {
    let base = article["url"].as_str().and_then(|url| Url::parse(url).ok());
    clean_address(&mut article["url"]);
    clean_html(&mut article["html"], base.as_ref());
    if article["full_text"].is_object() {
        clean_html(&mut article["full_text"]["html"], base.as_ref());
    }
    if article["details"].is_object() {
        clean_address(&mut article["details"]["comments_url"]);
        clean_address(&mut article["details"]["source_url"]);
    }
    if let Some(media) = article["media"].as_array_mut() {
        media.retain(|file| file["url"].as_str().is_some_and(is_web_address));
    }
}

fn clean_html(html: &mut Value, base: Option<&Url>) {
    if let Some(text) = html.as_str() {
        *html = sanitize(text, base).into_string().into();
    }
}

fn clean_address(address: &mut Value) {
    if !address.as_str().is_some_and(is_web_address) {
        *address = Value::Null;
    }
}

fn is_web_address(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::clean_article;
    use serde_json::json;

    #[test]
    fn what_could_act_is_cleaned_and_the_rest_stays() {
        let mut article = json!({
            "url": "javascript:alert(1)",
            "html": "<p>Text<script>alert(1)</script></p>",
            "full_text": { "html": "<p onclick=\"x()\">Full</p>" },
            "details": { "comments_url": "https://example.org/comments", "source_url": "data:x" },
            "media": [{ "url": "https://example.org/a.mp3" }, { "url": "file:///etc/passwd" }],
        });
        clean_article(&mut article);
        let expected = json!({
            "url": null,
            "html": "<p>Text</p>",
            "full_text": { "html": "<p>Full</p>" },
            "details": { "comments_url": "https://example.org/comments", "source_url": null },
            "media": [{ "url": "https://example.org/a.mp3" }],
        });
        assert_eq!(article, expected);
    }
}
