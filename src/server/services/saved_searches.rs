//! Saved searches: saving, changing, moving, removing, and how much waits in them.

use super::list_search::ListSearch;
use crate::{
    domain::{
        article::{ArticleSort, ArticleView, ListQuery},
        ids::{ArticleId, SavedSearchId},
        list_query::MAX_SEARCH_CHARS,
        plain_text, query,
        saved_search::{MAX_COUNTED_UNREAD, MAX_SAVED_SEARCH_NAME_CHARS, MAX_SAVED_SEARCHES, SavedSearch},
        search::HitCount,
    },
    error::AppError,
    server::{
        state::App,
        storage::{
            counts,
            saved_searches::{self as rows, SavedSearchRow},
        },
    },
};
use std::{collections::BTreeSet, sync::Arc};

/// Articles of a saved search that other readers get: so many of the newest, and so many of the newest unread ones.
const MAX_LABELED_ARTICLES: i64 = 1_000;

/// What is to change of a saved search; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SavedSearchChanges {
    /// The name.
    pub name: Option<String>,
    /// The query.
    pub query: Option<String>,
    /// The place among the saved searches, from 1; places after the last one mean the last one.
    pub position: Option<i64>,
}

/// All saved searches in their order.
#[tracing::instrument(name = "saved_searches.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<SavedSearch>, AppError> {
    let mut all = Vec::new();
    for row in rows::select(&app.db.read, None).await? {
        all.push(with_unread(app, row).await?);
    }
    Ok(all)
}

async fn load(app: &App, id: SavedSearchId) -> Result<SavedSearch, AppError> {
    let row = rows::select(&app.db.read, Some(id)).await?.pop().ok_or_else(no_such_search)?;
    with_unread(app, row).await
}

/// Saves a query under a name. 409 when the name is taken or there are too many, 422 when name or query cannot be used.
#[tracing::instrument(name = "saved_searches.create", level = "debug", skip_all)]
pub async fn create(app: &App, name: &str, query: &str) -> Result<SavedSearch, AppError> {
    let (name, query) = (validate_name(name)?, validate_query(query)?);
    let mut tx = app.db.write().await?;
    if rows::find_id(&mut tx, &name).await?.is_some() {
        return Err(name_taken(&name));
    }
    if i64::try_from(rows::select_ids(&mut tx).await?.len()).unwrap_or(i64::MAX) >= MAX_SAVED_SEARCHES {
        let message = format!("There are {MAX_SAVED_SEARCHES} saved searches already, which is the limit.");
        return Err(AppError::conflict(message).hint("Remove one that you no longer need."));
    }
    let id = rows::insert(&mut tx, &name, &query, app.clock.now()).await?;
    tx.commit().await?;
    load(app, id).await
}

/// Changes a saved search. As [`create`]; 404; 422 for a place before the first one.
#[tracing::instrument(name = "saved_searches.update", level = "debug", skip_all, fields(%id))]
pub async fn update(app: &App, id: SavedSearchId, changes: SavedSearchChanges) -> Result<SavedSearch, AppError> {
    let name = changes.name.as_deref().map(validate_name).transpose()?;
    let query = changes.query.as_deref().map(validate_query).transpose()?;
    let place = changes.position.map(validate_position).transpose()?;
    let mut tx = app.db.write().await?;
    if let Some(name) = &name
        && rows::find_id(&mut tx, name).await?.is_some_and(|other| other != id)
    {
        return Err(name_taken(name));
    }
    if !rows::update(&mut tx, id, name.as_deref(), query.as_deref()).await? {
        return Err(no_such_search());
    }
    if let Some(place) = place {
        let mut ids = rows::select_ids(&mut tx).await?;
        ids.retain(|other| *other != id);
        ids.insert(place.min(ids.len()), id);
        rows::set_order(&mut tx, &ids).await?;
    }
    tx.commit().await?;
    load(app, id).await
}

/// Removes a saved search. 404.
#[tracing::instrument(name = "saved_searches.remove", level = "debug", skip_all, fields(%id))]
pub async fn remove(app: &App, id: SavedSearchId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !rows::delete(&mut tx, id).await? {
        return Err(no_such_search());
    }
    Ok(tx.commit().await?)
}

async fn with_unread(app: &App, row: SavedSearchRow) -> Result<SavedSearch, AppError> {
    let unread = count_unread(app, &row.query).await?;
    Ok(SavedSearch { id: row.id, name: row.name, query: row.query, unread })
}

/// Unread articles that a query finds: as counted within the last minute, else counted now.
async fn count_unread(app: &App, query: &str) -> Result<HitCount, AppError> {
    if let Some(count) = app.saved_search_counts.find(query, app.clock.monotonic_ms()) {
        return Ok(count);
    }
    let list = ListQuery { view: ArticleView::Unread, search: Some(query.to_owned()), ..ListQuery::default() };
    let mut db = app.db.read.begin().await?;
    let search = ListSearch::load(&mut db, &list, app.clock.now()).await?;
    let count = match search.count_hits(&mut db, MAX_COUNTED_UNREAD).await? {
        Some(count) => count,
        None => match counts::count_view(&mut db, ArticleView::Unread).await? {
            count if count > MAX_COUNTED_UNREAD => HitCount::MoreThan(MAX_COUNTED_UNREAD),
            count => HitCount::Exactly(count),
        },
    };
    app.saved_search_counts.keep(query, count, app.clock.monotonic_ms());
    Ok(count)
}

/// The newest articles that a query finds, and the newest unread ones, in no order: as found within the last minute, else found now.
/// Blocked articles are left out.
pub(super) async fn find_articles(app: &App, query: &str) -> Result<Arc<[ArticleId]>, AppError> {
    if let Some(articles) = app.saved_search_articles.find(query, app.clock.monotonic_ms()) {
        return Ok(articles);
    }
    let mut db = app.db.read.begin().await?;
    let mut found = BTreeSet::new();
    for view in [ArticleView::All, ArticleView::Unread] {
        let list = ListQuery { view, search: Some(query.to_owned()), ..ListQuery::default() };
        let search = ListSearch::load(&mut db, &list, app.clock.now()).await?;
        let keys = search.find_keys(&mut db, ArticleSort::Newest, None, MAX_LABELED_ARTICLES).await?.keys;
        found.extend(keys.into_iter().map(|key| key.id));
    }
    let articles: Arc<[ArticleId]> = found.into_iter().collect();
    app.saved_search_articles.keep(query, articles.clone(), app.clock.monotonic_ms());
    Ok(articles)
}

fn validate_name(name: &str) -> Result<String, AppError> {
    let name = plain_text::clean_line(name);
    if name.is_empty() {
        return Err(AppError::invalid("A saved search needs a name.").field("name"));
    }
    if name.chars().count() > MAX_SAVED_SEARCH_NAME_CHARS {
        let message = format!("The name of a saved search has at most {MAX_SAVED_SEARCH_NAME_CHARS} characters.");
        return Err(AppError::invalid(message).field("name"));
    }
    Ok(name)
}

/// A query without problems, since their messages would not be shown when the search is used later.
fn validate_query(typed: &str) -> Result<String, AppError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(AppError::invalid("A saved search needs a query.").field("query"));
    }
    if typed.chars().count() > MAX_SEARCH_CHARS {
        return Err(AppError::invalid(format!("A query has at most {MAX_SEARCH_CHARS} characters.")).field("query"));
    }
    match query::parse(typed).problems.first() {
        Some(problem) => Err(AppError::invalid(problem.message.clone()).field("query")),
        None => Ok(typed.to_owned()),
    }
}

/// The place from 0.
fn validate_position(position: i64) -> Result<usize, AppError> {
    usize::try_from(position.saturating_sub(1))
        .map_err(|_| AppError::invalid("The first place of the saved searches is 1.").field("position"))
}

fn name_taken(name: &str) -> AppError {
    AppError::conflict(format!("A saved search named “{name}” already exists."))
        .hint("Choose another name.")
        .field("name")
}

/// The error for an id that no saved search has.
pub(super) fn no_such_search() -> AppError {
    AppError::not_found("There is no such saved search.").hint("It may have been removed in another tab.")
}
