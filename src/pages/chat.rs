//! `/chat`: starts a conversation with a model, optionally about an article, and lists the earlier ones.

use crate::{
    api::chat::{ChatOverview, SendMessage, load_conversations},
    components::{
        browser::live_chat::LiveChat,
        forms::{
            form::{FieldError, FormValidation, query_param, render_loaded},
            text_area::TextArea,
        },
        layout::time_element::TimeElement,
    },
    domain::{
        chat::{ChatArticle, ChatModels, ConversationSummary, MAX_MESSAGE_CHARS},
        ids::ConversationId,
        model_name::ModelName,
        thinking::ThinkingLevel,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page of all conversations.
#[component]
pub fn ChatPage() -> impl IntoView {
    view! {
        <Title text="Chat" />
        {render_loaded(load_conversations(query_param("article")), |ChatOverview { models, article, conversations }| {
            let about = article.is_some();
            let stays = !models.models.iter().any(|model| model.is_cloud);
            view! {
                <header class="page-head">
                    <div>
                        <h1>{if about { "Chat about an article" } else { "Chat" }}</h1>
                        {(!about)
                            .then(|| {
                                view! {
                                    <p class="muted">
                                        "Chat with one of your models."
                                        {stays.then_some(" Your messages go only to Ollama.")}
                                    </p>
                                }
                            })}
                    </div>
                </header>
                {article.clone().map(|article| view! { <ChatSubject subject=article /> })}
                <MessageComposer models=models place=ComposerTarget::NewConversation(article) thinking=None />
                <ConversationList conversations />
                <LiveChat />
            }
        })}
    }
}

/// The article that a conversation is about.
#[component]
pub fn ChatSubject(subject: ChatArticle) -> impl IntoView {
    view! {
        <p class="chat-about">
            "About " <a href=format!("/articles/{}", subject.id) dir="auto">{subject.title}</a>
            ". Its text is sent along as far as it fits into the model's context."
        </p>
    }
}

/// The conversation that a question belongs to.
#[derive(Clone, Debug)]
pub enum ComposerTarget {
    /// A new conversation, optionally about an article.
    NewConversation(Option<ChatArticle>),
    /// An existing conversation, and the model that answered last.
    Open(ConversationId, ModelName),
}

/// The form of a question. `thinking`: how much the model has thought so far.
#[component]
pub fn MessageComposer(models: ChatModels, place: ComposerTarget, thinking: Option<ThinkingLevel>) -> impl IntoView {
    let form = FormValidation::of::<SendMessage>();
    let (conversation, article, model) = match place {
        ComposerTarget::NewConversation(subject) => {
            (None, subject.map(|subject| subject.id), models.default_model.clone())
        }
        ComposerTarget::Open(id, model) => (Some(id), None, model),
    };
    let typed_model = form.value("model", "");
    let model = if typed_model.is_empty() { model } else { typed_model.into() };
    let label = if conversation.is_some() { "Your next message" } else { "Your message" };
    let levels = models.thinking_levels();
    let has_cloud = models.models.iter().any(|model| model.is_cloud);
    view! {
        <form class="panel stack composer" id="ask" method="post" action=SendMessage::url() data-chat-form>
            {models.unavailable_reason.clone().map(|reason| view! { <p class="notice warn">{reason}</p> })}
            <FieldError form=form.clone() />
            {conversation.map(|id| view! { <input type="hidden" name="conversation" value=id.to_string() /> })}
            {article.map(|id| view! { <input type="hidden" name="article" value=id.to_string() /> })}
            <TextArea
                name="message"
                label
                hint="Press Enter to send, Shift+Enter for a new line."
                rows=4
                maxlength=u16::try_from(MAX_MESSAGE_CHARS).unwrap_or(u16::MAX)
                text=form.value("message", "")
                form=form.clone()
            />
            <div class="one-line">
                <ChatModelSelect models=models chosen=model form=form.clone() />
                {(!levels.is_empty()).then(|| view! { <ThinkingSelect levels chosen=thinking form /> })}
                <button class="button primary">"Send"</button>
            </div>
            {has_cloud.then(|| view! { <p class="help">"A model marked “cloud” runs on a remote server: your messages leave this machine."</p> })}
        </form>
    }
}

/// The choice of the model; a chosen model that is not installed is listed too.
#[component]
fn ChatModelSelect(models: ChatModels, chosen: ModelName, form: FormValidation) -> impl IntoView {
    let is_missing = models.models.iter().all(|model| model.name != chosen);
    let missing =
        if models.unavailable_reason.is_some() { chosen.to_string() } else { format!("{chosen} (not installed)") };
    view! {
        <label class="field">
            <span>"Model"</span>
            <select name="model" aria-invalid=form.invalid("model") aria-describedby=form.aria_describedby("model")>
                {is_missing.then(|| view! { <option value=chosen.to_string() selected>{missing}</option> })}
                {models
                    .models
                    .into_iter()
                    .map(|model| {
                        let selected = model.name == chosen;
                        view! {
                            <option value=model.name.to_string() selected=selected>
                                {model.label}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}

/// The choice of how much the model thinks.
#[component]
fn ThinkingSelect(levels: Vec<ThinkingLevel>, chosen: Option<ThinkingLevel>, form: FormValidation) -> impl IntoView {
    let chosen = form.value("thinking", chosen.map(ThinkingLevel::as_str).unwrap_or_default());
    let options = levels
        .into_iter()
        .map(|level| {
            let word = level.as_str();
            view! { <option value=word selected=word == chosen>{word}</option> }
        })
        .collect_view();
    view! {
        <label class="field">
            <span>"Thinking"</span>
            <select name="thinking" aria-invalid=form.invalid("thinking") aria-describedby=form.aria_describedby("thinking")>
                <option value="" selected=chosen.is_empty()>"as in the options"</option>
                {options}
            </select>
        </label>
    }
}

#[component]
fn ConversationList(conversations: Vec<ConversationSummary>) -> impl IntoView {
    (!conversations.is_empty()).then(|| {
        view! {
            <section class="panel" aria-labelledby="earlier">
                <h2 id="earlier">"Earlier conversations"</h2>
                <ul class="lines">
                    {conversations
                        .into_iter()
                        .map(|line| {
                            let ConversationSummary { id, title, model, updated_at } = line;
                            view! {
                                <li class="line">
                                    <a href=format!("/chat/{id}")>{title.clone()}</a>
                                    <span class="muted">{model.to_string()} " · " <TimeElement at=updated_at /></span>
                                    <a class="muted" href=format!("/chat/{id}/delete")>
                                        "Delete"
                                        <span class="sr">{format!(" “{title}”")}</span>
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </section>
        }
    })
}
