//! `/chat/{id}/delete`: asks for confirmation before a conversation is deleted.

use crate::{
    api::chat::{ConversationOverview, DeleteConversation, load_conversation},
    components::forms::form::render_loaded,
    domain::humanize::format_count,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn;

/// The confirmation.
#[component]
pub fn ConversationDeletePage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    render_loaded(load_conversation(id), |ConversationOverview { conversation, .. }| {
        let id = conversation.summary.id;
        let title = conversation.summary.title.clone();
        let count = i64::try_from(conversation.messages.len()).unwrap_or(i64::MAX);
        let is_writing = conversation.streaming_answer().is_some();
        view! {
            <Title text=format!("Delete “{title}”?") />
            <header class="page-head">
                <div>
                    <p><a href=format!("/chat/{id}")>{title.clone()}</a></p>
                    <h1>"Delete this conversation?"</h1>
                </div>
            </header>
            <form class="panel" method="post" action=DeleteConversation::url()>
                <p>
                    <strong>{title}</strong> " will be deleted with its " {format_count(count, "message", "messages")}
                    {is_writing.then_some(" and the answer being generated")}
                    ". This cannot be undone."
                </p>
                <input type="hidden" name="conversation" value=id.to_string() />
                <div class="actions">
                    <button class="button danger">"Delete"</button>
                    <a class="button" href=format!("/chat/{id}")>"Cancel"</a>
                </div>
            </form>
        }
    })
}
