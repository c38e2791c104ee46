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
    form_response::errors_shown_at("/feeds");
    subscriptions::create_folder(&expect_context::<App>(), &name).await?;
    form_response::redirect_with_notice("/feeds#folders", Notice::FolderAdded);
    Ok(())
}

/// Renames a folder.
#[server(name = RenameFolder, prefix = "/fn", endpoint = "folders/rename")]
pub async fn rename_folder(id: FolderId, name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    form_response::errors_shown_at("/feeds");
    subscriptions::rename_folder(&expect_context::<App>(), id, &name).await?;
    form_response::redirect_with_notice("/feeds#folders", Notice::FolderRenamed);
    Ok(())
}

/// Removes a folder; its feeds stay.
#[server(name = RemoveFolder, prefix = "/fn", endpoint = "folders/remove")]
pub async fn remove_folder(id: FolderId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    subscriptions::delete_folder(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/feeds#folders", Notice::FolderRemoved);
    Ok(())
}
