//! Lists of articles for other readers.

use super::view::ClientView;
use crate::domain::time::MICROS_PER_SECOND;
use crate::{
    domain::{
        ids::{ArticleId, DeviceId, FeedId},
        query,
    },
    error::AppError,
    server::{
        state::App,
        storage::{
            client_articles::{self, ArticleCondition, ArticleKey, ClientQuery},
            client_rows::{self, ClientArticle},
            search,
        },
    },
};
use std::sync::Arc;

/// The articles of a list as a device sees it.
#[tracing::instrument(name = "clients.articles.find_keys", level = "debug", skip_all)]
pub async fn find_keys(app: &App, view: &ClientView, mut find: ClientQuery) -> Result<Vec<ArticleKey>, AppError> {
    find.conditions.extend(view.conditions(now_us(app)));
    let mut db = app.db.read.acquire().await?;
    Ok(client_articles::find_keys(&mut db, &find).await?)
}

/// Part of a list, as a device sees it, and how long the list is. Where marks change the list, its later parts are those of the list
/// as it was at its first part, so that a device that reads between two parts neither misses nor meets an article twice.
#[tracing::instrument(name = "clients.articles.list_part", level = "debug", skip_all)]
pub async fn list_part(
    app: &App,
    device: DeviceId,
    view: &ClientView,
    find: ClientQuery,
) -> Result<(usize, Vec<ArticleId>), AppError> {
    let ids_of = |keys: Vec<ArticleKey>| keys.into_iter().map(|key| key.id);
    if !find.depends_on_marks() {
        let total = count(app, view, find.conditions.clone()).await?;
        let part = ids_of(find_keys(app, view, find).await?).collect();
        return Ok((usize::try_from(total).unwrap_or(0), part));
    }
    let number = |number: i64| usize::try_from(number).unwrap_or(0);
    let (limit, offset, now) = (number(find.limit), number(find.offset), app.clock.now());
    let list = format!("{view:?} {:?} {:?} {}", find.conditions, find.order, find.is_descending);
    let cached = if offset > 0 { app.client_lists.find(device, &list, now) } else { None };
    let ids = if let Some(cached) = cached {
        cached
    } else {
        let whole = ClientQuery { limit: i64::MAX, offset: 0, ..find };
        let ids: Arc<[ArticleId]> = ids_of(find_keys(app, view, whole).await?).collect();
        if ids.len() > limit {
            app.client_lists.insert(device, list, ids.clone(), now);
        }
        ids
    };
    Ok((ids.len(), ids.iter().skip(offset).take(limit).copied().collect()))
}

/// How many articles meet all conditions, as a device sees it.
#[tracing::instrument(name = "clients.articles.count", level = "debug", skip_all)]
pub async fn count(app: &App, view: &ClientView, mut conditions: Vec<ArticleCondition>) -> Result<i64, AppError> {
    conditions.extend(view.conditions(now_us(app)));
    let mut db = app.db.read.acquire().await?;
    Ok(client_articles::count(&mut db, &conditions).await?)
}

/// How many read articles each feed has, as a device sees it; feeds without any are left out.
#[tracing::instrument(name = "clients.articles.count_read_by_feed", level = "debug", skip_all)]
pub async fn count_read_by_feed(app: &App, view: &ClientView) -> Result<Vec<(FeedId, i64)>, AppError> {
    let mut conditions = view.conditions(now_us(app));
    conditions.push(ArticleCondition::Read);
    let mut db = app.db.read.acquire().await?;
    Ok(client_articles::count_by_feed(&mut db, &conditions).await?)
}

/// The articles with these ids, in their order; those that are gone or blocked are left out.
#[tracing::instrument(name = "clients.articles.load", level = "debug", skip_all)]
pub async fn load(app: &App, ids: &[ArticleId]) -> Result<Vec<ClientArticle>, AppError> {
    // One snapshot for rows and texts.
    let mut db = app.db.read.begin().await?;
    Ok(client_rows::load(&mut db, ids).await?)
}

/// The condition that a text holds the words of a typed query, whose other conditions are left out; `None` when nothing can be searched for.
pub fn search_condition(typed: &str) -> Option<ArticleCondition> {
    query::parse(typed).expr.as_ref().and_then(search::build_words_expression).map(ArticleCondition::Matches)
}

/// The current time in microseconds since the Unix epoch.
pub fn now_us(app: &App) -> i64 {
    app.clock.now().0.saturating_mul(MICROS_PER_SECOND)
}
