//! Names that models suggest for categories: stored until enough articles had them or the reader decides; scoring.md "Categories".

use super::categories;
use crate::{
    domain::{
        category::Category,
        category_suggestion::{
            CategoryChoice, CategorySuggestion, MAX_CATEGORIES_FOR_SUGGESTIONS, MAX_SUGGESTIONS_PER_FEED_AND_DAY,
            PROMOTION_MIN_ARTICLES, PROMOTION_MIN_FEEDS, SuggestedCategory,
        },
        ids::{ArticleId, CategoryId},
        time::Timestamp,
    },
    error::AppError,
    server::{
        state::App,
        storage::{categories as category_store, category_suggestions as store},
    },
};
use sqlx::SqliteConnection;

/// The open suggestions, those with the most articles first.
#[tracing::instrument(name = "category_suggestions.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<CategorySuggestion>, AppError> {
    Ok(store::list_open(&app.db.read, None).await?)
}

/// Makes a category of a suggestion, under the parent that the model named; its articles get it.
///
/// # Errors
/// 404 without such a suggestion, 409 when the name is taken meanwhile.
#[tracing::instrument(name = "category_suggestions.accept", level = "debug", skip_all, fields(id))]
pub async fn accept(app: &App, id: i64) -> Result<Category, AppError> {
    let mut db = app.db.write().await?;
    let suggestion = store::list_open(&mut *db, Some(id)).await?.pop().ok_or_else(|| no_suggestion(id))?;
    let category = categories::insert(&mut db, app, &suggestion.name, suggestion.parent_id).await?;
    let accepted = categories::find(category_store::list(&mut *db).await?, category);
    db.commit().await?;
    categories::notify_changed(app).await?;
    accepted
}

/// Gives the articles of a suggestion to a category; the suggested name becomes an alias of it.
///
/// # Errors
/// 404 without such a suggestion or category.
#[tracing::instrument(name = "category_suggestions.merge", level = "debug", skip_all, fields(id, %into))]
pub async fn merge(app: &App, id: i64, into: CategoryId) -> Result<Category, AppError> {
    let mut db = app.db.write().await?;
    let identity = store::find_identity(&mut *db, id).await?.ok_or_else(|| no_suggestion(id))?;
    categories::find(category_store::list(&mut *db).await?, into)?;
    category_store::set_alias(&mut db, &identity, into).await?;
    store::assign_to_category(&mut db, &identity, into).await?;
    let merged = categories::find(category_store::list(&mut *db).await?, into);
    db.commit().await?;
    categories::notify_changed(app).await?;
    merged
}

/// Refuses a suggestion for good: the name is not suggested again.
///
/// # Errors
/// 404 without such a suggestion.
#[tracing::instrument(name = "category_suggestions.refuse", level = "debug", skip_all, fields(id))]
pub async fn refuse(app: &App, id: i64) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if !store::refuse(&mut db, id).await? {
        return Err(no_suggestion(id));
    }
    Ok(db.commit().await?)
}

/// The categories that an answer gives to an article as things are now, and the names that remain suggestions. A suggested name
/// that has become a category meanwhile is that category, unless it is hidden.
pub(super) async fn resolve_choices<'a>(
    db: &mut SqliteConnection,
    choices: &'a [CategoryChoice],
) -> Result<(Vec<CategoryId>, Vec<&'a SuggestedCategory>), AppError> {
    let (mut chosen, mut suggested) = (Vec::new(), Vec::new());
    for choice in choices {
        let category = match choice {
            CategoryChoice::Known(id) => Some(*id),
            CategoryChoice::Suggested(suggestion) => {
                match category_store::find_by_identity(&mut *db, &suggestion.identity).await? {
                    Some((_, is_hidden)) if is_hidden => None,
                    Some((id, _)) => Some(id),
                    None => {
                        suggested.push(suggestion);
                        None
                    }
                }
            }
        };
        chosen.extend(category.filter(|id| !chosen.contains(id)));
    }
    Ok((chosen, suggested))
}

/// Stores the names that an answer suggested for an article, as far as the rules allow, and makes categories of suggestions that
/// enough articles had.
pub(super) async fn record(
    db: &mut SqliteConnection,
    article: ArticleId,
    suggested: &[&SuggestedCategory],
    now: Timestamp,
) -> Result<(), AppError> {
    store::forget_article(db, article).await?;
    let Some(title) = store::load_title(&mut *db, article).await? else { return Ok(()) };
    for suggestion in suggested {
        let categories = category_store::list_identities(&mut *db).await?;
        let open = store::list_identities(&mut *db).await?;
        let others = categories.iter().chain(open.iter().map(|(identity, _)| identity)).map(String::as_str);
        if !suggestion.is_suitable(&title, others) {
            continue;
        }
        match open.iter().find(|(identity, _)| *identity == suggestion.identity) {
            Some((_, true)) => continue,
            None if store::count_begun_by_feed(&mut *db, article, now).await? >= MAX_SUGGESTIONS_PER_FEED_AND_DAY => {
                continue;
            }
            Some(_) | None => {}
        }
        let id = store::add(db, suggestion, article, now).await?;
        promote_when_common(db, id, now).await?;
    }
    Ok(store::remove_excess(db).await?)
}

async fn promote_when_common(db: &mut SqliteConnection, id: i64, now: Timestamp) -> Result<(), AppError> {
    let Some(suggestion) = store::list_open(&mut *db, Some(id)).await?.pop() else { return Ok(()) };
    let Some(identity) = store::find_identity(&mut *db, id).await? else { return Ok(()) };
    let is_common = suggestion.article_count >= PROMOTION_MIN_ARTICLES && suggestion.feed_count >= PROMOTION_MIN_FEEDS;
    if !is_common || category_store::list(&mut *db).await?.len() >= MAX_CATEGORIES_FOR_SUGGESTIONS {
        return Ok(());
    }
    let new = category_store::NewCategory { name: &suggestion.name, parent: suggestion.parent_id, is_new: true };
    let category = category_store::insert(db, new, now).await?;
    Ok(store::assign_to_category(db, &identity, category).await?)
}

fn no_suggestion(id: i64) -> AppError {
    AppError::not_found(format!("There is no suggestion {id}."))
        .hint("It may have been accepted, merged or refused meanwhile; reload the list of suggestions.")
}
