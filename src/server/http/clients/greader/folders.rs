//! Labels as folders: renaming and removing them. Labels of saved searches, scores, topics and votes cannot be changed this way.

use super::{
    caller::GreaderChange,
    error::{GreaderError, bad_request},
    marks::OK,
    streams::{label_name, no_such_stream},
};
use crate::{
    domain::ids::FolderId,
    error::AppError,
    server::{
        http::clients::form::ClientForm,
        services::{
            clients::{
                labels::{ClientLabel, find_label},
                library::{ClientLibrary, load_library},
            },
            subscriptions,
        },
        state::App,
    },
};
use axum::extract::State;

/// `POST rename-tag`: the folder `s` (old clients: `t`, its bare name) gets the name of `dest`.
///
/// # Errors
/// 404 for a label that is not there, 400 for one that is no folder, and for a name that is taken.
pub async fn rename(State(app): State<App>, GreaderChange(call): GreaderChange) -> Result<&'static str, GreaderError> {
    let library = load_library(&app).await?;
    let new = call.form.get("dest").and_then(label_name);
    let new = new.ok_or_else(|| bad_request("`dest` must be user/-/label/NAME."))?;
    let folder = named_folders(&call.form, &library)?.first().copied();
    let folder = folder.ok_or_else(|| bad_request("`s` must be user/-/label/NAME."))?;
    subscriptions::rename_folder(&app, folder, new).await?;
    Ok(OK)
}

/// `POST disable-tag`: removes folders; their feeds stay, without one.
///
/// # Errors
/// 404 for a label that is not there, 400 for one that is no folder.
pub async fn remove(State(app): State<App>, GreaderChange(call): GreaderChange) -> Result<&'static str, GreaderError> {
    let library = load_library(&app).await?;
    for folder in named_folders(&call.form, &library)? {
        subscriptions::delete_folder(&app, folder).await?;
    }
    Ok(OK)
}

/// The folders that `s` names as streams, or `t` by their names.
fn named_folders(form: &ClientForm, library: &ClientLibrary) -> Result<Vec<FolderId>, GreaderError> {
    let streams = form.all("s").map(|stream| label_name(stream).ok_or_else(|| no_such_stream(stream)));
    let names = form.all("t").map(|name| Ok(label_name(name).unwrap_or(name)));
    streams.chain(names).map(|name| existing_folder(library, name?)).collect()
}

fn existing_folder(library: &ClientLibrary, name: &str) -> Result<FolderId, GreaderError> {
    match find_label(library, name) {
        Some(label) => folder_of(label, name),
        None => Err(AppError::not_found(format!("There is no label “{name}”.")).into()),
    }
}

/// The folder of a label.
///
/// # Errors
/// 400 for other labels.
fn folder_of(label: ClientLabel, name: &str) -> Result<FolderId, GreaderError> {
    match label {
        ClientLabel::Folder(id) => Ok(id),
        _ => Err(bad_request(format!("The label “{name}” is no folder: Gleaner sets it automatically."))),
    }
}

/// The folder of this name, made when there is none.
///
/// # Errors
/// 400 for the name of another label, or for one that a folder cannot have.
pub async fn find_or_create(app: &App, library: &ClientLibrary, name: &str) -> Result<FolderId, GreaderError> {
    match find_label(library, name) {
        Some(label) => folder_of(label, name),
        None => Ok(subscriptions::create_folder(app, name).await?.id),
    }
}
