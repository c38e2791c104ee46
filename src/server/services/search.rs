//! The search page: hits with their number and the places where the words stand.

use super::{list_search::ListSearch, reading};
use crate::{
    domain::{
        article::{ArticleListPage, ListQuery},
        highlight::{make_snippet, mark_words},
        list_query::ListSettings,
        search::{HitText, MAX_COUNTED_HITS, SearchResults},
    },
    error::AppError,
    server::{html::text::html_to_text, state::App, storage::articles},
};

/// A page of hits. Without a query there are none.
#[tracing::instrument(name = "search.load_results", level = "debug", skip_all)]
pub async fn load_results(app: &App, query: ListQuery, settings: ListSettings) -> Result<SearchResults, AppError> {
    if query.search.is_none() {
        let page = ArticleListPage { rows: Vec::new(), next: None, search_problems: Vec::new() };
        return Ok(SearchResults { query, page, texts: Vec::new(), hits: None, settings });
    }
    let page = reading::list(app, &query).await?;
    let mut db = app.db.read.begin().await?;
    let search = ListSearch::load(&mut db, &query, app.clock.now()).await?;
    let hits = search.count_hits(&mut db, MAX_COUNTED_HITS).await?;
    let terms = search.parsed.shown_terms();
    let mut texts = vec![HitText::default(); page.rows.len()];
    if !terms.is_empty() {
        let ids: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        let bodies = articles::load_beginnings(&mut db, &ids).await?;
        for (row, text) in page.rows.iter().zip(&mut texts) {
            text.title = mark_words(&row.title, &terms);
            if let Some(html) = bodies.get(&row.id) {
                text.snippet = make_snippet(&html_to_text(html), &terms);
            }
        }
    }
    Ok(SearchResults { query, page, texts, hits, settings })
}
