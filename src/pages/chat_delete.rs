//! `/chat/{id}/delete`: asks before a conversation goes.

use crate::{
    api::chat::{DeleteChat, OpenChat, load_chat},
    components::form::loaded,
    domain::phrase::counted,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The confirmation.
#[component]
pub fn ChatDeletePage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    loaded(load_chat(id), |OpenChat { conversation, .. }| {
        let id = conversation.line.id;
        let title = conversation.line.title.clone();
        let count = i64::try_from(conversation.messages.len()).unwrap_or(i64::MAX);
        let is_writing = conversation.writing().is_some();
        view! {
            <Title text=format!("Delete “{title}”?") />
            <header class="page-head">
                <div>
                    <p><a href=format!("/chat/{id}")>{title.clone()}</a></p>
                    <h1>"Delete this conversation?"</h1>
                </div>
            </header>
            <form class="panel" method="post" action=DeleteChat::url()>
                <p>
                    <strong>{title}</strong> " goes, with its " {counted(count, "message", "messages")}
                    {is_writing.then_some(" and the answer that is on its way")}
                    ". This cannot be undone."
                </p>
                <input type="hidden" name="conversation" value=id.to_string() />
                <div class="actions">
                    <button class="button danger">"Delete it"</button>
                    <a class="button" href=format!("/chat/{id}")>"Keep it"</a>
                </div>
            </form>
        }
    })
}
