//! Folders of feeds.

use crate::{domain::ids::FolderId, error::AppError};
use leptos::prelude::*;

/// Adds a folder.
#[server(name = AddFolder, prefix = "/fn", endpoint = "folders/add")]
pub async fn add_folder(name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    match subscriptions::create_folder(&expect_context::<App>(), &name).await {
        Ok(_) => form_response::redirect_with_notice("/feeds#folders", Notice::FolderAdded),
        Err(error) => {
            return Err(form_response::redirect_with_error::<AddFolder>("/feeds#folders", &[("name", &name)], error));
        }
    }
    Ok(())
}

/// Gives a folder another name.
#[server(name = RenameFolder, prefix = "/fn", endpoint = "folders/rename")]
pub async fn rename_folder(id: FolderId, name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    let renaming = id.to_string();
    let typed = [("renaming", renaming.as_str()), ("name", name.as_str())];
    match subscriptions::rename_folder(&expect_context::<App>(), id, &name).await {
        Ok(_) => form_response::redirect_with_notice("/feeds#folders", Notice::FolderRenamed),
        Err(error) => return Err(form_response::redirect_with_error::<RenameFolder>("/feeds#folders", &typed, error)),
    }
    Ok(())
}

/// Removes a folder; its feeds stay.
#[server(name = RemoveFolder, prefix = "/fn", endpoint = "folders/remove")]
pub async fn remove_folder(id: FolderId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    subscriptions::delete_folder(&expect_context::<App>(), id).await.map_err(form_response::with_error_status)?;
    form_response::redirect_with_notice("/feeds#folders", Notice::FolderRemoved);
    Ok(())
}
