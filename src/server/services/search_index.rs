//! Filling the full-text index after an update that made it anew.

use crate::{
    domain::words::IndexedArticle,
    error::AppError,
    server::{
        html::{language::detect_language, text::html_to_text},
        state::App,
        storage::search_index as store,
    },
};

/// Articles indexed in one transaction; other writes wait for it.
const ARTICLES_PER_TRANSACTION: i64 = 25;

/// The row of an article in the index; `text` is its fuller text without markup. Long texts take milliseconds.
pub(super) fn index_article(title: &str, author: Option<&str>, link: Option<&str>, text: &str) -> IndexedArticle {
    let language = detect_language(title, text);
    IndexedArticle::new(title, author, text).with_link(link).with_language(language)
}

/// Indexes the articles that an earlier version stored, newest first, until all are or the soft stop. Returns how many it indexed.
/// Work that an ended process left undone is found again.
#[tracing::instrument(name = "search_index.index_pending", level = "debug", skip_all)]
pub async fn index_pending(app: &App) -> Result<usize, AppError> {
    let mut indexed = 0;
    while !app.lifecycle.soft_stop.is_cancelled() && store::is_pending(&app.db.read).await? {
        // Read and written in one transaction: an edit that comes between would be overwritten.
        let mut db = app.db.write().await?;
        let articles = store::load_unindexed(&mut *db, ARTICLES_PER_TRANSACTION).await?;
        let tokens: Vec<(i64, IndexedArticle)> = articles
            .iter()
            .map(|a| {
                let text = html_to_text(&a.html);
                (a.id, index_article(&a.title, a.author.as_deref(), a.url.as_deref(), &text))
            })
            .collect();
        let rows: Vec<store::IndexRow<'_>> =
            tokens.iter().map(|(id, index)| store::IndexRow { id: *id, index }).collect();
        store::write(&mut db, &rows).await?;
        store::set_indexed_from(&mut db, articles.last().map_or(0, |article| article.id)).await?;
        db.commit().await?;
        indexed += articles.len();
    }
    Ok(indexed)
}
