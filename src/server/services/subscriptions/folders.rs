//! Folders: making, renaming, removing.

use crate::{
    domain::{
        feed::{Folder, MAX_FOLDER_NAME_CHARS},
        ids::FolderId,
        plain_text,
    },
    error::AppError,
    server::{state::App, storage},
};

/// All folders, by name.
#[tracing::instrument(name = "subscriptions.folders.list_folders", level = "debug", skip_all)]
pub async fn list_folders(app: &App) -> Result<Vec<Folder>, AppError> {
    Ok(storage::folders::select(&app.db.read, None).await?)
}

pub(super) async fn load_folder(app: &App, id: FolderId) -> Result<Folder, AppError> {
    storage::folders::select(&app.db.read, Some(id)).await?.pop().ok_or_else(no_such_folder)
}

/// Creates a folder. 409 when the name is taken, 422 when it is blank or too long.
#[tracing::instrument(name = "subscriptions.folders.create_folder", level = "debug", skip_all)]
pub async fn create_folder(app: &App, name: &str) -> Result<Folder, AppError> {
    let name = validate_folder_name(name)?;
    let mut tx = app.db.write().await?;
    let id = storage::folders::insert(&mut tx, &name, app.clock.now()).await?.ok_or_else(|| name_taken(&name))?;
    tx.commit().await?;
    load_folder(app, id).await
}

/// Renames a folder. Errors as [`create_folder`], and 404 when there is none.
#[tracing::instrument(name = "subscriptions.folders.rename_folder", level = "debug", skip_all, fields(%id))]
pub async fn rename_folder(app: &App, id: FolderId, name: &str) -> Result<Folder, AppError> {
    let name = validate_folder_name(name)?;
    let mut tx = app.db.write().await?;
    if storage::folders::find_id(&mut tx, &name).await?.is_some_and(|other| other != id) {
        return Err(name_taken(&name));
    }
    if !storage::folders::rename(&mut tx, id, &name).await? {
        return Err(no_such_folder());
    }
    tx.commit().await?;
    load_folder(app, id).await
}

/// Removes a folder; its feeds stay, without one. 404 when there is none.
#[tracing::instrument(name = "subscriptions.folders.delete_folder", level = "debug", skip_all, fields(%id))]
pub async fn delete_folder(app: &App, id: FolderId) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    if !storage::folders::delete(&mut tx, id).await? {
        return Err(no_such_folder());
    }
    Ok(tx.commit().await?)
}

fn validate_folder_name(name: &str) -> Result<String, AppError> {
    let name = plain_text::clean_line(name);
    if name.is_empty() {
        return Err(AppError::invalid("A folder needs a name.").field("name"));
    }
    if name.chars().count() > MAX_FOLDER_NAME_CHARS {
        return Err(AppError::invalid(format!("The name of a folder has at most {MAX_FOLDER_NAME_CHARS} characters."))
            .field("name"));
    }
    Ok(name)
}

fn name_taken(name: &str) -> AppError {
    AppError::conflict(format!("A folder named “{name}” already exists.")).hint("Choose another name.").field("name")
}

fn no_such_folder() -> AppError {
    AppError::not_found("There is no such folder.").hint("It may have been removed in another tab.")
}
