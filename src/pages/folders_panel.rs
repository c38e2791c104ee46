//! The folders' part of `/feeds`.

use crate::{
    api::folders::{AddFolder, RemoveFolder, RenameFolder},
    components::forms::form::{FieldError, FormValidation},
    domain::feed::{Folder, MAX_FOLDER_NAME_CHARS},
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Every folder with rename and remove, and a field for a new one.
#[component]
pub fn FoldersPanel(folders: Vec<Folder>) -> impl IntoView {
    let form = FormValidation::of::<AddFolder>();
    // The folder may have been removed in another tab.
    let renaming = FormValidation::of::<RenameFolder>();
    let is_gone = !folders.iter().any(|folder| folder.id.to_string() == renaming.value("id", ""));
    let gone = if is_gone { renaming } else { FormValidation::default() };
    view! {
        <section class="panel" id="folders" aria-labelledby="folders-title">
            <h2 id="folders-title">"Folders"</h2>
            <ul class="lines">{folders.into_iter().map(|folder| view! { <FolderRow folder /> }).collect_view()}</ul>
            <form class="one-line" method="post" action=AddFolder::url()>
                <label class="field">
                    <span>"New folder"</span>
                    <input name="name" required maxlength=MAX_FOLDER_NAME_CHARS.to_string() value=form.value("name", "") aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
                </label>
                <button class="button">"Add folder"</button>
            </form>
            <FieldError form />
            <FieldError form=gone />
        </section>
    }
}

#[component]
fn FolderRow(folder: Folder) -> impl IntoView {
    let id = folder.id;
    let form = FormValidation::of::<RenameFolder>();
    let form = if form.value("id", "") == id.to_string() { form } else { FormValidation::default() };
    let (open, name) = (form.is_refused(), form.value("name", &folder.name));
    let feeds = if folder.feed_count == 1 { "1 feed".to_owned() } else { format!("{} feeds", folder.feed_count) };
    let question = match folder.feed_count {
        0 => "The folder is empty.".to_owned(),
        1 => "Its feed is kept, without a folder.".to_owned(),
        count => format!("Its {count} feeds are kept, without a folder."),
    };
    view! {
        <li class="line">
            <a href=format!("/?folder={id}")>{folder.name.clone()}</a>
            <span class="muted">{feeds} ", " {folder.unread} " unread"</span>
            <details open=open>
                <summary>"Rename or remove " <span class="sr">{folder.name}</span></summary>
                <form class="one-line" method="post" action=RenameFolder::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <label class="field">
                        <span>"Name"</span>
                        <input name="name" required maxlength=MAX_FOLDER_NAME_CHARS.to_string() value=name aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
                    </label>
                    <button class="button">"Rename"</button>
                </form>
                <FieldError form />
                <form class="one-line" method="post" action=RemoveFolder::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <span>{question}</span>
                    <button class="button danger">"Remove folder"</button>
                </form>
            </details>
        </li>
    }
}
