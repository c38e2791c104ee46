//! The data of the two reading pages: a list and an article.

use super::{categories, first_run, preferences, reading, subscriptions};
use crate::{
    domain::{
        article::{ArticleChange, ArticleScope, ListQuery},
        category::CategoryWeight,
        ids::ArticleId,
        inbox::{ArticleWithNeighbors, Inbox},
        list_query::ListSettings,
        recent_articles::RecentArticles,
    },
    error::{AppError, ErrorKind},
    server::{
        state::App,
        storage::{self, ranking},
    },
};

/// A page of a list with counts, settings and notices; the `recent` articles stay in it. 404 when its feed, folder or category does
/// not exist.
#[tracing::instrument(name = "inbox.load_inbox", level = "debug", skip_all)]
pub async fn load_inbox(
    app: &App,
    query: ListQuery,
    recent: RecentArticles,
    settings: ListSettings,
) -> Result<Inbox, AppError> {
    let made_at = app.clock.now();
    let scope_name = load_scope_name(app, query.scope).await?;
    let counts = reading::load_view_counts(app, query.scope).await?;
    let page = reading::list_with(app, &query, recent.ids()).await?;
    app.shown_articles.record(page.rows.iter().map(|row| row.id), made_at);
    let (_, feed_count) = storage::sidebar::load_totals(&app.db.read).await?;
    let mut folder_feeds = Vec::new();
    if let ArticleScope::Folder(id) = query.scope {
        folder_feeds = storage::sidebar::list_feeds(&app.db.read).await?;
        folder_feeds.retain(|feed| feed.folder_id == Some(id));
    }
    let waits = counts.scoring > 0 && !settings.without_model;
    let model_unavailable_reason = if waits { first_run::model_wait_reason(app).await? } else { None };
    let is_first_page = query.scope == ArticleScope::All && query.search.is_none() && query.cursor.is_none();
    let first_run = if is_first_page { first_run::load_or_end(app).await? } else { None };
    Ok(Inbox {
        query,
        page,
        counts,
        recent,
        scope_name,
        folder_feeds,
        settings,
        feed_count,
        model_unavailable_reason,
        first_run,
        generated_at: made_at,
    })
}

async fn load_scope_name(app: &App, scope: ArticleScope) -> Result<Option<String>, AppError> {
    let missing =
        |what: &str| AppError::not_found(format!("There is no such {what}.")).hint("It may have been removed.");
    Ok(match scope {
        ArticleScope::All => None,
        ArticleScope::Feed(id) => Some(subscriptions::load_feed(app, id).await?.display_title().to_owned()),
        ArticleScope::Folder(id) => {
            let name = storage::sidebar::load_folder_name(&app.db.read, id).await?;
            Some(name.ok_or_else(|| missing("folder"))?)
        }
        ArticleScope::Category(id) => {
            let name = storage::sidebar::load_category_name(&app.db.read, id).await?;
            Some(name.ok_or_else(|| missing("category"))?)
        }
    })
}

/// An article with its neighbors in the list that `query` describes. With `visit` it is marked as read.
#[tracing::instrument(name = "inbox.load_reader", level = "debug", skip_all, fields(%id))]
pub async fn load_reader(
    app: &App,
    id: ArticleId,
    query: ListQuery,
    recent: RecentArticles,
    visit: bool,
) -> Result<ArticleWithNeighbors, AppError> {
    let mut article = reading::load_article(app, id).await?;
    app.shown_articles.record(std::iter::once(id), app.clock.now());
    if visit && !article.row.is_read {
        match reading::update_article(app, id, ArticleChange::mark_read(true)).await {
            Ok(_) => article.row.is_read = true,
            // On a full disk the article can still be read.
            Err(error) if error.kind == ErrorKind::NotWritable => {}
            Err(error) => return Err(error),
        }
    }
    let (previous, next) = reading::find_neighbors(app, id, &query, recent.ids()).await?;
    let settings = preferences::get(app).await?.list_settings();
    let all = categories::list(app).await?;
    let weights = article.row.categories.iter().map(|label| {
        let weight = all.iter().find(|c| c.id == label.id).map_or(CategoryWeight::Normal, |c| c.effective_weight);
        (label.name.clone(), weight)
    });
    let weights = weights.collect();
    let recent = recent.with(id);
    let mut db = app.db.read.acquire().await?;
    let feed_scoring = ranking::load_feed_scoring(&mut db, article.row.feed_id).await?.unwrap_or_default();
    Ok(ArticleWithNeighbors {
        article,
        query,
        recent,
        settings,
        previous,
        next,
        category_weights: weights,
        feed_scoring,
    })
}
