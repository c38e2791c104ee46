//! A choice of a folder.

use crate::domain::{feed::Folder, ids::FolderId};
use leptos::prelude::*;

/// A `<select name="folder">` with a label; no folder is the first option.
#[component]
pub fn FolderSelect(folders: Vec<Folder>, chosen: Option<FolderId>) -> impl IntoView {
    let options = folders
        .into_iter()
        .map(|folder| {
            view! { <option value=folder.id.to_string() selected=chosen == Some(folder.id)>{folder.name}</option> }
        })
        .collect_view();
    view! {
        <label class="field">
            <span>"Folder"</span>
            <select name="folder">
                <option value="">"None"</option>
                {options}
            </select>
        </label>
    }
}
