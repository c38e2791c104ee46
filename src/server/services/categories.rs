//! Categories and their weights.

use crate::{
    domain::{
        category::{Category, CategoryChange, MAX_CATEGORY_NAME_CHARS, category_identity},
        ids::CategoryId,
        live_event::LiveEvent,
        plain_text,
    },
    error::AppError,
    server::{
        services::slices::SliceSize,
        state::App,
        storage::{categories as store, category_suggestions as suggestions, ranking},
    },
};
use sqlx::SqliteConnection;

/// All categories: parents by name, each followed by its children.
#[tracing::instrument(name = "categories.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<Category>, AppError> {
    Ok(store::list(&app.db.read).await?)
}

/// Adds a category; articles that its name was suggested for get it.
///
/// # Errors
/// 409 when the name is taken (by a category or an alias), 422 when it has no letter or the parent is a child.
#[tracing::instrument(name = "categories.create", level = "debug", skip_all)]
pub async fn create(app: &App, name: &str, parent: Option<CategoryId>) -> Result<Category, AppError> {
    let mut db = app.db.write().await?;
    let id = insert(&mut db, app, name, parent).await?;
    let created = find(store::list(&mut *db).await?, id);
    db.commit().await?;
    notify_changed(app).await?;
    created
}

/// As [`create`], within a transaction.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    app: &App,
    name: &str,
    parent: Option<CategoryId>,
) -> Result<CategoryId, AppError> {
    let name = normalize_name(name)?;
    let all = store::list(&mut *db).await?;
    if let Some(parent) = parent {
        require_top_level(&all, parent)?;
    }
    let identity = category_identity(&name);
    require_free_identity(db, &all, &identity, None).await?;
    let new = store::NewCategory { name: &name, parent, is_new: false };
    let id = store::insert(db, new, app.clock.now()).await?;
    suggestions::assign_to_category(db, &identity, id).await?;
    Ok(id)
}

/// Renames (leaving an alias), moves, weights or hides a category; its articles are blocked, un-blocked and ranked anew at once.
#[tracing::instrument(name = "categories.update", level = "debug", skip_all, fields(%id))]
pub async fn update(app: &App, id: CategoryId, change: CategoryChange) -> Result<Category, AppError> {
    let mut db = app.db.write().await?;
    let all = store::list(&mut *db).await?;
    let old = find(all.clone(), id)?;
    let mut new = Category { is_new: false, ..old.clone() };
    if let Some(name) = &change.name {
        new.name = normalize_name(name)?;
        new.identity = category_identity(&new.name);
    }
    if let Some(parent) = change.parent_id {
        if let Some(parent) = parent {
            require_top_level(&all, parent)?;
            if parent == id {
                return Err(AppError::invalid("A category cannot stand under itself.").field("parent_id"));
            }
            if all.iter().any(|c| c.parent_id == Some(id)) {
                return Err(AppError::invalid(format!(
                    "{} has categories under it, and there are two levels.",
                    old.name
                ))
                .field("parent_id")
                .hint("Move those first, or merge the two."));
            }
        }
        new.parent_id = parent;
    }
    new.weight = change.weight.unwrap_or(old.weight);
    new.hidden = change.hidden.unwrap_or(old.hidden);
    if new.identity != old.identity {
        require_free_identity(&mut db, &all, &new.identity, Some(id)).await?;
        store::delete_alias(&mut db, &new.identity).await?;
        store::set_alias(&mut db, &old.identity, id).await?;
        suggestions::assign_to_category(&mut db, &new.identity, id).await?;
    }
    store::update(&mut db, &new).await?;
    if new.weight != old.weight || new.parent_id != old.parent_id {
        let touched = all.iter().filter(|c| c.id == id || c.parent_id == Some(id)).map(|c| c.id).collect::<Vec<_>>();
        ranking::add_pending(&mut db, &touched).await?;
    }
    let updated = find(store::list(&mut *db).await?, id);
    db.commit().await?;
    rank_pending(app).await?;
    notify_changed(app).await?;
    updated
}

/// Moves the articles of `from` to `into` and leaves an alias; children move too. 422 when `into` stands under `from`.
#[tracing::instrument(name = "categories.merge", level = "debug", skip_all, fields(from = %from, into = %into))]
pub async fn merge(app: &App, from: CategoryId, into: CategoryId) -> Result<Category, AppError> {
    let mut db = app.db.write().await?;
    let all = store::list(&mut *db).await?;
    let (old, target) = (find(all.clone(), from)?, find(all, into)?);
    if from == into {
        return Err(AppError::invalid("A category cannot be merged with itself.").field("into"));
    }
    if target.parent_id == Some(from) {
        return Err(AppError::invalid(format!("{} stands under {}.", target.name, old.name))
            .field("into")
            .hint(format!("Move {} to the top level first.", target.name)));
    }
    store::move_contents(&mut db, from, into, target.parent_id.unwrap_or(into)).await?;
    store::delete(&mut db, from).await?;
    store::set_alias(&mut db, &old.identity, into).await?;
    // The children of `from` may have a new parent and with it another weight.
    let moved = store::list(&mut *db).await?;
    let touched = moved.iter().filter(|c| c.id == into || c.parent_id == target.parent_id.or(Some(into)));
    ranking::add_pending(&mut db, &touched.map(|c| c.id).collect::<Vec<_>>()).await?;
    let merged = find(store::list(&mut *db).await?, into);
    db.commit().await?;
    rank_pending(app).await?;
    notify_changed(app).await?;
    merged
}

/// Removes a category; its articles lose the label and are ranked anew, its children become top-level with the
/// weight that they had from it.
#[tracing::instrument(name = "categories.delete", level = "debug", skip_all, fields(%id))]
pub async fn delete(app: &App, id: CategoryId) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    let all = store::list(&mut *db).await?;
    find(all.clone(), id)?;
    let articles = store::delete(&mut db, id).await?;
    let children = all.iter().filter(|c| c.parent_id == Some(id)).map(|c| c.id).collect::<Vec<_>>();
    ranking::apply_category_changes(&mut db, &children, &articles).await?;
    db.commit().await?;
    notify_changed(app).await
}

/// Clears the mark of new categories, once the reader has seen them.
#[tracing::instrument(name = "categories.acknowledge_new", level = "debug", skip_all)]
pub async fn acknowledge_new(app: &App) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    store::acknowledge_new(&mut db).await?;
    Ok(db.commit().await?)
}

/// Ranks the articles of categories and feeds that changed anew, in short transactions, also when the caller goes away.
pub(super) async fn rank_pending(app: &App) -> Result<(), AppError> {
    let ranking = {
        let app = app.clone();
        async move { finish_ranking(&app).await }
    };
    app.lifecycle.finish(ranking).await.unwrap_or(Ok(()))
}

/// Goes on with ranking articles anew until none is left, or the soft stop.
#[tracing::instrument(name = "categories.finish_ranking", level = "debug", skip_all)]
pub async fn finish_ranking(app: &App) -> Result<(), AppError> {
    let (mut size, mut is_left) = (SliceSize::first(), true);
    while is_left && !app.lifecycle.soft_stop.is_cancelled() {
        let mut db = app.db.write().await?;
        let began_ms = app.clock.monotonic_ms();
        is_left = ranking::apply_pending(&mut db, i64::from(size.rows())).await?;
        db.commit().await?;
        size = size.after(app.clock.monotonic_ms() - began_ms);
    }
    Ok(())
}

/// Un-blocked articles may be waiting now; open pages have other counts.
pub(super) async fn notify_changed(app: &App) -> Result<(), AppError> {
    app.scoring_wakeup.notify_one();
    app.publish(LiveEvent::Scoring(super::scoring::load_status(app).await?));
    Ok(())
}

fn normalize_name(name: &str) -> Result<String, AppError> {
    let name = plain_text::clean_line(name);
    if category_identity(&name).is_empty() {
        return Err(AppError::invalid("A category needs a name with at least one letter or digit.").field("name"));
    }
    if name.chars().count() > MAX_CATEGORY_NAME_CHARS {
        return Err(AppError::invalid(format!(
            "The name of a category has at most {MAX_CATEGORY_NAME_CHARS} characters, so that it fits on a row."
        ))
        .field("name"));
    }
    Ok(name)
}

pub(super) fn find(all: Vec<Category>, id: CategoryId) -> Result<Category, AppError> {
    all.into_iter().find(|c| c.id == id).ok_or_else(|| {
        AppError::not_found(format!("There is no category {id}.")).hint("It may have been merged or removed.")
    })
}

fn require_top_level(all: &[Category], id: CategoryId) -> Result<(), AppError> {
    match all.iter().find(|c| c.id == id) {
        None => Err(AppError::invalid(format!("There is no category {id} to put it under.")).field("parent_id")),
        Some(c) if c.parent_id.is_some() => {
            Err(AppError::invalid(format!("{} stands under another category, and there are two levels.", c.name))
                .field("parent_id"))
        }
        Some(_) => Ok(()),
    }
}

/// Fails with 409 when the identity belongs to a category other than `own`, or to an alias of one.
async fn require_free_identity(
    db: &mut SqliteConnection,
    all: &[Category],
    identity: &str,
    own: Option<CategoryId>,
) -> Result<(), AppError> {
    if let Some(taken) = all.iter().find(|c| c.identity == identity && Some(c.id) != own) {
        return Err(AppError::conflict(format!("The category {} already exists.", taken.name))
            .field("name")
            .hint("Merge the two when they mean the same."));
    }
    let alias = store::list_aliases(db).await?.into_iter().find(|(alias, id)| alias == identity && Some(*id) != own);
    match alias.and_then(|(_, id)| all.iter().find(|c| c.id == id)) {
        Some(target) => Err(AppError::conflict(format!("This name is an alias of {}.", target.name))
            .field("name")
            .hint(format!("Remove or rename {} first, or choose another name.", target.name))),
        None => Ok(()),
    }
}
