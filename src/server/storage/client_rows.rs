//! Articles with everything that the APIs for other readers send, in a fixed number of statements.

use super::{articles, details, json_ids};
use crate::domain::{
    article::ArticleRow, ids::ArticleId, publisher_details::ArticleMedia, safe_html::SafeHtml, time::Timestamp,
};
use sqlx::{SqliteConnection, query};
use std::collections::HashMap;

/// An article as other readers get it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientArticle {
    /// What lists show of it.
    pub row: ArticleRow,
    /// The text that is shown.
    pub html: SafeHtml,
    /// When it arrived, in microseconds since the Unix epoch.
    pub arrived_us: i64,
    /// When it arrived or was edited last.
    pub changed_at: Timestamp,
    /// The page with comments.
    pub comments_url: Option<String>,
    /// Pictures and files, in the order of the document.
    pub media: Vec<ArticleMedia>,
}

/// The articles with these ids, in their order; those that are gone or blocked are left out.
pub async fn load(db: &mut SqliteConnection, ids: &[ArticleId]) -> sqlx::Result<Vec<ClientArticle>> {
    let json = json_ids(ids.iter().map(|id| id.0));
    let found = query!(
        r#"SELECT a.id AS "id!", a.arrived_us, max(a.fetched_at, coalesce(a.updated_at, 0)) AS "changed_at!: i64",
                  coalesce(p.html, b.html) AS "html?: SafeHtml", d.comments_url AS "comments_url?"
           FROM json_each(?) AS page
           CROSS JOIN articles a ON a.id = page.value AND a.state <> 'blocked'
           LEFT JOIN article_bodies b ON b.article_id = a.id
           LEFT JOIN article_full_texts p
               ON p.article_id = a.id AND iif(p.shown IS NULL, p.is_fuller, p.shown = 'full') = 1
           LEFT JOIN article_details d ON d.article_id = a.id"#,
        json
    )
    .fetch_all(&mut *db)
    .await?;
    let mut media = details::load_media(&mut *db, &json).await?;
    let mut texts: HashMap<i64, _> = found.into_iter().map(|r| (r.id, r)).collect();
    let rows = articles::load_rows(db, ids).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let text = texts.remove(&row.id.0)?;
            Some(ClientArticle {
                html: text.html.unwrap_or_default(),
                arrived_us: text.arrived_us,
                changed_at: Timestamp(text.changed_at),
                comments_url: text.comments_url,
                media: media.remove(&row.id.0).unwrap_or_default(),
                row,
            })
        })
        .collect())
}
